import CLinux
import Glibc

/// A program started as a child, its standard output read through a pipe; never left behind as a zombie.
final class ChildProcess {
    /// How the child ended.
    enum Ending: Equatable {
        case status(Int32)
        case signal(Int32)
    }

    /// The child's standard output, for reading.
    let output: Int32
    private let messages: Int32
    private var identifier: pid_t
    private var lines: [UInt8] = []

    /// Finds a program by `PATH`.
    static func find(_ program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            let candidate = "\(folder)/\(program)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }

    /// Starts a program with an empty standard input.
    ///
    /// - Throws: the errno of pipe(2) or posix_spawn(3).
    init(_ program: String, _ arguments: [String]) throws(ChildProcessError) {
        var output: (Int32, Int32) = (-1, -1)
        var messages: (Int32, Int32) = (-1, -1)
        try Self.makePipe(&output)
        do {
            try Self.makePipe(&messages)
        } catch {
            close(output.0)
            close(output.1)
            throw error
        }
        defer {
            close(output.1)
            close(messages.1)
        }
        // What the child says is read now and then; one that says much must lose words, not wait for us.
        _ = fcntl(messages.0, F_SETFL, O_NONBLOCK)
        _ = fcntl(messages.1, F_SETFL, O_NONBLOCK)
        // A megabyte holds a frame or two: fewer switches between the two programs. Where the system allows no
        // more than the default, that will do.
        _ = fcntl(output.0, Self.setPipeSize, 1 << 20)

        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.1, 1)
        posix_spawn_file_actions_adddup2(&actions, messages.1, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        // Its own group: Ctrl-C in the terminal is for us, who then stop it.
        var defaults = sigset_t()
        var blocked = sigset_t()
        sigfillset(&defaults)
        sigemptyset(&blocked)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, &attributes, words, environ)
        guard status == 0 else {
            close(output.0)
            close(messages.0)
            throw ChildProcessError(number: status)
        }
        identifier = child
        self.output = output.0
        self.messages = messages.0
    }

    deinit {
        stop()
        close(output)
        close(messages)
    }

    /// Ends the child at once and reaps it.
    func stop() {
        guard identifier > 0 else { return }
        kill(identifier, SIGKILL)
        _ = reap()
    }

    /// Waits for the child, which has closed its output, and reaps it; nil where that was done before.
    func reap() -> Ending? {
        guard identifier > 0 else { return nil }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { break }
        }
        identifier = 0
        drainMessages()
        let signal = status & 0x7F
        return signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
    }

    /// Takes what the child has written to standard error, so that its pipe stays open for more.
    func drainMessages() {
        let kept = 4096
        var chunk = [UInt8](repeating: 0, count: kept)
        while true {
            let count = read(messages, &chunk, kept)
            guard count > 0 else { return }
            lines += chunk[0..<count]
            if lines.count > kept { lines.removeFirst(lines.count - kept) }
        }
    }

    /// The last lines of standard error.
    var lastMessages: [String] {
        lines.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// F_SETPIPE_SZ of fcntl(2), a macro that Swift does not import.
    private static let setPipeSize: Int32 = 1031

    private static func makePipe(_ ends: inout (Int32, Int32)) throws(ChildProcessError) {
        let status = withUnsafeMutableBytes(of: &ends) { bytes in
            pipe2(bytes.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC)
        }
        guard status == 0 else { throw ChildProcessError(number: errno) }
    }
}

/// Why a child could not be started: an errno.
struct ChildProcessError: Error, Equatable {
    let number: Int32
}

/// What the system calls an errno.
func systemMessage(_ number: Int32) -> String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}
