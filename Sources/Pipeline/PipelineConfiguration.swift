import Capture
import FaceDetection
import System
import Tracking

/// What the pipeline does with frames.
package struct PipelineConfiguration: Sendable {
    /// How faces are looked for.
    package var detection = DetectionParameters()
    /// How they are followed.
    package var tracking = TrackingParameters()
    /// Which lines readers get.
    package var detail = EventDetail.changes
    /// Seconds from one summary to the next, where those are asked for.
    package var summaryInterval = 60.0
    /// True to send the probabilities of the last look alone too.
    package var includesRaw = false
    /// True to work on every frame instead of the newest, with times that do not depend on the clock.
    package var isPlayback = false
    /// True to search each frame wholly instead of around known faces and in pieces.
    package var searchesWholly = false
    /// True to look at every face in every frame, changed or not.
    package var looksAtEachFrame = false
    /// Frames to work on before the end; nil for all.
    package var frameLimit: Int?

    /// Told how long each stage of each frame took.
    package var stageWatcher: StageWatcher?

    /// Live, events for changes.
    package init() {}

    /// The same for a source: of pictures one after another, or a few a second, a second look at a face may never come.
    package func adapted(to source: any FrameSource) -> PipelineConfiguration {
        var adapted = self
        if source.givesStills || source.frameRate.map({ $0 < 5 }) ?? false {
            adapted.tracking.confirmations = 1
        }
        return adapted
    }

    /// The same, with searches that end on the way once the cancellation is raised.
    func ended(by cancellation: Cancellation) -> PipelineConfiguration {
        var ended = self
        ended.detection.cancellation = cancellation
        return ended
    }
}
