import Faces

/// What was seen within some seconds, as the event `summary` tells it.
package struct EventSummary: Sendable, Equatable {
    /// The length of the time it tells of, in seconds.
    package var seconds = 0.0
    /// In how many of these seconds a face was in view.
    package var seen = 0.0
    /// How many different faces were in view.
    package var faces = 0
    /// How many faces came into view.
    package var visits = 0
    /// How often the emotion reported of a face became another.
    package var changes = 0
    /// The share of each emotion in the time in which faces were in view, all faces together; 0 for all where there was
    /// none.
    package var shares = SIMD8<Double>(repeating: 0)

    /// Nothing seen, in no time.
    package init() {}
}

/// Adds up what frames show, and says when a summary is due.
package struct SummaryClock: Sendable {
    /// Seconds from one summary to the next.
    package var interval: Double
    private var start: UInt64?
    private var last: UInt64?
    private var current = EventSummary()
    private var known: Set<Int> = []

    /// Longer from one frame to the next is no time in which anything was seen, in seconds.
    private static let longestGap = 1.0

    /// Begins with the first frame.
    package init(interval: Double) { self.interval = interval }

    /// Adds what happened to faces with a frame.
    package mutating func add(_ changes: [FaceChange]) {
        for change in changes {
            switch change {
            case .appeared: current.visits += 1
            case .changed: current.changes += 1
            case .left: break
            }
        }
    }

    /// Adds the faces of a frame, taken at a moment of the monotonic clock in nanoseconds.
    ///
    /// - Returns: the summary that is due with this frame, or nil.
    package mutating func add(_ faces: [TrackedFace], at time: UInt64) -> EventSummary? {
        let begin = start ?? time
        start = begin
        let passed = last.map { time > $0 ? Double(time - $0) / 1e9 : 0 } ?? 0
        last = time
        if passed <= Self.longestGap, !faces.isEmpty {
            current.seen += passed
            for face in faces { current.shares[face.emotion.rawValue] += passed }
        }
        for face in faces where known.insert(face.number).inserted { current.faces += 1 }
        let elapsed = time > begin ? Double(time - begin) / 1e9 : 0
        guard elapsed >= interval else { return nil }
        return end(after: elapsed, at: time)
    }

    /// What was seen since the last summary; nil where there was no frame since.
    package mutating func rest() -> EventSummary? {
        guard let start, let last, last > start else { return nil }
        return end(after: Double(last - start) / 1e9, at: last)
    }

    private mutating func end(after seconds: Double, at time: UInt64) -> EventSummary {
        var summary = current
        summary.seconds = seconds
        let total = summary.shares.sum()
        if total > 0 { summary.shares /= total }
        current = EventSummary()
        known = []
        start = time
        return summary
    }
}
