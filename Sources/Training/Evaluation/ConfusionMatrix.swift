import EmotionRecognition
import Faces

/// How often faces of each label were called each emotion.
package struct ConfusionMatrix: Sendable, Equatable {
    /// `counts[label][answer]`, both in the order of ``Emotion``.
    package private(set) var counts: [[Int]]
    /// Faces of each label that were not found, and so not called anything: each counts as wrong.
    package private(set) var missed: [Int]

    /// A matrix of zeros.
    package init() {
        let classes = Emotion.allCases.count
        counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        missed = Array(repeating: 0, count: classes)
    }

    /// Counts faces: what each is labelled, and what it was called.
    package init(labels: [Int], answers: [Int]) {
        self.init()
        for (label, answer) in zip(labels, answers) { add(label: label, answer: answer) }
    }

    /// Counts one face; one whose label or answer is none of the seven is left out.
    package mutating func add(label: Int, answer: Int) {
        guard counts.indices.contains(label), counts.indices.contains(answer) else { return }
        counts[label][answer] += 1
    }

    /// Counts a face that was not found; one whose label is none of the seven is left out.
    package mutating func addMissed(label: Int) {
        guard missed.indices.contains(label) else { return }
        missed[label] += 1
    }

    /// All faces, those that were not found among them.
    package var count: Int { counts.reduce(missedCount) { $0 + $1.reduce(0, +) } }

    /// Faces that were not found.
    package var missedCount: Int { missed.reduce(0, +) }

    /// Faces called what they are labelled.
    package var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// The share of faces called what they are labelled; 0 where there are none.
    package var accuracy: Double { Self.share(correct, of: count) }

    /// Faces labelled an emotion.
    package func support(_ emotion: Emotion) -> Int {
        counts[emotion.rawValue].reduce(missed[emotion.rawValue], +)
    }

    /// Faces called an emotion.
    package func called(_ emotion: Emotion) -> Int { counts.reduce(0) { $0 + $1[emotion.rawValue] } }

    /// The share of the faces labelled an emotion that was called so; 0 where there are none.
    package func recall(_ emotion: Emotion) -> Double { Self.share(hits(emotion), of: support(emotion)) }

    /// The share of the faces called an emotion that is labelled so; 0 where there are none.
    package func precision(_ emotion: Emotion) -> Double { Self.share(hits(emotion), of: called(emotion)) }

    /// The harmonic mean of precision and recall.
    package func f1(_ emotion: Emotion) -> Double {
        Self.share(2 * hits(emotion), of: support(emotion) + called(emotion))
    }

    /// The mean of ``f1(_:)`` over the emotions that any face is labelled.
    package var macroF1: Double {
        let present = Emotion.allCases.filter { support($0) > 0 }
        guard !present.isEmpty else { return 0 }
        return present.reduce(0) { $0 + f1($1) } / Double(present.count)
    }

    /// The mean of ``recall(_:)`` over the emotions that any face is labelled.
    package var meanRecall: Double {
        let present = Emotion.allCases.filter { support($0) > 0 }
        guard !present.isEmpty else { return 0 }
        return present.reduce(0) { $0 + recall($1) } / Double(present.count)
    }

    private func hits(_ emotion: Emotion) -> Int { counts[emotion.rawValue][emotion.rawValue] }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
