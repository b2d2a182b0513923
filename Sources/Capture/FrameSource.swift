/// Where frames come from: a camera, pictures, a video, standard input, the demo.
///
/// Used from one thread at a time, but for `cancel()`.
package protocol FrameSource: AnyObject, Sendable {
    /// The name in the `hello` event: `/dev/video0`, the file, `demo`, …
    var name: String { get }
    /// Columns of a frame in pixels, as the source really gives them.
    var width: Int { get }
    /// Rows of a frame in pixels.
    var height: Int { get }
    /// Frames a second that the source says it gives, or nil where it has no pace of its own.
    var frameRate: Double? { get }

    /// True where each frame is a picture by itself, so that none confirms what the one before showed.
    var givesStills: Bool { get }

    /// True where frames come without the colours that they have, since nobody was to see them.
    var leavesOutColors: Bool { get }

    /// Waits for the next frame and puts it into `frame`, reusing its storage.
    ///
    /// - Returns: false at the end of the source, or after `cancel()`.
    /// - Throws: ``CaptureError`` where the source fails. A source that may come back (a camera) is reopened by
    ///   the pipeline, not by itself.
    func next(into frame: inout Frame) throws(CaptureError) -> Bool

    /// Makes a waiting `next` return false soon; may be called from any thread.
    func cancel()

    /// That a source which goes on giving frames is ``SourceChange/troubled(reason:)`` or has
    /// ``SourceChange/recovered``; nil where nothing has changed since the last call. Asked after each frame.
    func takeChange() -> SourceChange?
}

extension FrameSource {
    /// Most sources give moving pictures.
    package var givesStills: Bool { false }

    /// Most sources give what they have.
    package var leavesOutColors: Bool { false }

    /// Most sources either work or fail.
    package func takeChange() -> SourceChange? { nil }
}

/// A source that can be opened again after ``CaptureError/lost(source:reason:)``: a camera that is plugged in
/// again, perhaps under another number, or a network stream.
package protocol RecoverableSource: FrameSource {
    /// False where what was lost will not come back.
    var canComeBack: Bool { get }

    /// Closes what is left and tries once to open it again; frame numbers go on. Name and size may be others
    /// afterwards.
    ///
    /// - Throws: ``CaptureError/lost(source:reason:)`` while it is not there, and
    ///   ``CaptureError/cannotOpen(source:reason:)`` where it is, but is busy or may not be used.
    func reopen() throws(CaptureError)
}
