import Capture
import EmotionRecognition
import FaceDetection
import Faces
import Imaging
import System
import Tracking

/// Times each stage of the pipeline on this machine, on frames of the demo at 640×480, one after another on one
/// thread.
public struct StageBenchmark {
    /// One stage's times in milliseconds.
    public struct Stage: Sendable {
        /// What was timed.
        public let name: String
        /// Half of the times lie below.
        public let median: Double
        /// 95 % of the times lie below.
        public let percentile95: Double
        /// How many there are.
        public let count: Int

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
    private let source: any FrameSource

    /// Frames whose times don't count: the first ones fill caches and allocate.
    private static let warmUp = 5

    /// Makes ready to time a detector and a recogniser.
    public init(detector: FaceDetector, recognizer: EmotionRecognizer) throws(CaptureError) {
        self.detector = detector
        self.recognizer = recognizer
        source = try SourceOpener.open(SourceRequest(name: "demo", asFastAsPossible: true)).source
    }

    /// Works on so many frames and gives the stages in their order.
    ///
    /// - Throws: ``Capture/CaptureError`` or ``Imaging/ImageError`` where the demo can't be decoded.
    public func run(frames: Int) throws -> [Stage] {
        var times = [[Double]](repeating: [], count: 6)
        let parameters = DetectionParameters()
        let (decoder, jpegDecoder) = (FrameDecoder(), JPEGDecoder())
        var (frame, image, luma, color) = (Frame(), GrayImage(), GrayImage(), ColorImage())
        var faces: [DetectedFace] = []
        var probabilities: [EmotionProbabilities] = []
        var changes: [FaceChange] = []
        var search = FaceSearch(parameters: parameters)
        var tracker = FaceTracker()
        for number in 0..<(frames + Self.warmUp) {
            guard try source.next(into: &frame) else { break }
            try decoder.color(of: frame, into: &color)
            let jpeg = try ImageFile.encodeJPEG(color, quality: 85)
            var spent = [Double](repeating: 0, count: times.count)
            spent[0] = try milliseconds { try jpegDecoder.decode(jpeg, into: &luma) }
            let decode = try milliseconds { try decoder.gray(of: frame, into: &image) }
            spent[1] = decode
            spent[2] = milliseconds {
                detector.detect(in: image, region: nil, parameters: parameters, into: &faces)
            }
            spent[3] = milliseconds {
                search.find(
                    with: detector, in: image, frame: frame.number, at: frame.sourceTime, tracker: tracker,
                    into: &faces)
            }
            let match = milliseconds { tracker.match(faces, at: frame.sourceTime) }
            spent[4] = milliseconds {
                recognizer.recognize(
                    tracker.toRecognize, looks: tracker.looks, in: image, into: &probabilities)
            }
            changes.removeAll(keepingCapacity: true)
            let update = milliseconds { tracker.update(probabilities, into: &changes) }
            spent[5] = decode + spent[3] + match + spent[4] + update
            guard number >= Self.warmUp else { continue }
            for stage in times.indices where stage != 4 || !tracker.toRecognize.isEmpty {
                times[stage].append(spent[stage])
            }
        }
        let names = ["decode-mjpeg", "decode-yuv", "detect", "search", "classify", "end-to-end"]
        return zip(names, times).map { Stage($0, $1) }
    }

    /// What each stage is, by its name.
    public static let explanations = [
        "decode-mjpeg": "a JPEG's luma", "decode-yuv": "a planar frame's luma",
        "detect": "a whole frame, tilted heads too", "search": "around known faces, the rest in slices",
        "classify": "the faces of a frame that has some", "end-to-end": "decode-yuv, search, track, classify",
    ]

    private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = MonotonicClock.now
        try body()
        return Double(MonotonicClock.now - start) * 1e-6
    }
}
