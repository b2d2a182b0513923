import Faces
import EmotionRecognition

/// What a run gained and lost against the model that it began at, on faces of one source that it was not trained on.
package struct Gain: Sendable, Equatable {
    /// The source's number.
    package let source: Int
    /// Which part of it was judged.
    package let usage: Usage
    /// Faces judged.
    package let count: Int
    /// The share that the model named rightly before, by all heads together.
    package let before: Double
    /// The share that it names rightly now.
    package let after: Double
    /// Faces that only the model that came of it names rightly.
    package let won: Int
    /// Faces that only the model before named rightly.
    package let lost: Int

    /// Whether faces chosen by chance from many that both models name alike would differ as much once in twenty times:
    /// McNemar's test (1947), by the normal approximation.
    package var mayBeChance: Bool {
        let difference = Double(abs(won - lost))
        return difference * difference < 3.84 * Double(won + lost) || won + lost < 4
    }

    /// Judges both models on each source's parts, PublicTest of tables and the test part of folders, where it has such.
    ///
    /// - Parameters:
    ///   - before: The model that the run began at.
    ///   - after: The model that came of it.
    ///   - data: The sources, and all their faces as they are parted.
    ///   - parts: Validation and test images.
    package static func list(
        from before: EmotionRecognizer, to after: EmotionRecognizer, on sources: DataSources,
        parts: (training: [Int], validation: [Int], test: [Int]), threads: Int
    ) throws -> [Gain] {
        try sources.sources.indices.compactMap { number in
            let isFolder = sources.sources[number].isFolder
            let indices = (isFolder ? parts.test : parts.validation)
                .filter { sources.faces.source(of: $0) == number }
            guard !indices.isEmpty else { return nil }
            let faces = sources.faces.subset(indices)
            func right(_ model: EmotionRecognizer) throws(Stopped) -> [Bool] {
                let answers = try ModelPredictions(model, on: faces, mirrored: false, threads: threads)
                return zip(answers[.joined] ?? [], faces.labels).map { $0.mostLikely.rawValue == $1 }
            }
            func share(_ right: [Bool]) -> Double { Double(right.count { $0 }) / Double(faces.count) }
            let (old, new) = (try right(before), try right(after))
            return Gain(
                source: number, usage: isFolder ? .privateTest : .publicTest, count: faces.count,
                before: share(old), after: share(new), won: zip(old, new).count { !$0 && $1 },
                lost: zip(old, new).count { $0 && !$1 })
        }
    }
}
