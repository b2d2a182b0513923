import Capture
import System
import Testing

@Suite("when a file's next frame is read")
struct ReadingTimeTests {
    private let millisecond: UInt64 = 1_000_000
    private let signal = Cancellation()

    /// When a frame was due, once its turn has come.
    private func wait(_ pacer: inout FramePacer, milliseconds: Int64) throws -> UInt64 {
        let due = pacer.wait(for: milliseconds * 1_000_000, signal)
        return try #require(due)
    }

    @Test("halfway to its turn, when those who work on the last one have done")
    func halfway() throws {
        var pacer = FramePacer()
        _ = try wait(&pacer, milliseconds: 0)
        pacer.note(readingTook: 0)
        #expect(pacer.readingTime == nil)
        let due = try wait(&pacer, milliseconds: 4)
        #expect(pacer.readingTime == nil)
        pacer.note(readingTook: millisecond / 2)
        #expect(pacer.readingTime == due + 2 * millisecond)
    }

    @Test("at once where the last one was long in coming, and of a video that begins")
    func atOnce() throws {
        var pacer = FramePacer()
        _ = try wait(&pacer, milliseconds: 0)
        _ = try wait(&pacer, milliseconds: 4)
        pacer.note(readingTook: millisecond)
        #expect(pacer.readingTime == nil)
        pacer.note(readingTook: 0)
        #expect(pacer.readingTime != nil)
        pacer.restart()
        #expect(pacer.readingTime == nil)
    }
}
