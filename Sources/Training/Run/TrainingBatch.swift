import EmotionRecognition
import Foundation
import NeuralNetwork

/// One step's images and targets, filled in place from step to step.
package final class TrainingBatch {
    /// `[batch, 1, 48, 48]`, prepared as the network's preprocessing says.
    package let images = Tensor()
    /// One distribution an image for each head, `[batch, classes]`.
    package let targets: [Tensor]
    /// One weight an image for each head; 0 where it has no label there.
    package private(set) var weights: [[Float]]
    /// What is added to the logits of each head, `[batch, classes]`; empty where nothing is.
    package let offsets: [Tensor]
    private let heads: [Head]
    private let sourceOffsets: [[Float]]
    private var scratch: [[Float]]

    /// - Parameter offsets: What is added to the logits of each source's faces, one number an emotion; none where empty.
    package init(heads: [Head], threads: Int, offsets: [[Float]] = []) {
        self.heads = heads
        sourceOffsets = offsets
        self.offsets = offsets.isEmpty ? [] : heads.map { _ in Tensor() }
        targets = heads.map { _ in Tensor() }
        weights = heads.map { _ in [] }
        scratch = (0..<threads).map { _ in [Float](repeating: 0, count: FaceDataSet.pixelsPerImage) }
    }

    /// Takes the images at the indices `once`, each varied by its own random numbers.
    ///
    /// - Parameter looks: How often: all images once, then all again, varied otherwise.
    package func fill(
        _ data: FaceDataSet, _ once: ArraySlice<Int>, options: TrainingOptions, classWeights: [Float]?,
        epoch: Int, looks: Int = 1, teacher: Teacher? = nil, _ execution: Execution
    ) {
        let indices = looks == 1 ? once : Array((0..<looks).map { _ in once }.joined())[...]
        let size = FaceDataSet.pixelsPerImage
        let side = NetworkConfiguration.side
        images.resize([indices.count, side, side, 1])
        setTargets(data, indices, options, classWeights)
        if let votes = options.disputingVotes { leaveOutDisputed(data, indices, votes: votes) }
        setOffsets(data, indices)
        if let teacher { blend(teacher, data, indices, options) }
        let (images, augmentation) = (self.images, options.augmentation(inEpoch: epoch))
        scratch.withUnsafeMutableBufferPointer { rows in
            // Each thread has a row of its own.
            nonisolated(unsafe) let rows = rows
            execution.pool.split(indices.count) { thread, part in
                for place in part {
                    let index = indices[indices.startIndex + place]
                    var random = Xoshiro256StarStar(
                        seed: options.seed, 0xA06 + ((place / once.count) << 12), epoch, index)
                    rows[thread].withUnsafeMutableBufferPointer { pixels in
                        guard let base = pixels.baseAddress else { return }
                        augmentation.apply(data, index, using: &random, into: base)
                        var target = images.mutableSpan(place * size..<(place + 1) * size)
                        options.network.preprocessing.apply(pixels.span, into: &target)
                    }
                }
            }
        }
    }

    /// Takes the images as they are, for evaluation.
    func fillPlain(
        _ data: FaceDataSet, _ indices: Range<Int>, preprocessing: Preprocessing, _ execution: Execution
    ) {
        let size = FaceDataSet.pixelsPerImage
        let side = NetworkConfiguration.side
        images.resize([indices.count, side, side, 1])
        setPlainTargets(data, indices)
        let images = self.images
        var levels = [Float](repeating: 0, count: size)
        for (place, index) in indices.enumerated() {
            for (pixel, level) in data.pixels(of: index).enumerated() { levels[pixel] = Float(level) }
            var target = images.mutableSpan(place * size..<(place + 1) * size)
            preprocessing.apply(levels.span, into: &target)
        }
    }

    /// Mixes each image and its targets with another of the batch: the share is drawn from a beta distribution, the
    /// partner is the image as far from the end as this one is from the start.
    package func mix(alpha: Float, using random: inout Xoshiro256StarStar) {
        let share = Self.beta(alpha, using: &random)
        mix(images, share: share)
        mixTargets(share: share)
    }

    /// Exchanges a rectangle of each image with its partner's, as ``mix(alpha:using:)`` pairs them, and mixes the targets
    /// by its area, of which any part of the image is equally likely before the border cuts it (Yun et al., 2019).
    package func cutMix(using random: inout Xoshiro256StarStar) {
        let (batch, side) = (images.shape[0], NetworkConfiguration.side)
        let cut = min(side, Int((Float(side) * (1 - random.uniform()).squareRoot()).rounded()))
        // Its middle may lie anywhere: what would lie outside the image is not cut.
        let (x, y) = (Int(random.uniform() * Float(side)), Int(random.uniform() * Float(side)))
        let columns = max(0, x - cut / 2)..<min(side, max(0, x - cut / 2 + cut))
        let rows = max(0, y - cut / 2)..<min(side, max(0, y - cut / 2 + cut))
        for image in 0..<batch / 2 {
            let (first, second) = (image * side * side, (batch - 1 - image) * side * side)
            for row in rows {
                for place in row * side + columns.lowerBound..<row * side + columns.upperBound {
                    let own = images[first + place]
                    images[first + place] = images[second + place]
                    images[second + place] = own
                }
            }
        }
        mixTargets(share: 1 - Float(rows.count * columns.count) / Float(side * side))
    }

    private func mix(_ tensor: Tensor, share: Float) {
        let batch = tensor.shape[0]
        let size = tensor.count / batch
        for image in 0..<batch / 2 {
            let other = batch - 1 - image
            var first = tensor.mutableSpan(image * size..<(image + 1) * size)
            var second = tensor.mutableSpan(other * size..<(other + 1) * size)
            for index in 0..<size {
                let (a, b) = (first[unchecked: index], second[unchecked: index])
                first[unchecked: index] = share * a + (1 - share) * b
                second[unchecked: index] = share * b + (1 - share) * a
            }
        }
    }

    /// Mixes the targets of each pair so that the loss of the mixed image is the mean of both images' losses, each by its
    /// share and its own weight: an image that does not count brings no target into the mix.
    private func mixTargets(share: Float) {
        let batch = images.shape[0]
        for offset in offsets { mix(offset, share: share) }
        for (head, target) in targets.enumerated() {
            let classes = heads[head].classes
            for image in 0..<batch / 2 {
                let other = batch - 1 - image
                let (a, b) = (weights[head][image], weights[head][other])
                let (own, their) = (Self.mixed(share, a, b), Self.mixed(share, b, a))
                for place in 0..<classes {
                    let (first, second) = (image * classes + place, other * classes + place)
                    let (x, y) = (target[first], target[second])
                    target[first] = own.share * x + (1 - own.share) * y
                    target[second] = their.share * y + (1 - their.share) * x
                }
                (weights[head][image], weights[head][other]) = (own.weight, their.weight)
            }
        }
    }

    /// The weight of a mix of two images, and the share of the first one's target in it.
    private static func mixed(_ share: Float, _ a: Float, _ b: Float) -> (share: Float, weight: Float) {
        guard a != b else { return (share, a) }
        let weight = share * a + (1 - share) * b
        return (weight > 0 ? min(1, share * a / weight) : share, weight)
    }

    /// Each face's label on FER2013's head, its votes on FER+'s, for evaluation.
    private func setPlainTargets(_ data: FaceDataSet, _ indices: Range<Int>) {
        var options = TrainingOptions(.cnn)
        options.labelSmoothing = 0
        setTargets(data, Array(indices)[...], options, nil)
    }

    private func setTargets(
        _ data: FaceDataSet, _ indices: ArraySlice<Int>, _ options: TrainingOptions, _ classWeights: [Float]?
    ) {
        for (head, kind) in heads.enumerated() {
            let classes = kind.classes
            let target = targets[head]
            target.resize([indices.count, classes])
            target.fill(0)
            weights[head].removeAll(keepingCapacity: true)
            for (place, index) in indices.enumerated() {
                var row = target.mutableSpan(place * classes..<(place + 1) * classes)
                let label = data.labels[index]
                let source = options.targets(of: data.source(of: index))
                var weight = source.weight(of: label)
                switch kind {
                case .fer2013:
                    SoftmaxCrossEntropy.setTarget(
                        label, smoothing: options.labelSmoothing, in: &row)
                    weight *= source.labelWeight * (classWeights?[label] ?? 1)
                    if let factors = options.emotionWeights { weight *= factors[label] }
                case .ferplus:
                    weight *= data.setVotesTarget(index, source, into: &row)
                    if let factors = options.emotionWeights { weight *= Self.mean(factors, row.span) }
                case .combined:
                    data.setCombinedTarget(index, labelShare: options.combinedLabelShare, into: &row)
                    if let factors = options.emotionWeights { weight *= factors[label] }
                }
                weights[head].append(weight)
            }
        }
    }

    private func setOffsets(_ data: FaceDataSet, _ indices: ArraySlice<Int>) {
        for (tensor, head) in zip(offsets, heads) {
            tensor.resize([indices.count, head.classes])
            tensor.fill(0)
            for (place, index) in indices.enumerated() {
                let own = sourceOffsets[min(data.source(of: index), sourceOffsets.count - 1)]
                for emotion in own.indices { tensor[place * head.classes + emotion] = own[emotion] }
            }
        }
    }

    /// The mean of the emotions' factors under a target of FER+'s head, whose eighth class, contempt, has none.
    private static func mean(_ factors: [Float], _ row: Span<Float>) -> Float {
        factors.indices.reduce(row[factors.count]) { $0 + factors[$1] * row[$1] }
    }

    /// Takes away FER2013's label from images on which so many of FER+'s annotators agree on another emotion.
    private func leaveOutDisputed(_ data: FaceDataSet, _ indices: ArraySlice<Int>, votes: Int) {
        guard let head = heads.firstIndex(of: .fer2013), let ballots = data.votes else { return }
        for (place, index) in indices.enumerated() {
            if let agreed = ballots[index].agreed(atLeast: votes), agreed.rawValue != data.labels[index] {
                weights[head][place] = 0
            }
        }
    }

    /// Moves targets toward a teacher's; where an image has no label of its own, the teacher's alone counts, by its
    /// share.
    private func blend(
        _ teacher: Teacher, _ data: FaceDataSet, _ indices: ArraySlice<Int>, _ options: TrainingOptions
    ) {
        for (head, kind) in heads.enumerated() {
            for (place, index) in indices.enumerated() {
                let source = options.targets(of: data.source(of: index))
                let share =
                    teacher.isRight(about: data.labels[index], of: index)
                    ? source.teacherShare : source.wrongTeacherShare
                guard share > 0 else { continue }
                let target = targets[head]
                var row = target.mutableSpan(place * kind.classes..<(place + 1) * kind.classes)
                let isLabelled = weights[head][place] > 0
                if teacher.blend(&row, of: index, head: kind, share: isLabelled ? share : 1), !isLabelled {
                    weights[head][place] = share * source.weight(of: data.labels[index])
                }
            }
        }
    }

    /// A number of the beta distribution with both parameters `alpha`, from two gamma numbers by the method of Jöhnk
    /// (1964), which is exact for parameters up to 1.
    static func beta(_ alpha: Float, using random: inout Xoshiro256StarStar) -> Float {
        guard alpha > 0 else { return 1 }
        while true {
            let x = pow(Double(random.uniform()), 1 / Double(alpha))
            let y = pow(Double(random.uniform()), 1 / Double(alpha))
            if x + y > 0, x + y <= 1 { return Float(x / (x + y)) }
        }
    }
}
