import System

/// What the worker does with a frame, one after the other.
package enum Stage: Int, CaseIterable, Sendable, CustomStringConvertible {
    /// The frame's bytes become a grey picture.
    case decode
    /// Faces are looked for.
    case search
    /// Which face is which.
    case match
    /// The network looks at faces.
    case recognize
    /// What it says is smoothed.
    case smooth
    /// Events are sent.
    case publish

    /// Its name: `decode`, `search`, ….
    package var description: String {
        switch self {
        case .decode: "decode"
        case .search: "search"
        case .match: "match"
        case .recognize: "recognize"
        case .smooth: "smooth"
        case .publish: "publish"
        }
    }
}

/// How long each stage of a frame took: one look at the clock a stage, and no memory.
package struct StageClock: Sendable, Equatable {
    /// When the first stage began, in nanoseconds of the monotonic clock.
    package private(set) var start: UInt64 = 0
    private var last: UInt64 = 0
    /// Nanoseconds by stage; 0 for a stage that there was nothing to do in.
    private var spent = SIMD8<UInt64>()

    package init() {}

    /// A frame begins.
    package mutating func begin() {
        start = MonotonicClock.now
        last = start
        spent = SIMD8()
    }

    /// A stage ends, and the next one begins.
    package mutating func end(_ stage: Stage) {
        let now = MonotonicClock.now
        spent[stage.rawValue] = now &- last
        last = now
    }

    /// How long a stage took, in milliseconds.
    package subscript(stage: Stage) -> Double { Double(spent[stage.rawValue]) * 1e-6 }

    /// Each stage that there was something to do in: when it began and how long it took, in nanoseconds.
    package func forEach(_ body: (_ stage: Stage, _ begin: UInt64, _ duration: UInt64) -> Void) {
        var begin = start
        for stage in Stage.allCases where spent[stage.rawValue] > 0 {
            body(stage, begin, spent[stage.rawValue])
            begin += spent[stage.rawValue]
        }
    }

    /// The sums of many frames.
    package struct Sums: Sendable, Equatable {
        private var spent = SIMD8<UInt64>()
        private var frames = SIMD8<UInt64>()

        package init() {}

        mutating func add(_ clock: StageClock) {
            spent &+= clock.spent
            frames.replace(with: frames &+ 1, where: clock.spent .> 0)
        }

        func since(_ earlier: Sums) -> Sums {
            var difference = self
            difference.spent &-= earlier.spent
            difference.frames &-= earlier.frames
            return difference
        }

        /// The mean of a stage in milliseconds, over the frames that it had something to do in; nil where there are none.
        package func mean(_ stage: Stage) -> Double? {
            let count = frames[stage.rawValue]
            return count > 0 ? Double(spent[stage.rawValue]) * 1e-6 / Double(count) : nil
        }
    }
}

/// Told of each frame worked on, by the worker: must not keep it waiting.
///
/// `frame` is its number, `taken` when it was taken, in nanoseconds of the monotonic clock.
package typealias StageWatcher = @Sendable (_ frame: Int, _ taken: UInt64, _ clock: StageClock) -> Void
