import CLinux
import CSpawn
import Glibc

/// A program started as a child: fed and read through pipes, never left behind.
///
/// The kernel ends it where this process ends in whatever way, so that no orphan stays; it has a process group of its
/// own, so that Ctrl-C in a terminal is for us, who then end it. Every wait has a deadline. Used by one thread at a
/// time. SIGPIPE must be ignored where it is written to.
package final class ChildProcess {
    /// How the child ended.
    package enum Ending: Equatable, Sendable {
        /// By itself, with this exit status.
        case status(Int32)
        /// By this signal.
        case signal(Int32)
    }

    /// What a stream of the child is joined to.
    package enum Stream: Equatable, Sendable {
        /// `/dev/null`.
        case nothing
        /// A pipe whose other end is ours.
        case pipe
        /// An open file, which stays the caller's to close.
        case descriptor(Int32)
    }

    /// Our end of the child's standard output, for reading; -1 without a pipe.
    package let output: Int32
    /// Our end of the child's standard input, for writing; -1 without a pipe, and once it is closed.
    package private(set) var input: Int32
    private let messages: Int32
    private var identifier: pid_t
    private var ending: Ending?
    private var lines: [UInt8] = []

    /// Bytes kept of what the child says: the last.
    private static let keptMessages = 1 << 14

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - arguments: its words after its name.
    ///   - input: what its standard input is joined to.
    ///   - output: what its standard output is joined to.
    /// - Throws: the ``Errno`` of pipe2(2), fork(2) or execve(2).
    package init(
        _ program: String, _ arguments: [String], input: Stream = .nothing, output: Stream = .pipe
    ) throws(Errno) {
        let idle = try OpenFile(nullDevice: ())
        var (inputs, outputs): (Pipe?, Pipe?)
        if case .pipe = input { inputs = try Pipe() }
        if case .pipe = output { outputs = try Pipe() }
        let messages = try Pipe()
        // What the child says is read now and then; one that says much must lose words, not wait for us.
        messages.setNonBlocking(messages.reading)
        messages.setNonBlocking(messages.writing)
        // A megabyte holds a frame or two: fewer switches between the two programs. Where the system allows no more
        // than the default, that will do.
        for pipe in [inputs, outputs].compactMap({ $0 }) {
            _ = fcntl(pipe.writing, Self.setPipeSize, 1 << 20)
        }
        identifier = try ChildSpawner.shared.spawn(
            ChildSpawner.Order(
                words: [program] + arguments, input: inputs?.reading ?? input.file ?? idle.descriptor,
                output: outputs?.writing ?? output.file ?? idle.descriptor, messages: messages.writing))
        self.input = inputs?.takeWriting() ?? -1
        self.output = outputs?.takeReading() ?? -1
        self.messages = messages.takeReading()
    }

    deinit {
        end()
        closeInput()
        if output >= 0 { close(output) }
        close(messages)
    }

    /// Tells the child that no more comes.
    package func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// True while it has not been seen to end.
    package var isRunning: Bool { ending == nil && wait(until: Deadline(at: 0)) == nil }

    /// Processor time that the child's threads have taken so far, in nanoseconds; nil where the system does not say, as of
    /// one that has ended.
    package var processorTime: UInt64? {
        var (clock, time) = (clockid_t(), timespec())
        guard ending == nil, clock_getcpuclockid(identifier, &clock) == 0, clock_gettime(clock, &time) == 0
        else { return nil }
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// Waits for the child to end by itself.
    ///
    /// - Returns: how it ended, or nil where the deadline or the cancellation came first.
    package func wait(until deadline: Deadline, _ cancellation: Cancellation? = nil) -> Ending? {
        if let ending { return ending }
        let watch = pidfd_open(identifier, 0)
        defer { if watch >= 0 { close(watch) } }
        let cancellation = cancellation ?? Cancellation()
        while true {
            drainMessages()
            if let ending = reap(WNOHANG) { return ending }
            if deadline.isOver || cancellation.isRaised { return nil }
            // It says nothing meanwhile that is lost: its pipe is looked at ten times a second. A kernel without
            // pidfd_open(2) is asked more often.
            let slice = Deadline.after(watch >= 0 ? 0.1 : 0.005).or(deadline)
            _ = cancellation.wait(for: watch >= 0 ? watch : nil, until: slice)
        }
    }

    /// Ends the child: it may finish in the time that is given, then it is killed.
    ///
    /// - Parameter grace: seconds after SIGTERM; 0 to kill it at once.
    @discardableResult
    package func end(grace: Double = 0) -> Ending {
        if let ending { return ending }
        if grace > 0 {
            kill(-identifier, SIGTERM)
            if let ending = wait(until: .after(grace)) { return ending }
        }
        // What has started others ends with all of them. Nobody else may have its number: it is not reaped yet.
        if kill(-identifier, SIGKILL) != 0 { kill(identifier, SIGKILL) }
        // After SIGKILL this takes no time but that of the kernel.
        return reap(0) ?? .signal(SIGKILL)
    }

    private func reap(_ options: Int32) -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        var result = waitpid(identifier, &status, options)
        while result < 0 && Errno.last == .interrupted { result = waitpid(identifier, &status, options) }
        guard result != 0 else { return nil }
        drainMessages()
        let signal = status & 0x7F
        // Whoever ignores SIGCHLD has its children reaped by the kernel: then nothing is known of its end.
        let ending: Ending = result < 0 || signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
        self.ending = ending
        return ending
    }

    // MARK: - What it says

    /// Takes what the child has written to standard error, so that its pipe stays open for more.
    package func drainMessages() {
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: Self.keptMessages, alignment: 1) { room in
                let count = Glibc.read(messages, room.baseAddress, room.count)
                if count > 0 { lines.append(contentsOf: room[..<count]) }
                return count
            }
            guard count > 0 else { return }
            if lines.count > Self.keptMessages { lines.removeFirst(lines.count - Self.keptMessages) }
        }
    }

    /// The last lines of standard error, the oldest first.
    package var lastMessages: [String] {
        lines.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// F_SETPIPE_SZ of fcntl(2), a macro that Swift does not import.
    private static let setPipeSize: Int32 = 1031
}

extension ChildProcess.Stream {
    fileprivate var file: Int32? {
        guard case .descriptor(let descriptor) = self else { return nil }
        return descriptor
    }
}

/// The two ends of a pipe, closed where nobody has taken them.
private final class Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32

    init() throws(Errno) {
        var ends: (Int32, Int32) = (-1, -1)
        _ = try valueOrErrno(.pipe) {
            withUnsafeMutableBytes(of: &ends) { bytes in
                pipe2(bytes.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC)
            }
        }
        (reading, writing) = ends
    }

    deinit {
        if reading >= 0 { close(reading) }
        if writing >= 0 { close(writing) }
    }

    func takeReading() -> Int32 {
        defer { reading = -1 }
        return reading
    }

    func takeWriting() -> Int32 {
        defer { writing = -1 }
        return writing
    }

    func setNonBlocking(_ end: Int32) { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
}

extension OpenFile {
    fileprivate init(nullDevice: Void) throws(Errno) {
        self.init(
            descriptor: try valueOrErrno(.open) { Glibc.open("/dev/null", O_RDWR | O_CLOEXEC) })
    }
}
