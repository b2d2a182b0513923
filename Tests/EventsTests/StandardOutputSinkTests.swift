import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

private func makePipe() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    return (ends[0], ends[1])
}

private func line(_ number: Int) -> [UInt8] {
    Array("\(number)\(String(repeating: ".", count: 100))\n".utf8)
}

/// Reads a pipe to its end on a thread of its own, for a task may have to wait for the tests beside it.
private final class PipeReader: Sendable {
    private let bytes = Guarded<[UInt8]>([])
    private let ended = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32) {
        Thread.detachNewThread { [self] in
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(descriptor, &chunk, chunk.count), count > 0 {
                bytes.withLock { $0 += chunk[..<count] }
            }
            ended.signal()
        }
    }

    /// All lines, once the pipe has ended.
    func lines() -> [Substring] {
        ended.wait()
        return String(decoding: bytes.withLock { $0 }, as: UTF8.self).split(separator: "\n")
    }
}

@Suite("events on standard output", .serialized)
struct StandardOutputSinkTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test("a reader that is gone ends it quietly, even while no line is sent")
    func readerGone() throws {
        let ends = makePipe()
        let ended = Guarded(false)
        let output = try StandardOutputSink(descriptor: ends.writing) { notice in
            if notice == .readerGone { ended.change { $0 = true } }
        }
        output.send(line(1))
        close(ends.reading)
        #expect(ended.wait(until: .after(3)) { $0 ? true : nil } == true)
        output.send(line(2))
        output.finish(within: 1)
        close(ends.writing)
    }

    @Test("a stuck reader does not hold up who sends, and is told what it lost")
    func stuck() throws {
        let ends = makePipe()
        let output = try StandardOutputSink(descriptor: ends.writing, limit: 1 << 14)
        let time = ContinuousClock().measure { for number in 0..<5000 { output.send(line(number)) } }
        #expect(time < .seconds(5))
        let reader = PipeReader(ends.reading)
        output.finish(within: 30)
        close(ends.writing)
        let lines = reader.lines()
        let lost = lines.compactMap { $0.hasPrefix("{") ? Int($0.filter(\.isNumber)) : nil }.reduce(0, +)
        let kept = lines.count { !$0.hasPrefix("{") }
        #expect(lost > 0)
        #expect(lost + kept == 5000)
        close(ends.reading)
    }

    @Test("a lossless one waits for a slow reader and loses nothing")
    func lossless() throws {
        let ends = makePipe()
        let output = try StandardOutputSink(descriptor: ends.writing, isLossless: true, limit: 1 << 12)
        let reader = PipeReader(ends.reading)
        for number in 0..<5000 { output.send(line(number)) }
        output.finish(within: 30)
        close(ends.writing)
        #expect(reader.lines().count == 5000)
        close(ends.reading)
    }

    @Test("a lossless one waits neither for a disk that is full nor for a reader when the end is asked for")
    func letGo() throws {
        func sends(to output: StandardOutputSink) throws -> JoinableThread {
            try JoinableThread(name: "sender") { for number in 0..<5000 { output.send(line(number)) } }
        }
        let full = open("/dev/full", O_WRONLY)
        let output = try StandardOutputSink(descriptor: full, isLossless: true, limit: 1 << 12)
        let isThrough = try sends(to: output).join(until: .after(10))
        #expect(isThrough)
        output.finish(within: 0)
        close(full)
        let ends = makePipe()
        let unread = try StandardOutputSink(descriptor: ends.writing, isLossless: true, limit: 1 << 12)
        let sender = try sends(to: unread)
        let isWaiting = !sender.join(until: .after(0.3))
        #expect(isWaiting)
        unread.stopWaiting()
        let isLetGo = sender.join(until: .after(10))
        #expect(isLetGo)
        unread.finish(within: 0)
        close(ends.reading)
    }

    @Test("a lossless one is drained before its end, however slow its reader")
    func drained() throws {
        let ends = makePipe()
        let output = try StandardOutputSink(descriptor: ends.writing, isLossless: true, limit: 1 << 18)
        // More than a pipe holds.
        let count = 2500
        for number in 0..<count { output.send(line(number)) }
        let isDrained = try JoinableThread(name: "drain") { output.drain() }
        let waits = !isDrained.join(until: .after(0.2))
        #expect(waits)
        let reader = PipeReader(ends.reading)
        let ended = isDrained.join(until: .after(10))
        #expect(ended)
        output.finish(within: 0)
        close(ends.writing)
        #expect(reader.lines().count == count)
        close(ends.reading)
    }

    @Test("a stuck reader can't delay the end")
    func finishInTime() throws {
        let ends = makePipe()
        let output = try StandardOutputSink(descriptor: ends.writing)
        for number in 0..<5000 { output.send(line(number)) }
        let time = ContinuousClock().measure { output.finish(within: 0.1) }
        #expect(time < .seconds(5))
        close(ends.reading)
    }

    @Test(
        "a full disk is no reader who left: it is said once, and written to again, whole lines, when there is room"
    )
    func fullDisk() throws {
        let faults = SystemFaults()
        let ends = makePipe()
        let notices = Guarded<[StandardOutputSink.Notice]>([])
        let output = try faults.during {
            try StandardOutputSink(descriptor: ends.writing, retryPause: 0.02) { notice in
                notices.change { $0.append(notice) }
            }
        }
        output.send(line(1))
        #expect(eventually { output.isIdle })
        faults.fail(.write, .noSpace)
        output.send(line(2))
        #expect(eventually { notices.withLock { $0.count } == 1 })
        // It is tried again meanwhile, and said once all the same.
        #expect(holds(for: 0.1) { notices.withLock { $0.count } == 1 })
        faults.mend(.write)
        #expect(eventually { notices.withLock { $0.count } == 2 })
        output.finish(within: 30)
        close(ends.writing)
        #expect(
            notices.withLock { $0 } == [.failed(reason: "No space left on device"), .back])
        #expect(PipeReader(ends.reading).lines().count == 2)
        close(ends.reading)
    }

    @Test("a device that is always full is said, and the end does not wait for it")
    func devFull() throws {
        let full = open("/dev/full", O_WRONLY)
        let notices = Guarded<[StandardOutputSink.Notice]>([])
        let output = try StandardOutputSink(descriptor: full) { notice in notices.change { $0.append(notice) }
        }
        output.send(line(1))
        #expect(eventually { notices.withLock { $0 } == [.failed(reason: "No space left on device")] })
        let time = ContinuousClock().measure { output.finish(within: 0.1) }
        #expect(time < .seconds(5))
        close(full)
    }

    @Test("without a thread it says so instead of hanging")
    func noThread() {
        let faults = SystemFaults()
        faults.fail(.thread, .tryAgain)
        #expect(throws: EventError.self) { try faults.during { _ = try StandardOutputSink() } }
    }
}
