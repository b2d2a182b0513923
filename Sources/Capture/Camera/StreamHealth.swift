/// Notices when a driver loses frames or hands over broken ones, and says so once.
package struct StreamHealth {
    /// Frames over which losses are counted.
    package static let window = 30
    /// So many lost in a window are no fault yet: a machine under load loses some.
    static let bearable = 9
    /// Frames at the start of a stream in which cameras find themselves.
    static let warmUp: UInt64 = 5

    private var change: SourceChange?
    private var isTroubled = false
    private var good: UInt64 = 0
    private var lastSequence: UInt32?
    /// For each of the last frames whether it was lost.
    private var lost = [Bool](repeating: false, count: Self.window)
    private var next = 0
    private var lostCount = 0
    private var sinceTrouble = 0

    /// Nothing wrong yet.
    package init() {}

    /// Takes what is new since the last call.
    package mutating func takeChange() -> SourceChange? {
        defer { change = nil }
        return change
    }

    /// A frame has come whole; `sequence` counts the driver's frames, those it dropped too.
    package mutating func count(goodFrame sequence: UInt32) {
        let skipped = lastSequence.map { sequence &- $0 &- 1 } ?? 0
        lastSequence = sequence
        // A driver that starts to count anew has lost nothing.
        if skipped < 1000 {
            for _ in 0..<skipped { record(isLost: true) }
        }
        good += 1
        record(isLost: false)
        if lostCount > Self.bearable {
            report("the driver dropped \(lostCount) of the last \(Self.window) frames")
        }
        settle()
    }

    /// A frame has come that the driver marks as broken, or that is cut short.
    package mutating func count(brokenFrame sequence: UInt32) {
        lastSequence = sequence
        record(isLost: true)
        report("the driver hands over broken frames")
    }

    private mutating func record(isLost: Bool) {
        guard good >= Self.warmUp else { return }
        lostCount += (isLost ? 1 : 0) - (lost[next] ? 1 : 0)
        lost[next] = isLost
        next = (next + 1) % Self.window
        sinceTrouble += 1
    }

    private mutating func report(_ reason: String) {
        guard good >= Self.warmUp else { return }
        sinceTrouble = 0
        if !isTroubled { change = .troubled(reason: reason) }
        isTroubled = true
    }

    private mutating func settle() {
        guard isTroubled, sinceTrouble >= Self.window, lostCount <= Self.bearable else { return }
        isTroubled = false
        change = .recovered
    }
}
