import Glibc
import Testing
import TestSupport

import System

@Suite("child processes")
struct ChildProcessTests {
    private func shell(
        _ script: String, input: ChildProcess.Stream = .nothing
    ) throws(Errno) -> ChildProcess {
        try ChildProcess("/bin/sh", ["-c", script], input: input)
    }

    private func output(of child: ChildProcess) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(child.output, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    @Test("its words, its messages and its status come back")
    func runs() throws {
        let child = try shell("echo hello; echo oh no >&2; exit 3")
        #expect(output(of: child) == "hello\n")
        #expect(child.wait(until: .after(10)) == .status(3))
        #expect(child.lastMessages == ["oh no"])
        #expect(!child.isRunning)
    }

    @Test("what is written to its input arrives, and its end too")
    func input() throws {
        let child = try shell("cat", input: .pipe)
        let text = Array("words".utf8)
        #expect(write(child.input, text, text.count) == text.count)
        child.closeInput()
        #expect(child.wait(until: .after(10)) == .status(0))
        #expect(output(of: child) == "words")
    }

    @Test("one that does not end is waited for as long as asked, and ended with those that it has started")
    func ends() throws {
        let child = try shell("sleep 600 & echo $!; wait")
        let grandchild = pid_t(output(of: child).split(separator: "\n").first ?? "") ?? 0
        #expect(grandchild > 0)
        #expect(child.wait(until: .after(0.01)) == nil)
        let cancellation = Cancellation()
        cancellation.raise()
        #expect(child.wait(until: .never, cancellation) == nil)
        #expect(child.end() == .signal(SIGKILL))
        // Reaped by init some time later; a zombie is no orphan that works on.
        #expect(eventually { ["Z", ""].contains(state(of: grandchild)) })
    }

    @Test("its processor time grows while it works, stands while it waits, and is unknown once it is gone")
    func processorTime() throws {
        let child = try shell("echo; while :; do :; done")
        _ = output(of: child)
        let before = try #require(child.processorTime)
        #expect(eventually { child.processorTime ?? 0 > before })
        child.end()
        #expect(child.processorTime == nil)
        let waiting = try shell("echo; exec sleep 600")
        _ = output(of: waiting)
        // It has not begun the other program yet, perhaps.
        #expect(
            eventually {
                let once = waiting.processorTime
                return once != nil && holds(for: 0.05) { waiting.processorTime == once }
            })
    }

    @Test("one that asks for time to finish gets it")
    func grace() throws {
        let child = try shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done")
        #expect(output(of: child) == "ready\n")
        #expect(child.end(grace: 10) == .status(7))
    }

    @Test("a program that is not there, and a system that gives no process or pipe, is a typed error")
    func refused() {
        #expect(throws: Errno.notThere) { try ChildProcess("/none/such", []) }
        let faults = SystemFaults()
        faults.fail(.spawn, .tryAgain)
        #expect(throws: Errno.tryAgain) { try faults.during { try self.shell("true") } }
        faults.mend(.spawn)
        faults.fail(.pipe, .tooManyFiles, after: 1)
        #expect(throws: Errno.tooManyFiles) { try faults.during { try self.shell("true") } }
    }

    @Test("it inherits no descriptor, no ignored signal and no blocked one")
    func clean() throws {
        signal(SIGPIPE, SIG_IGN)
        let open = Glibc.open("/dev/null", O_RDONLY)
        defer { close(open) }
        let child = try shell("ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status")
        #expect(child.wait(until: .after(10)) == .status(0))
        let words = output(of: child).split(whereSeparator: \.isWhitespace)
        // 0, 1, 2 and the folder that ls reads.
        #expect(words.first == "4")
        // glibc keeps 32 and 33 for itself, and leaves them ignored in what posix_spawn(3) starts, such as these tests.
        let masks = words.compactMap { $0.count == 16 ? UInt64($0, radix: 16) : nil }
        #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
    }

    private func state(of process: pid_t) -> String {
        guard let file = try? OpenFile(reading: "/proc/\(process)/stat"),
            let bytes = try? file.readAll(limit: 4096)
        else { return "" }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return fields?.first.map { String($0) } ?? ""
    }
}
