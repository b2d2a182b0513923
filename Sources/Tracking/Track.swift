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
    /// The smoothed probabilities of every look by the seconds since the one before: in double precision, as a face may
    /// stay for days.
    private var emotionSum = SIMD8<Double>()
    private var emotionWeight = 0.0
    private var lastLook: Look?
    /// The probabilities of the last look alone, mirrored or not.
    private var lastAnswer = EmotionProbabilities.uniform
    var isReported = false
    /// Whether there was no time yet to look at it.
    var awaitsFirstLook = false

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

    /// Seconds since the last look at it; infinite where there was none.
    func secondsSinceLook(at time: UInt64) -> Double {
        filter == nil ? .infinity : seconds(from: lastRecognized, to: time)
    }

    /// Which way round the network is to see it next.
    func nextLook(bothWays: Bool) -> Look {
        bothWays || lastLook == nil ? .bothWays : lastLook == .mirrored ? .asItIs : .mirrored
    }

    /// Takes in what the network says; true where the reported emotion changed.
    ///
    /// - Parameter isStill: whether the face looks as at the last look, which went the other way round: both together are
    ///   what a look both ways would have given.
    mutating func look(
        _ answer: EmotionProbabilities, _ look: Look, isStill: Bool, at time: UInt64,
        _ parameters: EmotionFilter.Parameters
    ) -> Bool {
        let gap = seconds(from: lastRecognized, to: time)
        let observed =
            isStill ? EmotionProbabilities(lanes: (answer.lanes + lastAnswer.lanes) / 2) : answer
        // A face may not have been seen for long: nobody knows what it showed then.
        let weight = filter == nil ? Self.firstWeight : min(gap, Self.greatestWeight)
        defer {
            lastRecognized = time
            awaitsFirstLook = false
            lastLook = look
            lastAnswer = answer
            emotionSum += weight * SIMD8<Double>((filter?.probabilities ?? .uniform).lanes)
            emotionWeight += weight
        }
        raw = observed
        guard filter != nil else {
            filter = EmotionFilter(observed)
            return false
        }
        return filter?.update(observed, after: gap, parameters) ?? false
    }

    /// The weight of a look in the mean of a visit is the time since the one before: these seconds for the
    /// first look, and at most for another one.
    private static let (firstWeight, greatestWeight) = (0.03, 0.5)

    /// Its `left` event, were it given up at this time.
    func departure(at time: UInt64) -> FaceDeparture {
        let mean =
            emotionWeight > 0 ? emotionSum / emotionWeight : SIMD8<Double>(EmotionProbabilities.uniform.lanes)
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
