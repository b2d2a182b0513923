import FaceDetection
import Tracking

/// What the pipeline does with frames.
public struct PipelineConfiguration: Sendable {
    /// How faces are looked for.
    public var detection = DetectionParameters()
    /// How they are followed.
    public var tracking = TrackingParameters()
    /// Which lines readers get.
    public var detail = EventDetail.changes
    /// True to send the probabilities of the last frame alone too.
    public var includesRaw = false
    /// True to work on every frame instead of the newest, with times that do not depend on the clock.
    public var isPlayback = false
    /// True to search each frame wholly instead of around known faces and in slices.
    public var searchesWholly = false
    /// Frames to work on before the end; nil for all.
    public var frameLimit: Int?

    /// Live, events for changes.
    public init() {}
}
