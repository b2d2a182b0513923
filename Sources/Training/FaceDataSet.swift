import EmotionRecognition

/// The parts into which FER2013 comes split.
public enum Usage: String, CaseIterable, Sendable {
    /// 28,709 images to train on.
    case training = "Training"
    /// 3,589 images to choose by.
    case publicTest = "PublicTest"
    /// 3,589 images to report.
    case privateTest = "PrivateTest"
}

/// What ten people called a face (FER+, Barsoum et al., 2016).
public struct FERPlusVotes: Sendable, Equatable {
    /// Votes for FER2013's seven labels in their order, then contempt, unknown, and not a face.
    public var counts: [UInt8]

    /// Takes ten counts.
    public init(counts: [UInt8]) { self.counts = counts }
}

/// Faces of 48×48 grey pixels with their labels, all in memory.
public struct FaceDataSet: Sendable {
    /// Pixels of an image.
    public static let pixelsPerImage = 48 * 48
    /// Grey levels, image after image, row by row.
    public var pixels: [UInt8] = []
    /// A label an image, 0 to 6 in the order of ``Emotion``.
    public var labels: [Int] = []
    /// Which part each image belongs to.
    public var usages: [Usage] = []
    /// FER+'s votes, one an image, or nil where they were not read.
    public var votes: [FERPlusVotes]?

    /// An empty set.
    public init() {}

    /// The number of images.
    public var count: Int { labels.count }

    /// The images at some indices, in that order.
    public func subset(_ indices: [Int]) -> FaceDataSet {
        var result = FaceDataSet()
        result.pixels.reserveCapacity(indices.count * Self.pixelsPerImage)
        for index in indices {
            result.pixels += pixels[index * Self.pixelsPerImage..<(index + 1) * Self.pixelsPerImage]
            result.labels.append(labels[index])
            result.usages.append(usages[index])
        }
        result.votes = votes.map { votes in indices.map { votes[$0] } }
        return result
    }

    /// The images of one part.
    public func part(_ usage: Usage) -> FaceDataSet { subset((0..<count).filter { usages[$0] == usage }) }

    /// Fills eight values with an image's FER+ votes as a distribution: those of a single voter are dropped, unknown
    /// and no-face left out.
    ///
    /// - Returns: False where nothing is left, with the values set to 0.
    func setVotesTarget(_ index: Int, into row: UnsafeMutablePointer<Float>) -> Bool {
        for place in 0..<8 { row[place] = 0 }
        guard let counts = votes?[index].counts else { return false }
        var sum: Float = 0
        for place in 0..<8 where counts[place] > 1 {
            row[place] = Float(counts[place])
            sum += row[place]
        }
        guard sum > 0 else { return false }
        for place in 0..<8 { row[place] /= sum }
        return true
    }
}
