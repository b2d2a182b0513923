import NeuralNetwork

/// A data set parted and balanced for a run.
package struct TrainingData: Sendable {
    /// All faces.
    package let all: FaceDataSet
    /// Which of them belong to each part.
    package let parts: (training: [Int], validation: [Int], test: [Int])
    /// The faces trained on, before balancing.
    package let unbalanced: FaceDataSet
    /// The faces trained on.
    package let training: FaceDataSet
    /// The faces that each epoch is judged by.
    package let validation: FaceDataSet
    /// What each face's loss is multiplied by, a factor a class, or nil.
    package let classWeights: [Float]?

    /// Parts a data set and balances its training images; the same for the same seed.
    ///
    /// - Parameters:
    ///   - path: The data's file, named in errors.
    ///   - keptSources: Sources whose faces stay in the parts they are in, such as folders parted by people.
    ///   - needsEveryClass: Whether each emotion must be among the training images.
    /// - Throws: ``DataError`` where a class has no training image, ``TrainingError/noImages(of:)`` where a part is
    ///   empty.
    package init(
        _ data: FaceDataSet, path: String, split: Split, balance: Balance, keptSources: Set<Int> = [],
        needsEveryClass: Bool = true, seed: UInt64, threads: Int
    ) throws {
        all = data
        parts = split.parts(of: data, keepingThoseOf: keptSources, seed: seed)
        unbalanced = data.subset(parts.training)
        validation = data.subset(parts.validation)
        for (name, part) in [
            ("training", parts.training), ("validation", parts.validation), ("test", parts.test),
        ] where part.isEmpty {
            let remedy = split == .official ? "; --split grouped parts anew what is there" : ""
            throw TrainingError.noImages(of: "\(name) in \(path)\(remedy)")
        }
        if needsEveryClass { try unbalanced.requireEveryClass(of: "training", path: path) }
        training = balance.apply(to: unbalanced, seed: seed, pool: ThreadPool(threads: threads))
        classWeights = balance.classWeights(of: unbalanced)
    }
}
