/// Where frames come from: a camera, pictures, a video, standard input, the demo.
///
/// Used from one thread at a time, but for `cancel()`.
public protocol FrameSource: AnyObject, Sendable {
    /// The name in the `hello` event: `/dev/video0`, the file, `demo`, …
    var name: String { get }
    /// Columns of a frame in pixels, as the source really gives them.
    var width: Int { get }
    /// Rows of a frame in pixels.
    var height: Int { get }
    /// Frames a second that the source says it gives, or nil where it has no pace of its own.
    var frameRate: Double? { get }

    /// Waits for the next frame and puts it into `frame`, reusing its storage.
    ///
    /// - Returns: false at the end of the source, or after `cancel()`.
    /// - Throws: ``CaptureError`` where the source fails. A source that may come back (a camera) is reopened by
    ///   the pipeline, not by itself.
    func next(into frame: inout Frame) throws(CaptureError) -> Bool

    /// Makes a waiting `next` return false soon; may be called from any thread.
    func cancel()
}
