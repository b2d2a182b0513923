import System

/// One picture of a source as it came: undecoded bytes, their format and when they were taken.
///
/// Reused from call to call: a source fills `bytes` in place, so that no frame allocates after the first.
package struct Frame: Sendable {
    /// Counts from 1 for the first frame of a source.
    package var number = 0
    /// When the frame was taken: nanoseconds of the monotonic clock (`CLOCK_MONOTONIC`), the driver's where it
    /// gives one.
    package var monotonicTime: UInt64 = 0
    /// When the frame was taken by the source's own clock, in nanoseconds: equal to ``monotonicTime`` for what is
    /// live; the place in the clip for a video, whatever the pace at which it is read.
    package var sourceTime: UInt64 = 0
    /// Columns in pixels.
    package var width = 0
    /// Rows in pixels.
    package var height = 0
    /// How `bytes` holds the pixels.
    package var format = PixelFormat.gray
    /// How luma and chroma stand for colours; means nothing to formats without.
    package var encoding = ColorEncoding.video
    /// Bytes from one row of the first plane to the next; 0 for compressed formats.
    package var bytesPerRow = 0
    /// The frame's bytes; exactly as many as the frame has.
    package var bytes: [UInt8] = []

    /// An empty frame for a source to fill.
    package init() {}

    /// Changes how many bytes there are; what new ones hold is unspecified. Allocates only to grow.
    mutating func setByteCount(_ count: Int) { bytes.resize(to: count) }
}
