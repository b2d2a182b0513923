import Glibc
import TestSupport
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
        let ending = Cancellation()
        ending.raise()
        #expect(throws: FileReadError.cancelled) { try OpenFile(reading: pipe).readAll(limit: 9, ending) }
    }

    @Test("a folder is made with those above it, and is there already; what is none in its place is said")
    func makeFolder() throws {
        for path in ["a/b/c", "a/b/c", "d/", "e/./f"] { try FileSystem.makeFolder(folder.path(path)) }
        #expect(FileSystem.isFolder(folder.path("a/b/c")) && FileSystem.isFolder(folder.path("e/f")))
        try AtomicFile.write([1], to: folder.path("file"))
        #expect(throws: Errno.notFolder) { try FileSystem.makeFolder(folder.path("file")) }
        #expect(throws: Errno.notFolder) { try FileSystem.makeFolder(folder.path("file/in/it")) }
        #expect(throws: Errno.notFolder) { try FileSystem.makeFolder("/dev/null") }
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

@Suite("names of files")
struct FileNameTests {
    @Test("of any bytes come back to their bytes, and are valid text")
    func roundTrip() {
        let names: [[UInt8]] = [
            Array("plain".utf8), Array("ärger €".utf8), [0x66, 0xE4, 0x72], [0xFF, 0x80, 0x41], [0xE2, 0x82],
            Array("\u{EF80}\u{EFFF}".utf8), [0xED, 0xA0, 0x80], [],
        ]
        for name in names {
            #expect(FileName.encode(FileName.decode(name)) == name)
        }
        #expect(FileName.decode([0x66, 0xE4, 0x72]) == "f\u{EFE4}r")
    }

    @Test("that are not UTF-8 open, are listed and handed to a child")
    func opens() throws {
        let folder = TemporaryFolder()
        let path = folder.path(FileName.decode([0x66, 0xE4, 0x72]))
        try AtomicFile.write([7], to: path)
        #expect(try OpenFile(reading: path).readAll(limit: 9) == [7])
        #expect(FileSystem.kind(of: path) == .file)
        #expect(try FileSystem.names(in: folder.path) == ["f\u{EFE4}r"])
        let child = try ChildProcess("/bin/rm", [path])
        #expect(child.wait(until: .after(10)) == .status(0))
    }
}

@Suite("standard output")
struct StandardStreamTests {
    @Test("taken for oneself, what others print comes out with the messages")
    func taken() throws {
        var output: (Int32, Int32) = (-1, -1)
        var messages: (Int32, Int32) = (-1, -1)
        #expect(
            withUnsafeMutableBytes(of: &output) { pipe($0.assumingMemoryBound(to: Int32.self).baseAddress) }
                == 0)
        #expect(
            withUnsafeMutableBytes(of: &messages) { pipe($0.assumingMemoryBound(to: Int32.self).baseAddress) }
                == 0)
        let own = try StandardStreams.takeOutput(output.1, insteadOf: messages.1)
        // As a plugin would: by the number that it knows.
        #expect(write(output.1, "noise", 5) == 5)
        #expect(write(own, "event", 5) == 5)
        var bytes = [UInt8](repeating: 0, count: 9)
        #expect(read(output.0, &bytes, 9) == 5 && bytes.starts(with: Array("event".utf8)))
        #expect(read(messages.0, &bytes, 9) == 5 && bytes.starts(with: Array("noise".utf8)))
        for descriptor in [own, output.0, output.1, messages.0, messages.1] { close(descriptor) }
    }
}
