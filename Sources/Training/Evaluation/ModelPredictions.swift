import EmotionRecognition
import Faces
import Foundation
import Imaging
import NeuralNetwork
import System

/// Which of a model's answers is judged.
package enum JudgedHead: String, CaseIterable, Sendable {
    /// The first head alone, trained on FER2013's labels.
    case fer2013
    /// The second head alone, trained on FER+'s votes; contempt is left out.
    case ferplus
    /// The head that learned from labels, votes and photographs alike, where the model has it.
    case combined
    /// All heads together, as `raut run` shows them.
    case joined
}

/// A model's answers for each face of a data set, by each head.
package struct ModelPredictions: Sendable {
    private var answers: [JudgedHead: [EmotionProbabilities]] = [:]

    /// The answers of one head, in the order of the faces; nil where the model has none such.
    package subscript(head: JudgedHead) -> [EmotionProbabilities]? { answers[head] }

    /// The mean of several models' answers for the same faces, head by head, over those that have the head.
    package init(meanOf models: [ModelPredictions]) {
        for kind in JudgedHead.allCases {
            let lists = models.compactMap { $0.answers[kind] }
            guard let first = lists.first else { continue }
            answers[kind] = first.indices.map { index in
                let sum = lists.reduce(SIMD8<Float>()) { $0 + $1[index].lanes }
                return EmotionProbabilities(lanes: sum / Float(lists.count))
            }
        }
    }

    /// Asks a model for each face.
    ///
    /// - Parameters:
    ///   - recognizer: The model.
    ///   - data: The faces.
    ///   - looks: How often each face is looked at.
    ///   - mirrored: Whether each face is shown mirrored as well and the two answers are averaged.
    ///   - threads: Threads that share the faces.
    ///   - shouldStop: Asked now and then.
    ///   - onProgress: Told now and then which part is done, 0 to 1.
    /// - Throws: ``Stopped``.
    package init(
        _ recognizer: EmotionRecognizer, on data: FaceDataSet, looks: PictureLooks = .one, mirrored: Bool,
        threads: Int,
        shouldStop: () -> Bool = { false }, onProgress: (Double) -> Void = { _ in }
    ) throws(Stopped) {
        let heads = recognizer.configuration.heads
        var kinds: [(kind: JudgedHead, head: Int?)] = [(.joined, nil)]
        for (place, head) in heads.enumerated() {
            if let kind = JudgedHead(rawValue: head.rawValue) { kinds.append((kind, place)) }
        }
        for (kind, _) in kinds { answers[kind] = Array(repeating: .uniform, count: data.count) }
        let pool = ThreadPool(threads: threads)
        // Small enough that the end is heard, large enough that threads seldom wait for each other.
        let turn = 128 * pool.threads
        for start in stride(from: 0, to: data.count, by: turn) {
            guard !shouldStop() else { throw Stopped() }
            let count = min(turn, data.count - start)
            let results = PartialResults(count: pool.threads)
            pool.split(count) { thread, part in
                let faces = start + part.lowerBound..<start + part.upperBound
                results.set(
                    Self.answers(
                        of: recognizer, kinds.map(\.head), on: data, faces, looks, mirrored: mirrored),
                    of: thread)
            }
            for thread in 0..<pool.threads {
                let part = pool.part(thread, of: count)
                guard !part.isEmpty else { continue }
                for (place, (kind, _)) in kinds.enumerated() {
                    answers[kind]?.replaceSubrange(
                        start + part.lowerBound..<start + part.upperBound, with: results.of(thread)[place])
                }
            }
            onProgress(Double(start + count) / Double(data.count))
        }
    }

    /// The answers about some faces by each of several heads; nil stands for all heads together.
    private static func answers(
        of recognizer: EmotionRecognizer, _ heads: [Int?], on data: FaceDataSet, _ faces: Range<Int>,
        _ looks: PictureLooks, mirrored: Bool
    ) -> [[EmotionProbabilities]] {
        let (alone, joined) = (Posterior(), recognizer.posterior)
        var face = GrayImage(width: NetworkConfiguration.side, height: NetworkConfiguration.side)
        var found: [[EmotionProbabilities]] = heads.map { _ in [] }
        for index in faces {
            data.copyImage(index, into: &face)
            let logits = recognizer.logits(face, looks: looks)
            let other = mirrored ? recognizer.logits(face, mirrored: true) : nil
            for (place, head) in heads.enumerated() {
                func answer(_ logits: [[Float]]) -> EmotionProbabilities {
                    head.map { alone.probabilities([logits[$0]]) }
                        ?? joined.probabilities(logits)
                }
                var lanes = answer(logits).lanes
                if let other { lanes = (lanes + answer(other).lanes) / 2 }
                found[place].append(EmotionProbabilities(lanes: lanes))
            }
        }
        return found
    }
}

/// What each thread found, kept until all are done.
private final class PartialResults: Sendable {
    private let values: Guarded<[[[EmotionProbabilities]]]>

    init(count: Int) { values = Guarded(Array(repeating: [], count: count)) }

    func set(_ value: [[EmotionProbabilities]], of thread: Int) { values.withLock { $0[thread] = value } }

    func of(_ thread: Int) -> [[EmotionProbabilities]] { values.withLock { $0[thread] } }
}

extension FaceDataSet {
    /// Copies one face into an image of 48×48.
    package func copyImage(_ index: Int, into image: inout GrayImage) {
        let side = NetworkConfiguration.side
        image.setSize(width: side, height: side)
        image.pixels.replaceSubrange(0..<Self.pixelsPerImage, with: pixels(of: index))
    }
}
