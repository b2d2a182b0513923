import Drawing
import Faces

/// The game: shows an emotion to make, counts those that were made, and takes a photograph of each.
///
/// Times are in seconds, of a clock that doesn't run back; the game depends on nothing else.
package struct Challenge {
    /// What a step of the game asks of its viewer.
    package enum Step: Equatable {
        case nothing
        /// The photograph is to be taken now.
        case photograph
    }

    private enum State {
        case showing(since: Double)
        case counting(until: Double)
        case resting(until: Double)
    }

    package private(set) var view: ChallengeView
    private var state: State?
    private var held = 0.0
    private var last: Double?
    private var order: [Emotion]
    private var place = 0

    /// Seconds for which an emotion must be shown.
    package static let holding = 0.7
    /// Seconds after which another is asked for.
    package static let patience = 20.0
    /// Seconds from an emotion made to its photograph.
    package static let countdown = 3.0
    /// Seconds for which the photograph is looked at.
    package static let rest = 2.0

    /// A game that asks for the emotions in an order, again and again.
    package init(order: [Emotion]) {
        self.order = order.isEmpty ? [.happy] : order
        view = ChallengeView(wanted: self.order[0], progress: 0, score: 0)
    }

    /// True while the photograph is looked at.
    package var isResting: Bool { if case .resting = state { true } else { false } }

    /// Goes on: what the faces in view show at a time.
    package mutating func update(_ faces: [EmotionProbabilities], at now: Double) -> Step {
        // A pause of the picture is no time of the game's.
        let elapsed = last.map { min(0.25, max(0, now - $0)) } ?? 0
        last = now
        switch state ?? .showing(since: now) {
        case .showing(let since):
            let best = faces.map { $0[view.wanted] }.max() ?? 0
            held = best >= EmotionProbabilities.leastSure ? held + elapsed : max(0, held - 2 * elapsed)
            view.progress = min(1, held / Self.holding)
            if held >= Self.holding {
                view.score += 1
                state = .counting(until: now + Self.countdown)
                view.countdown = Int(Self.countdown)
            } else {
                state = .showing(since: since)
                if now - since > Self.patience { ask(now) }
            }
        case .counting(let end):
            view.countdown = max(1, Int((end - now).rounded(.up)))
            state = .counting(until: end)
            guard now >= end else { return .nothing }
            view.countdown = nil
            state = .resting(until: now + Self.rest)
            return .photograph
        case .resting(let end):
            state = .resting(until: end)
            if now >= end { ask(now) }
        }
        return .nothing
    }

    private mutating func ask(_ now: Double) {
        place = (place + 1) % order.count
        view.wanted = order[place]
        view.progress = 0
        held = 0
        state = .showing(since: now)
    }
}
