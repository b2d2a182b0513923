import Faces
import Imaging

/// Follows faces from frame to frame: who is who, where it is, and what it shows.
///
/// One frame is two calls: ``match(_:at:)`` with what the detector found, then ``update(_:into:)`` with the
/// probabilities of ``toRecognize``. The result depends on its arguments alone, times included, so that the same
/// frames give the same faces twice. Nothing is allocated once it has held as many faces as it will.
package struct FaceTracker: Sendable {
    /// How faces are followed.
    package var parameters: TrackingParameters
    /// The faces in view, oldest first, those missed in this frame where they are expected.
    package private(set) var faces: [TrackedFace] = []
    /// The faces of this frame whose emotion is wanted, as they were detected.
    package private(set) var toRecognize: [DetectedFace] = []
    /// Which way round each face of ``toRecognize`` is to be looked at: by turns, and both ways at once where its last
    /// look is long ago or there was none.
    package private(set) var looks: [Look] = []
    /// Of which faces of ``toRecognize`` the picture is the same as at the last look, but for noise.
    private var areStill: [Bool] = []

    private var tracks: [Track] = []
    private var lastNumber = 0
    private var now: UInt64 = 0
    private var taken: [Bool] = []
    /// Which track each element of `toRecognize` belongs to.
    private var recognized: [Int] = []

    /// A tracker that has seen nothing yet.
    package init(parameters: TrackingParameters = TrackingParameters()) {
        self.parameters = parameters
    }

    /// Where a face followed is to be looked for.
    package struct Expectation: Sendable {
        /// Its number.
        package var number: Int
        /// Where it should be.
        package var face: DetectedFace
        /// How long it has not been seen, in seconds.
        package var unseenFor: Double
        /// How long it was not detected, but followed at best, in seconds.
        package var undetectedFor: Double
    }

    /// Where the faces followed are expected at a time, those not yet reported included.
    package func forEachExpected(at time: UInt64, _ body: (Expectation) -> Void) {
        for track in tracks {
            let unseen = seconds(from: track.lastSeen, to: time)
            body(
                Expectation(
                    number: track.number,
                    face: DetectedFace(
                        box: track.motion.predicted(after: unseen).box, tilt: track.detection.tilt,
                        neighbors: 0),
                    unseenFor: unseen,
                    undetectedFor: seconds(from: track.lastDetected, to: time)))
        }
    }

    /// True where no face is followed, reported or not.
    package var isEmpty: Bool { tracks.isEmpty }

    /// Gives each detection to the face it belongs to, or to a new one.
    ///
    /// - Parameters:
    ///   - time: nanoseconds; not before that of the last frame.
    ///   - unsearched: the numbers of faces that nobody looked for in this frame: they count as there.
    package mutating func match(
        _ detections: [DetectedFace], at time: UInt64, unsearched: [Int] = []
    ) {
        let sinceLast = seconds(from: now, to: max(now, time))
        now = max(now, time)
        taken.removeAll(keepingCapacity: true)
        taken.append(contentsOf: repeatElement(false, count: detections.count))
        for index in tracks.indices {
            let unseen = seconds(from: tracks[index].lastSeen, to: now)
            tracks[index].unseenFor = unseen
            tracks[index].expected = tracks[index].motion.predicted(after: unseen).box
            tracks[index].isSeen = false
            tracks[index].missedFor += unsearched.contains(tracks[index].number) ? 0 : sinceLast
        }
        while let (track, detection) = bestPair(detections) {
            taken[detection] = true
            tracks[track].see(detections[detection], at: now)
        }
        for index in detections.indices where !taken[index] && !isDuplicate(detections[index].box) {
            lastNumber += 1
            tracks.append(Track(number: lastNumber, detections[index], at: now))
        }
        clearWanted()
        for index in tracks.indices where tracks[index].isSeen {
            let age = tracks[index].secondsSinceLook(at: now)
            if age >= parameters.recognitionInterval {
                toRecognize.append(tracks[index].detection)
                looks.append(tracks[index].nextLook(bothWays: age >= parameters.bothWaysAfter))
                areStill.append(false)
                recognized.append(index)
            }
        }
    }

    /// A face of ``toRecognize``, and what speaks for or against a look at it in this frame.
    package struct Candidate: Sendable {
        /// Its number.
        package var number: Int
        /// Where it was detected.
        package var face: DetectedFace
        /// Seconds since the last look at it; infinite where there was none.
        package var secondsSinceLook: Double
        /// Whether another emotion than the reported one is the likeliest, but not for long enough to take its place.
        package var isChallenged: Bool
    }

    /// Whether a face is looked at in this frame.
    package enum Choice: Sendable {
        /// It is.
        case look
        /// It is, and shows what it showed at the last look: one way round is enough, since that look went the other way.
        case lookAgain
        /// It keeps what it had.
        case skip
    }

    /// Calls `body` with each face of ``toRecognize``, in its order.
    package func forEachCandidate(_ body: (Candidate) -> Void) {
        for index in recognized {
            body(
                Candidate(
                    number: tracks[index].number, face: tracks[index].detection,
                    secondsSinceLook: tracks[index].secondsSinceLook(at: now),
                    isChallenged: tracks[index].filter?.isChallenged ?? false))
        }
    }

    /// Leaves in ``toRecognize`` those that are to be looked at, by one choice for each face in it. A new face that is
    /// skipped is not reported before it was looked at.
    ///
    /// - Parameter takesTurns: Whether each look is one way round, as it is and mirrored by turns, but for the first at a
    ///   face: looks both ways take a frame twice as long.
    package mutating func choose(_ choices: [Choice], takesTurns: Bool = false) {
        var kept = 0
        for place in recognized.indices {
            let choice = place < choices.count ? choices[place] : .look
            if choice == .skip {
                tracks[recognized[place]].awaitsFirstLook = tracks[recognized[place]].filter == nil
                continue
            }
            toRecognize[kept] = toRecognize[place]
            recognized[kept] = recognized[place]
            areStill[kept] = choice == .lookAgain && tracks[recognized[place]].filter != nil
            looks[kept] =
                areStill[kept] || takesTurns
                ? tracks[recognized[place]].nextLook(bothWays: false) : looks[place]
            kept += 1
        }
        toRecognize.removeLast(toRecognize.count - kept)
        recognized.removeLast(recognized.count - kept)
        areStill.removeLast(areStill.count - kept)
        looks.removeLast(looks.count - kept)
    }

    /// Smooths the probabilities of ``toRecognize``, in its order, and adds what happened to `changes`.
    ///
    /// Where there are fewer probabilities than faces, the faces without one keep what they had.
    package mutating func update(_ probabilities: [EmotionProbabilities], into changes: inout [FaceChange]) {
        for (place, observed) in zip(recognized.indices, probabilities) {
            let index = recognized[place]
            let changed = tracks[index].look(
                observed, looks[place], isStill: areStill[place], at: now, parameters.smoothing)
            if changed, tracks[index].isReported { changes.append(.changed(tracks[index].face)) }
        }
        for index in tracks.indices
        where !tracks[index].isReported && !tracks[index].awaitsFirstLook
            && tracks[index].sightings >= max(1, parameters.confirmations)
        {
            tracks[index].isReported = true
            changes.append(.appeared(tracks[index].face))
        }
        for track in tracks where track.isReported && isForgotten(track) {
            changes.append(.left(track.departure(at: now)))
        }
        tracks.removeAll(where: isForgotten)
        faces.removeAll(keepingCapacity: true)
        for track in tracks where track.isReported { faces.append(track.face) }
    }

    /// Replaces `departures` by what would be told of each face in view if it were given up now.
    package func departures(into departures: inout [FaceDeparture]) {
        departures.removeAll(keepingCapacity: true)
        for track in tracks where track.isReported { departures.append(track.departure(at: now)) }
    }

    /// Lets every face go: the source is lost, or its frames have ended. Times may begin anew afterwards.
    package mutating func leaveAll(into changes: inout [FaceChange]) {
        for track in tracks where track.isReported {
            changes.append(.left(track.departure(at: now)))
        }
        tracks.removeAll(keepingCapacity: true)
        faces.removeAll(keepingCapacity: true)
        clearWanted()
        // A source that comes back may count its time from the beginning again.
        now = 0
    }

    private mutating func clearWanted() {
        toRecognize.removeAll(keepingCapacity: true)
        looks.removeAll(keepingCapacity: true)
        areStill.removeAll(keepingCapacity: true)
        recognized.removeAll(keepingCapacity: true)
    }

    private func isForgotten(_ track: Track) -> Bool {
        let memory = track.isReported ? parameters.memory : parameters.unconfirmedMemory
        return !track.isSeen && track.missedFor > memory
    }

    /// The pair of a face not seen yet in this frame and a detection not taken yet that fit best: greedy, because
    /// with a predicted box only faces that hide one another compete.
    private func bestPair(_ detections: [DetectedFace]) -> (track: Int, detection: Int)? {
        var best: (track: Int, detection: Int)?
        var bestScore = -Double.infinity
        for track in tracks.indices where !tracks[track].isSeen {
            for detection in detections.indices where !taken[detection] {
                guard let score = tracks[track].fit(detections[detection].box), score > bestScore else {
                    continue
                }
                bestScore = score
                best = (track, detection)
            }
        }
        return best
    }

    /// True for a box that lies mostly within a face seen in this frame: a second detection of the same face.
    private func isDuplicate(_ box: Rectangle) -> Bool {
        tracks.contains { track in
            let smaller = min(track.detection.box.area, box.area)
            return track.isSeen && smaller > 0
                && Double(track.detection.box.intersection(box).area) > 0.6 * Double(smaller)
        }
    }
}
