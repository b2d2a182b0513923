import Glibc
import System

/// A video file or network stream, decoded by the `ffmpeg` program as a child that hands over raw frames with their
/// own times.
///
/// A child and no library within this process: a decoder that crashes or hangs on what a stranger sends is ended like
/// any other child (see `docs/decisions/ffmpeg.md`). Files are held to their own pace unless asked for speed; live
/// streams come as they come.
package final class FFmpegSource: RecoverableSource {
    private let facts: Guarded<FFmpegReading.Facts>
    private let reading: Guarded<FFmpegReading>
    private let signal: Cancellation

    package var name: String { facts.withLock { $0.name } }
    package var width: Int { facts.withLock { $0.width } }
    package var height: Int { facts.withLock { $0.height } }
    package var frameRate: Double? { facts.withLock { $0.frameRate } }
    package var canComeBack: Bool { facts.withLock { $0.canComeBack } }
    package var givesStills: Bool { facts.withLock { $0.givesStills } }
    package var leavesOutColors: Bool { facts.withLock { $0.leavesOutColors } }

    /// Starts the child and reads as far as the video's size.
    ///
    /// - Parameters:
    ///   - command: what is asked of the child.
    ///   - isPaced: false to read a file as fast as frames are taken.
    ///   - signal: ends each wait, that for the first frame too.
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` without `ffmpeg`, or with its own words where it
    ///   can't read the video; ``CaptureError/cancelled`` where the signal came first.
    package init(
        _ command: FFmpegCommand, isPaced: Bool, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        self.signal = signal
        facts = Guarded(
            FFmpegReading.Facts(
                name: command.name, canComeBack: command.isLive, leavesOutColors: command.isGray))
        var reading = FFmpegReading(command, isPaced: isPaced, signal, facts)
        try reading.start()
        self.reading = Guarded(reading)
    }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        try reading.withLock { reading throws(CaptureError) in try reading.next(into: &frame) }
    }

    package func reopen() throws(CaptureError) {
        try reading.withLock { reading throws(CaptureError) in try reading.reopen(nil) }
    }

    /// The same from another place, as a camera's under another number.
    func reopen(_ command: FFmpegCommand) throws(CaptureError) {
        try reading.withLock { reading throws(CaptureError) in try reading.reopen(command) }
    }

    /// Ends the child.
    func close() { reading.withLock { $0.stop() } }

    package func cancel() { signal.raise() }
}
