import NeuralNetwork

/// Why a run ended before its last epoch.
package enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The loss is no number any more; the last good checkpoint is left as it was.
    case lossIsNotFinite(epoch: Int, step: Int)
    /// A library that training takes can't be loaded: why, and what to install.
    case missingLibrary(reason: String)
    /// There are no images to train on or to validate with.
    case noImages(of: String)
    /// There are images to train on, but options leave each without a weight.
    case nothingCounts
    /// A checkpoint was made by another run: what differs.
    case otherRun(path: String, reason: String)
    /// Two processes that are to train together were given different things: what differs.
    case otherRank(Int, reason: String)
    /// A batch has too few images for all processes to have a pair each.
    case smallBatch(images: Int, ranks: Int)

    /// Loads the libraries that a network is trained with.
    ///
    /// - Throws: ``missingLibrary(reason:)``.
    package static func loadLibraries() throws(TrainingError) {
        if let reason = BLAS.missing { throw .missingLibrary(reason: reason) }
    }

    /// One line: what, where, what to do.
    package var description: String {
        switch self {
        case .lossIsNotFinite(let epoch, let step):
            "the loss is no number any more (epoch \(epoch), step \(step)): the last checkpoint is kept; "
                + "try a lower --learning-rate"
        case .missingLibrary(let reason): reason
        case .noImages(let part): "no images for \(part)"
        case .nothingCounts:
            "no image counts in training: --data-weight, --data-label or --class-weights are 0 for each"
        case .otherRun(let path, let reason):
            "\(path): the checkpoint of another run: \(reason); give another --output"
        case .otherRank(let rank, let reason):
            "rank \(rank) is to train something else than rank 0: \(reason) (there: on rank \(rank))"
        case .smallBatch(let images, let ranks):
            "--batch \(images) is too small for \(ranks) ranks: give \(2 * ranks) at least"
        }
    }
}
