import EmotionRecognition
import Imaging
import Tracking

/// Says at which faces the network looks in a frame: at new ones, at those that changed since its last look, and at
/// every one five times a second. A look costs more than all else that is done for a face, and a still one would give
/// the same answer thirty times a second.
///
/// The choice depends on times and pictures alone, not on how long anything took. Nothing is allocated once it has held
/// as many faces as it will.
package struct LookSchedule {
    /// The longest time between two looks at a face, in seconds, where frames come at least as often.
    private static let longestPause = 0.2
    /// A change of the crop (``Imaging/GrayImage/change(to:)``) that is looked at in the next frame. The longer ago the
    /// last look, the less is enough: nothing once the longest pause is over.
    ///
    /// Measured on the clip of `Benchmarks/make_clips.py`: a face that talks and moves gives 0.09 from frame to frame
    /// (a hundredth of them more than 0.22), 0.14 over three, 0.17 over fifteen.
    private static let markedChange = 0.6
    /// Below this it shows what it showed, or talks: noise, and a box that is a pixel off, give a quarter of it. Such a face
    /// is looked at one way round, and the answer taken together with the last one's.
    private static let stillness = 0.2
    /// A face whose reported emotion is in doubt is looked at as often as this, in seconds.
    private static let doubtfulPause = 0.09
    /// Pixels of a picture for each look that a frame has time for, and the fewest looks: together they cost less than a
    /// scan of the picture. Those who wait longest come first.
    private static let (pixelsPerLook, fewestLooks) = (40_000, 4)
    /// How long the crop of a face that is not seen is kept, in seconds.
    private static let memory = 2.0

    /// What a face looked like when it was last looked at.
    private struct Memory {
        var number: Int
        var crop: GrayImage
        var lastSeen: UInt64
    }

    private var memories: [Memory] = []
    private var cutter = FaceCrop()
    private var crops: [GrayImage] = []
    private var candidates: [FaceTracker.Candidate] = []
    private var choices: [FaceTracker.Choice] = []
    private var lastTime: UInt64 = 0

    /// Has looked at nobody yet.
    package init() {}

    /// Leaves in the tracker's list the faces that are to be looked at.
    ///
    /// - Parameters:
    ///   - factor: how many times the picture is smaller than the frame, in whose pixels the tracker's faces are.
    ///   - time: that of the frame, in nanoseconds.
    ///   - isBusy: whether a part of the picture was searched in this frame besides: what can wait for the next one does.
    ///   - hasTime: whether frames are so far apart that all faces can be looked at.
    package mutating func choose(
        from tracker: inout FaceTracker, in image: GrayImage, reducedBy factor: Int = 1, at time: UInt64,
        isBusy: Bool, hasTime: Bool
    ) {
        let interval = time > lastTime ? Double(time - lastTime) * 1e-9 : 0
        lastTime = time
        candidates.removeAll(keepingCapacity: true)
        choices.removeAll(keepingCapacity: true)
        tracker.forEachCandidate { candidates.append($0) }
        while crops.count < candidates.count { crops.append(GrayImage()) }
        for (place, candidate) in candidates.enumerated() {
            cutter.cut(candidate.face.reduced(by: factor), from: image, into: &crops[place])
            choices.append(choice(candidate, crop: crops[place], interval: interval, isBusy: isBusy))
        }
        if !hasTime {
            let pixels = image.width * image.height * factor * factor
            limit(to: max(Self.fewestLooks, pixels / Self.pixelsPerLook))
        }
        remember(at: time)
        tracker.choose(choices, takesTurns: !hasTime)
    }

    private func choice(
        _ candidate: FaceTracker.Candidate, crop: GrayImage, interval: Double, isBusy: Bool
    ) -> FaceTracker.Choice {
        let pause = candidate.secondsSinceLook
        guard let memory = memories.first(where: { $0.number == candidate.number }), pause.isFinite else {
            return .look
        }
        let change = memory.crop.change(to: crop)
        // Frames' times are rounded: to the millisecond at worst. In a frame with time to spare the look is taken that
        // the next frame would have to.
        let isDue = pause + (isBusy ? 0 : interval) > Self.longestPause - 0.002
        if isDue { return change < Self.stillness && !candidate.isChallenged ? .lookAgain : .look }
        if candidate.isChallenged, !isBusy, pause > Self.doubtfulPause { return .look }
        let needed = Self.markedChange * (isBusy ? 1 : 1 - pause / Self.longestPause)
        return change > needed ? .look : .skip
    }

    /// Skips those who were looked at last where there are too many.
    private mutating func limit(to most: Int) {
        var wanted = choices.count { $0 != .skip }
        while wanted > most {
            var latest: Int?
            for place in choices.indices where choices[place] != .skip {
                let pause = candidates[place].secondsSinceLook
                // Among new faces the last ones wait.
                if let latest,
                    pause > candidates[latest].secondsSinceLook
                        || pause == candidates[latest].secondsSinceLook && pause.isFinite
                {
                    continue
                }
                latest = place
            }
            guard let latest else { return }
            choices[latest] = .skip
            wanted -= 1
        }
    }

    private mutating func remember(at time: UInt64) {
        for (place, candidate) in candidates.enumerated() {
            guard let known = memories.firstIndex(where: { $0.number == candidate.number }) else {
                if choices[place] != .skip {
                    memories.append(
                        Memory(number: candidate.number, crop: crops[place], lastSeen: time))
                }
                continue
            }
            memories[known].lastSeen = time
            if choices[place] != .skip { swap(&memories[known].crop, &crops[place]) }
        }
        let longest = UInt64(Self.memory * 1e9)
        memories.removeAll { time >= $0.lastSeen ? time - $0.lastSeen > longest : true }
    }
}
