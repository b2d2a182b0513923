import Capture
import EmotionRecognition
import FaceDetection
import Faces
import Imaging
import System

/// Times each stage on this machine, on frames of the demo at 640×480: those of the pipeline's own worker, and what a
/// camera's JPEG and a search of the whole frame would take.
package struct StageBenchmark {
    /// One stage's times in milliseconds.
    package struct Timing: Sendable {
        /// What was timed.
        package let name: String
        /// Half of the times lie below.
        package let median: Double
        /// 95 % of the times lie below.
        package let percentile95: Double
        /// How many there are.
        package let count: Int

        fileprivate init(_ name: String, _ times: [Double]) {
            let sorted = times.sorted()
            self.name = name
            count = sorted.count
            median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
            percentile95 = sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
        }
    }

    private let detector: FaceDetector
    private let recognizer: EmotionRecognizer

    /// Frames whose times don't count: the first ones fill caches and allocate.
    private static let warmUp = 5

    /// Makes ready to time a detector and a recogniser.
    package init(detector: FaceDetector, recognizer: EmotionRecognizer) {
        self.detector = detector
        self.recognizer = recognizer
    }

    /// Works on so many frames and gives the stages in their order.
    ///
    /// - Throws: ``Capture/CaptureError`` or ``Imaging/ImageError`` where the demo can't be decoded, and
    ///   ``PipelineError`` where there are no threads.
    package func run(frames: Int) throws -> [Timing] {
        let alone = try timesAlone(frames: frames)
        let clocks = try workerTimes(frames: frames)
        let end = clocks.map { clock in
            Stage.allCases.filter { $0 != .publish }.reduce(0) { $0 + clock[$1] }
        }
        return [
            Timing("decode-mjpeg", alone.jpeg), Timing("decode-yuv", clocks.map { $0[.decode] }),
            Timing("detect", alone.detect), Timing("search", clocks.map { $0[.search] }),
            Timing("classify", clocks.map { $0[.recognize] }.filter { $0 > 0 }), Timing("end-to-end", end),
        ]
    }

    /// What each stage is, by its name.
    package static let explanations = [
        "decode-mjpeg": "a JPEG's luma", "decode-yuv": "a planar frame's luma",
        "detect": "a whole frame, tilted heads too", "search": "around known faces, the rest in pieces",
        "classify": "the faces of a frame that has some",
        "end-to-end": "decode-yuv, search, track, classify: the most a frame takes",
    ]

    private func demo() throws(CaptureError) -> any FrameSource {
        try SourceOpener.open(SourceRequest(name: "demo", asFastAsPossible: true)).source
    }

    /// What the worker does not do with these frames.
    private func timesAlone(frames: Int) throws -> (jpeg: [Double], detect: [Double]) {
        let (source, decoder, jpegDecoder) = (try demo(), FrameDecoder(), JPEGDecoder())
        var (frame, image, luma, color) = (Frame(), GrayImage(), GrayImage(), ColorImage())
        var faces: [DetectedFace] = []
        var (decode, detect): ([Double], [Double]) = ([], [])
        for number in 0..<(frames + Self.warmUp) {
            guard try source.next(into: &frame) else { break }
            try decoder.color(of: frame, into: &color)
            let jpeg = try ImageFile.encodeJPEG(color, quality: 85)
            try decoder.gray(of: frame, into: &image)
            let start = MonotonicClock.now
            try jpegDecoder.decode(jpeg, into: &luma)
            let decoded = MonotonicClock.now
            detector.detect(in: image, region: nil, parameters: DetectionParameters(), into: &faces)
            guard number >= Self.warmUp else { continue }
            decode.append(Double(decoded - start) * 1e-6)
            detect.append(Double(MonotonicClock.now - decoded) * 1e-6)
        }
        return (decode, detect)
    }

    /// The worker's own clocks.
    private func workerTimes(frames: Int) throws -> [StageClock] {
        let clocks = Guarded<[StageClock]>([])
        clocks.withLock { $0.reserveCapacity(frames + Self.warmUp) }
        var configuration = PipelineConfiguration()
        configuration.isPlayback = true
        configuration.frameLimit = frames + Self.warmUp
        // Live, a face that looks as it did is not looked at in each frame: a time for each frame says more.
        configuration.looksAtEachFrame = true
        configuration.stageWatcher = { _, _, clock in clocks.withLock { $0.append(clock) } }
        let pipeline = try Pipeline(
            source: demo(), finder: detector, recognizer: recognizer, configuration: configuration, sinks: [])
        if case .failed(let error) = pipeline.wait() { throw error }
        return clocks.withLock { Array($0.dropFirst(Self.warmUp)) }
    }
}
