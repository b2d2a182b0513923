import Glibc
import Testing

import System

@Suite("errors, clocks and waits")
struct WaitTests {
    @Test("an error number is told in the system's words")
    func errno() {
        #expect(Errno(ENOENT).description == "No such file or directory")
        #expect(Errno(4711).description == "Unknown error 4711" || Errno(4711).description == "error 4711")
    }

    @Test("a deadline comes once, never does not, and too far off is never")
    func deadlines() {
        #expect(Deadline(at: 0).isOver)
        #expect(!Deadline.never.isOver)
        #expect(Deadline.after(.infinity) == .never)
        #expect(Deadline.after(.nan).isOver)
        #expect(Deadline.after(-1).isOver)
        #expect(Deadline.after(nanoseconds: .max) == .never)
        #expect(Deadline.after(60).or(.never).remaining <= 60_000_000_000)
    }

    @Test("pauses grow to the longest and begin again")
    func backoff() {
        var backoff = Backoff(first: 1, longest: 5, factor: 2)
        #expect((0..<5).map { _ in backoff.next() } == [1, 2, 4, 5, 5])
        backoff.reset()
        #expect(backoff.next() == 1)
    }

    @Test("a cancellation ends the wait of another thread, and each wait after")
    func cancellation() throws {
        let cancellation = Cancellation()
        let began = Guarded(false)
        let outcome = Guarded<WaitOutcome?>(nil)
        let thread = try JoinableThread(name: "waiter") {
            began.change { $0 = true }
            let end = cancellation.wait(for: nil, until: .never)
            outcome.withLock { $0 = end }
        }
        _ = began.wait(until: .after(10)) { $0 ? true : nil }
        cancellation.raise()
        #expect(thread.join(until: .after(10)))
        #expect(outcome.withLock { $0 } == .cancelled)
        #expect(!cancellation.sleep(seconds: 60))
    }

    @Test("without a descriptor for its signal a cancellation still ends a wait")
    func cancellationWithoutDescriptor() throws {
        let faults = SystemFaults()
        faults.fail(.event, .tooManyFiles)
        let cancellation = faults.during { Cancellation() }
        #expect(cancellation.descriptor == -1)
        #expect(cancellation.sleep(seconds: 0.001))
        let thread = try JoinableThread(name: "waiter") { _ = cancellation.sleep(seconds: 60) }
        cancellation.raise()
        #expect(thread.join(until: .after(10)))
    }

    @Test("a guarded value is waited for until it is there, or the deadline is")
    func guarded() throws {
        let value = Guarded(0)
        #expect(value.wait(until: .after(0.001)) { $0 > 0 ? $0 : nil } == nil)
        let thread = try JoinableThread(name: "giver") { value.change { $0 = 7 } }
        #expect(value.wait(until: .after(10)) { $0 > 0 ? $0 : nil } == 7)
        thread.join()
        #expect(thread.isOver)
    }

    @Test("FNV-1a gives the values of its authors' table")
    func hash() {
        var hash = FNV1a()
        #expect(hash.value == 0xcbf2_9ce4_8422_2325)
        hash.add(Array("foobar".utf8))
        #expect(hash.value == 0x8594_4171_f739_67e8)
    }

    @Test("a thread that the system refuses is a typed error, here and on threads that are made here")
    func refusedThread() throws {
        let faults = SystemFaults()
        faults.fail(.thread, .tryAgain, after: 1)
        let inner = Guarded<Errno?>(nil)
        try faults.during {
            let outer = try JoinableThread(name: "outer") {
                do throws(Errno) { _ = try JoinableThread(name: "inner") {} } catch {
                    inner.withLock { $0 = error }
                }
            }
            outer.join()
        }
        #expect(inner.withLock { $0 } == .tryAgain)
    }
}

@Suite("files")
struct FileTests {
    private let folder = TemporaryFolder()

    @Test("a file is written whole and its name appears at once")
    func writes() throws {
        let path = folder.path("file")
        try AtomicFile.write([1, 2, 3], to: path)
        try AtomicFile.write([4, 5], to: path)
        #expect(try OpenFile(reading: path).readAll(limit: 2) == [4, 5])
        #expect(throws: FileReadError.tooLarge(limit: 1)) { try OpenFile(reading: path).readAll(limit: 1) }
        #expect(try FileSystem.names(in: folder.path) == ["file"])
    }

    @Test(
        "whatever fails, the old file stays and nothing is left beside it",
        arguments: [SystemCall.open, .write, .sync, .rename])
    func failures(_ call: SystemCall) throws {
        let path = folder.path("file")
        try AtomicFile.write([1, 2, 3], to: path)
        let faults = SystemFaults()
        faults.fail(call, .noSpace)
        #expect(throws: Errno.noSpace) { try faults.during { try AtomicFile.write([9], to: path) } }
        #expect(try OpenFile(reading: path).readAll(limit: 9) == [1, 2, 3])
        #expect(try FileSystem.names(in: folder.path) == ["file"])
    }

    @Test("a silent pipe and a device are refused in time")
    func silent() throws {
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: FileReadError.silent(seconds: 0.01)) {
            try OpenFile(reading: pipe).readAll(limit: 9, patience: 0.01)
        }
        #expect(throws: FileReadError.isDevice) { try OpenFile(reading: "/dev/zero").readAll(limit: 9) }
    }

    @Test("kinds of what stands at a path")
    func kinds() {
        #expect(FileSystem.kind(of: folder.path) == .folder)
        #expect(FileSystem.kind(of: folder.path("none")) == nil)
        #expect(FileSystem.kind(of: "/dev/null") == .other)
        #expect(FileSystem.folder(of: "a") == ".")
        #expect(FileSystem.folder(of: "/a") == "/")
        #expect(FileSystem.folder(of: "/a/b") == "/a")
    }
}

/// A folder for one test, removed with what is in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var name = Array("/tmp/raut-system-XXXXXX".utf8CString)
        path = mkdtemp(&name).map { String(cString: $0) } ?? "/nowhere"
    }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    deinit {
        for name in (try? FileSystem.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
