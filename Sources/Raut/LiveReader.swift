import Capture
import EmotionRecognition
import FaceVerification
import Faces
import Pipeline
import System

/// The faces in one frame.
public struct Moment: Sendable, Equatable {
    /// The frame's number, counted from 1.
    public let frame: Int
    /// The source's own time in seconds: the place in a video, the monotonic clock of a camera.
    public let seconds: Double
    /// Columns of the frame, in whose pixels boxes are.
    public let width: Int
    /// Rows of the frame.
    public let height: Int
    /// The faces in view, each with the number that it keeps.
    public let faces: [Face]
}

/// Follows the faces before a camera, or in a video.
///
/// ```swift
/// let live = try LiveReader(source: "/dev/video0")
/// for await moment in live.moments {
///     for face in moment.faces { print(face.number, face.emotion) }
/// }
/// try live.finish()
/// ```
///
/// It works on threads of its own, always on the newest frame. A camera that is unplugged is waited for.
public final class LiveReader: Sendable {
    /// Each frame worked on, until the source ends or ``stop()`` is called; a reader that is slow gets the newest.
    public let moments: AsyncStream<Moment>
    /// In which numbers the network works.
    public let precision: RautPrecision
    private let pipeline: Pipeline

    /// Opens a source and begins.
    ///
    /// - Parameters:
    ///   - source: a camera (`/dev/video0`, or a part of its name), a video, a picture, a folder of pictures, an address,
    ///     or `demo`; the first camera where nil.
    ///   - files: where the model and the cascades lie.
    ///   - precision: in which numbers the network works; as with `raut run`, what is faster on this processor where nil.
    /// - Throws: ``RautError`` where the source can't be opened, or a file is missing.
    public init(
        source: String? = nil, files: RautFiles = RautFiles(), precision: RautPrecision? = nil
    ) throws(RautError) {
        let (detector, recognizer) = try files.load(precision)
        self.precision = RautPrecision(recognizer.precision)
        let (moments, continuation) = AsyncStream.makeStream(
            of: Moment.self, bufferingPolicy: .bufferingNewest(1))
        self.moments = moments
        do {
            var request = SourceRequest(name: source)
            request.mayBeDemo = false
            let opened = try SourceOpener.open(request).source
            pipeline = try Pipeline(
                source: opened, finder: detector, recognizer: recognizer,
                configuration: PipelineConfiguration(), sinks: [], recorder: MomentSender(continuation))
        } catch {
            throw RautError(description: "\(error)")
        }
        continuation.onTermination = { [pipeline] _ in pipeline.stop() }
    }

    deinit { pipeline.stop() }

    /// Ends it soon; may be called from any thread, more than once.
    public func stop() { pipeline.stop() }

    /// Waits for the end: of the source, or after ``stop()``.
    ///
    /// - Throws: ``RautError`` where the source failed.
    public func finish() throws(RautError) {
        if case .failed(let error) = pipeline.wait() { throw RautError(description: error.description) }
    }
}

/// Hands each frame's faces to whoever waits for them.
private final class MomentSender: Recorder {
    private let continuation: AsyncStream<Moment>.Continuation

    init(_ continuation: AsyncStream<Moment>.Continuation) { self.continuation = continuation }

    func record(_ shared: SharedFrame, _ faces: [TrackedFace], waits: Bool) {
        let frame = shared.frame
        continuation.yield(
            Moment(
                frame: frame.number, seconds: Double(frame.sourceTime) * 1e-9, width: frame.width,
                height: frame.height,
                faces: faces.map { face in
                    Face(
                        number: face.number, box: face.box, tilt: face.tilt, emotion: face.emotion,
                        probabilities: face.probabilities, isUnsure: face.isUnsure)
                }))
    }

    func close() { continuation.finish() }

    func finish(within seconds: Double) { continuation.finish() }
}
