import Faces
import Imaging

/// What the tracker knows of one face.
struct Track: Sendable {
    let number: Int
    /// The detection of the last frame in which the face was seen.
    private(set) var detection: DetectedFace
    private(set) var motion: FaceMotion
    private(set) var filter: EmotionFilter?
    private(set) var raw = EmotionProbabilities.uniform
    private(set) var sightings = 1
    private(set) var lastSeen: UInt64
    /// When it was last detected, not only followed.
    private(set) var lastDetected: UInt64
    private(set) var lastRecognized: UInt64 = 0
    private let firstSeen: UInt64
    /// The sum of the smoothed probabilities of every look: in double precision, as a face may stay for days.
    private var emotionSum = SIMD8<Double>()
    private var lookCount = 0.0
    private var lastLook: Look?
    var isReported = false

    /// True where it was detected in this frame.
    var isSeen = true
    /// Where it should be in this frame.
    var expected: Rectangle
    /// Seconds from its last detection to this frame, before matching.
    var unseenFor = 0.0
    /// Seconds for which it was looked for since, in vain.
    var missedFor = 0.0

    init(number: Int, _ detection: DetectedFace, at time: UInt64) {
        self.number = number
        self.detection = detection
        motion = FaceMotion(detection.box)
        expected = detection.box
        firstSeen = time
        lastSeen = time
        lastDetected = time
    }

    /// How well a box fits the expected one: the overlap less the distance of the centres in face widths, or nil
    /// where it can't be this face.
    ///
    /// A face may have moved further the longer it was not seen.
    func fit(_ box: Rectangle) -> Double? {
        let side = Double(max(1, expected.width + expected.height)) / 2
        let otherSide = Double(max(1, box.width + box.height)) / 2
        let ratio = otherSide / side
        guard ratio > 0.5, ratio < 2 else { return nil }
        let x = Double(box.x - expected.x) + Double(box.width - expected.width) / 2
        let y = Double(box.y - expected.y) + Double(box.height - expected.height) / 2
        let distance = (x * x + y * y).squareRoot() / side
        guard distance < min(1.5, 0.5 + 1.5 * unseenFor) else { return nil }
        return expected.intersectionOverUnion(box) - distance
    }

    mutating func see(_ detection: DetectedFace, at time: UInt64) {
        motion.update(detection.box, after: seconds(from: lastSeen, to: time))
        self.detection = detection
        isSeen = true
        missedFor = 0
        lastSeen = time
        if detection.neighbors > 0 { lastDetected = time }
        sightings += 1
    }

    /// Which way round the network is to see it next.
    mutating func nextLook(bothWays: Bool) -> Look {
        let look: Look = bothWays || lastLook == nil ? .bothWays : lastLook == .mirrored ? .asItIs : .mirrored
        lastLook = look
        return look
    }

    /// Takes in what the network says; true where the reported emotion changed.
    mutating func look(
        _ observed: EmotionProbabilities, at time: UInt64, _ parameters: EmotionFilter.Parameters
    ) -> Bool {
        defer {
            lastRecognized = time
            emotionSum += SIMD8<Double>((filter?.probabilities ?? .uniform).lanes)
            lookCount += 1
        }
        raw = observed
        guard filter != nil else {
            filter = EmotionFilter(observed)
            return false
        }
        return filter?.update(
            observed, after: seconds(from: lastRecognized, to: time), parameters) ?? false
    }

    /// What is told of it where it is given up at a time.
    func departure(at time: UInt64) -> FaceDeparture {
        let mean = lookCount > 0 ? emotionSum / lookCount : SIMD8<Double>(EmotionProbabilities.uniform.lanes)
        return FaceDeparture(
            number: number, seconds: seconds(from: firstSeen, to: time),
            emotions: EmotionProbabilities(lanes: SIMD8<Float>(mean)))
    }

    var face: TrackedFace {
        TrackedFace(
            number: number, box: isSeen ? motion.box : expected, tilt: detection.tilt, rawProbabilities: raw,
            probabilities: filter?.probabilities ?? .uniform, emotion: filter?.emotion ?? .neutral,
            isUnsure: filter?.isUnsure ?? true)
    }
}
