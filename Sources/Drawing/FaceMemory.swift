import Faces
import Foundation

/// What is remembered of a face from frame to frame, so that nothing about it jumps.
struct FaceMemory {
    /// Where its box is shown: behind where it is by a few hundredths of a second.
    var shown: Bounds
    var tilt: Double
    /// What of it may not be covered, where it is and where it is shown.
    var zone: FaceZone
    var label: Spot<LabelKind>?
    /// Where it lay in the last frame.
    var labelBounds: Bounds?
    var panel: Spot<Int>?
    /// The reported emotion's probability in steps, with hysteresis: the order in which faces get their places.
    var rank = -1
    /// Since when its label could say more than it does, in seconds.
    var betterSince: Double?
    var lastSeen = 0

    /// A place that was taken, and how much of what lies there can be seen yet.
    struct Spot<Kind> {
        var kind: Kind
        var place: Int
        var opacity: Double
    }

    /// Seconds that something takes to appear.
    static let fade = 0.15

    init(box: Bounds, tilt: Double) {
        shown = box
        self.tilt = tilt
        zone = FaceZone(box: box, tilt: tilt)
    }

    /// Follows the face: what is less than a hundredth of its size is unrest, and the farther it is away the faster.
    ///
    /// - Parameter elapsed: seconds since the last frame; nil where there was none.
    /// - Returns: true where it is not there yet.
    mutating func follow(_ box: Bounds, tilt: Double, elapsed: Double?) -> Bool {
        defer { zone = FaceZone(box: box, tilt: tilt).union(FaceZone(box: shown, tilt: self.tilt)) }
        let size = max(1, min(box.width, box.height))
        let distance =
            max(
                max(abs(box.x - shown.x), abs(box.y - shown.y)),
                max(abs(box.right - shown.right), abs(box.bottom - shown.bottom))) / size
        guard let elapsed, elapsed < 0.5 else {
            shown = box
            self.tilt = tilt
            return false
        }
        if abs(tilt - self.tilt) > 4 { self.tilt = tilt }
        guard distance > 0.012 else { return false }
        let share = 1 - exp(-max(0, elapsed) * (1 + 8 * distance) / 0.09)
        func step(_ from: Double, _ to: Double) -> Double { from + (to - from) * share }
        let (right, bottom) = (step(shown.right, box.right), step(shown.bottom, box.bottom))
        shown.x = step(shown.x, box.x)
        shown.y = step(shown.y, box.y)
        shown.width = right - shown.x
        shown.height = bottom - shown.y
        return true
    }

    /// Takes note of how sure its emotion is: a new step only where it is well inside.
    mutating func rank(_ confidence: Float) {
        let steps = confidence * 5
        if rank < 0 || abs(steps - (Float(rank) + 0.5)) > 0.8 { rank = Int(steps) }
    }
}

extension FaceZone {
    /// What of either may not be covered.
    func union(_ other: FaceZone) -> FaceZone {
        FaceZone(
            whole: whole.union(other.whole), eyes: eyes.union(other.eyes), mouth: mouth.union(other.mouth))
    }
}
