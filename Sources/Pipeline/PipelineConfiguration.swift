import Capture
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
    /// Seconds from one summary to the next, where those are asked for.
    public var summaryInterval = 60.0
    /// True to send the probabilities of the last look alone too.
    public var includesRaw = false
    /// True to work on every frame instead of the newest, with times that do not depend on the clock.
    public var isPlayback = false
    /// True to search each frame wholly instead of around known faces and in pieces.
    public var searchesWholly = false
    /// True to look at every face in every frame, changed or not.
    public var looksAtEachFrame = false
    /// Frames to work on before the end; nil for all.
    public var frameLimit: Int?

    /// Told how long each stage of each frame took.
    package var stageWatcher: StageWatcher?

    /// Live, events for changes.
    public init() {}

    /// The same for a source: of pictures one after another, or a few a second, a second look at a face may never come.
    public func adapted(to source: any FrameSource) -> PipelineConfiguration {
        var adapted = self
        if source.givesStills || source.frameRate.map({ $0 < 5 }) ?? false {
            adapted.tracking.confirmations = 1
        }
        return adapted
    }
}
