import EmotionRecognition
import Foundation
import System

/// What networks trained before say of each training image: targets beside the labels (knowledge distillation, Hinton
/// et al., 2015), which tell a network what else a face may show, and spare it what is wrong among the labels.
///
/// Each image is shown several times, a little varied and mirrored, and the answers of all networks are averaged: a
/// student learns in one look what its teachers see in many.
package struct Teacher: Sendable {
    /// Distributions one image after another, `[count · classes]`, for each head that the teachers have.
    let answers: [Head: [Float]]

    /// A number that tells teachers apart: FNV-1a over their answers.
    var fingerprint: String {
        var hash = FNV1a()
        for head in Head.allCases {
            for value in answers[head] ?? [] { hash.add(UInt64(value.bitPattern)) }
        }
        return String(hash.value, radix: 16)
    }

    /// Whether a label is what the teachers call an image first, by the first head that they have.
    func isRight(about label: Int, of index: Int) -> Bool {
        for head in Head.allCases {
            guard let answers = answers[head] else { continue }
            let row = answers[index * head.classes..<(index + 1) * head.classes].prefix(7)
            guard let most = row.max() else { continue }
            return row[row.startIndex + label] == most
        }
        return true
    }

    /// The same teacher with answers for a combined head, where it has none: those of FER2013's head, without what label
    /// smoothing spread, by a share, and those of FER+'s, without contempt, by the rest.
    package func combined(labelShare: Float, labelSmoothing: Float) -> Teacher {
        guard answers[.combined] == nil, let labels = answers[.fer2013], let votes = answers[.ferplus]
        else { return self }
        let (emotions, classes) = (Head.combined.classes, Head.ferplus.classes)
        var combined = [Float](repeating: 0, count: labels.count)
        for index in 0..<labels.count / emotions {
            var logs = SIMD8<Float>(repeating: -.infinity)
            var voted: Float = 0
            for place in 0..<emotions {
                logs[place] = log(max(1e-9, labels[index * emotions + place]))
                voted += votes[index * classes + place]
            }
            Posterior.takeBack(labelSmoothing, from: &logs)
            for place in 0..<emotions {
                combined[index * emotions + place] =
                    labelShare * exp(logs[place])
                    + (1 - labelShare) * votes[index * classes + place] / max(1e-9, voted)
            }
        }
        return Teacher(answers: answers.merging([.combined: combined]) { own, _ in own })
    }

    /// Moves a target toward what the teachers said of its image.
    ///
    /// - Returns: False where they don't have this head, with the target as it was.
    func blend(
        _ target: inout MutableSpan<Float>, of index: Int, head: Head, share: Float
    ) -> Bool {
        guard let answers = answers[head] else { return false }
        for place in 0..<head.classes {
            target[place] = (1 - share) * target[place] + share * answers[index * head.classes + place]
        }
        return true
    }
}
