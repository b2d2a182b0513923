import Faces

/// What readers are told: version 1 of the event lines.
package enum Event: Sendable {
    /// The first line that a reader gets.
    case hello(Hello)
    /// A face came into view.
    case appeared(TrackedFace, frame: Int, time: EventTime)
    /// The reported emotion of a face is another one.
    case changed(TrackedFace, frame: Int, time: EventTime)
    /// A face is out of view; the frame and the time are those of the last frame worked on.
    case left(FaceDeparture, frame: Int, time: EventTime)
    /// A frame was worked on: every face in view, and the milliseconds from when the frame was taken.
    case frame(Int, latency: Double, faces: [TrackedFace], time: EventTime)
    /// The source went away or came back, or its frames come not as they should.
    case source(SourceState, reason: String, time: EventTime)
    /// What was seen since the last such event.
    case summary(EventSummary, time: EventTime)
    /// The reader was too slow: this many lines before this one were not sent to it.
    case dropped(count: Int)

    /// What the program is and where its frames come from.
    package struct Hello: Sendable, Equatable {
        /// Name and version.
        package var program: String
        /// The model's name.
        package var model: String
        /// The source's name.
        package var source: String
        /// Columns of a frame in pixels; boxes are in these.
        package var width: Int
        /// Rows of a frame in pixels.
        package var height: Int

        /// Says hello for a program, its model and its source.
        package init(program: String, model: String, source: String, width: Int, height: Int) {
            self.program = program
            self.model = model
            self.source = source
            self.width = width
            self.height = height
        }
    }

    /// Whether frames come, and come as they should.
    package enum SourceState: String, Sendable {
        /// They do not any more; the source is tried again.
        case lost
        /// They do again.
        case back
        /// They come, but some are broken or missing.
        case troubled
        /// They come as they should again.
        case recovered
    }
}
