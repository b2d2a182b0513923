import EmotionRecognition
import Faces

/// The parts into which FER2013 comes split.
package enum Usage: String, CaseIterable, Sendable {
    /// 28,709 images to train on.
    case training = "Training"
    /// 3,589 images to choose by.
    case publicTest = "PublicTest"
    /// 3,589 images to report.
    case privateTest = "PrivateTest"
}

/// What ten people called a face (FER+, Barsoum et al., 2016).
package struct FERPlusVotes: Sendable, Equatable {
    /// Votes for FER2013's seven labels in their order, then contempt, unknown, and not a face.
    package var counts: [UInt8]

    /// Takes ten counts.
    package init(counts: [UInt8]) { self.counts = counts }

    /// Nobody voted: the face is none of FER+'s.
    package static let none = FERPlusVotes(counts: [UInt8](repeating: 0, count: 10))
}

/// Faces of 48×48 grey pixels with their labels, all in memory.
package struct FaceDataSet: Sendable {
    /// Pixels of an image.
    package static let pixelsPerImage = 48 * 48
    /// Grey levels in which the images lie: this set's, or those of the larger one that it was taken from.
    private(set) var memory: [UInt8] = []
    /// Which image of the memory each one is; nil where they lie there in order, and nothing else does.
    private var places: [Int]?
    /// A label an image, 0 to 6 in the order of ``Emotion``.
    package var labels: [Int] = []
    /// Which part each image belongs to.
    package var usages: [Usage] = []
    /// FER+'s votes, one an image, ``FERPlusVotes/none`` for a face that nobody voted on, or nil where none were read.
    package var votes: [FERPlusVotes]?
    /// Which source each image comes from, counted from 0; empty where all come from the first.
    private(set) var sources: [Int] = []
    /// What lies around the faces that were found in photographs.
    private(set) var surroundings = FaceSurroundings()

    /// An empty set.
    package init() {}

    /// The number of images.
    package var count: Int { labels.count }

    /// Grey levels, image after image, row by row: copied where the memory is another set's, too.
    package var pixels: [UInt8] {
        get { places.map { $0.flatMap { memory[Self.range(ofImage: $0)] } } ?? memory }
        set { (memory, places) = (newValue, nil) }
    }

    /// Where an image begins in the memory.
    func place(of index: Int) -> Int { (places?[index] ?? index) * Self.pixelsPerImage }

    /// An image's grey levels, row by row.
    package func pixels(of index: Int) -> ArraySlice<UInt8> {
        memory[Self.range(ofImage: places?[index] ?? index)]
    }

    private static func range(ofImage place: Int) -> Range<Int> {
        place * pixelsPerImage..<(place + 1) * pixelsPerImage
    }

    /// The source of an image, counted from 0.
    package func source(of index: Int) -> Int { index < sources.count ? sources[index] : 0 }

    /// Whether any face has FER+'s votes.
    package var hasVotes: Bool { votes?.contains { $0 != .none } ?? false }

    /// Adds the images of another set, all as those of one source.
    package mutating func append(_ other: FaceDataSet, source: Int) {
        if votes != nil || other.votes != nil {
            votes = (votes ?? Array(repeating: .none, count: count))
            votes? += other.votes ?? Array(repeating: .none, count: other.count)
        }
        if !sources.isEmpty || source > 0 {
            sources += Array(repeating: 0, count: count - sources.count)
            sources += Array(repeating: source, count: other.count)
        }
        surroundings.append(other.surroundings, at: count)
        if memory.isEmpty {
            (memory, places) = (other.memory, other.places)
        } else {
            ownMemory()
            for index in 0..<other.count { memory += other.pixels(of: index) }
        }
        labels += other.labels
        usages += other.usages
    }

    /// Adds an image without votes; `image` has ``pixelsPerImage`` grey levels.
    mutating func append(image: some Collection<UInt8>, label: Int, usage: Usage) {
        precondition(image.count == Self.pixelsPerImage)
        ownMemory()
        memory += image
        labels.append(label)
        usages.append(usage)
    }

    /// Makes room for so many images at once.
    mutating func reserve(_ count: Int) { memory.reserveCapacity(count * Self.pixelsPerImage) }

    /// Lays the images in order into memory of their own, behind which others can follow.
    private mutating func ownMemory() {
        if places != nil { pixels = pixels }
    }

    /// Adds a face that was found in a photograph, by what lies around it.
    mutating func append(_ wide: [UInt8], label: Int, usage: Usage) {
        surroundings.append(wide, at: count)
        append(image: FaceSurroundings.face(in: wide), label: label, usage: usage)
        if votes != nil { votes?.append(.none) }
    }

    /// Gives the last image the source of another one.
    mutating func copySource(of index: Int) {
        guard !sources.isEmpty else { return }
        sources.append(source(of: index))
    }

    /// The images at some indices, in that order; their pixels are shared.
    package func subset(_ indices: [Int]) -> FaceDataSet {
        var result = FaceDataSet()
        result.memory = memory
        result.places = indices.map { places?[$0] ?? $0 }
        result.labels = indices.map { labels[$0] }
        result.usages = indices.map { usages[$0] }
        result.votes = votes.map { votes in indices.map { votes[$0] } }
        if !sources.isEmpty { result.sources = indices.map { source(of: $0) } }
        result.surroundings = surroundings.subset(indices)
        return result
    }

    /// The images of one part.
    package func part(_ usage: Usage) -> FaceDataSet { subset((0..<count).filter { usages[$0] == usage }) }

    /// Fills eight values with an image's FER+ votes as a distribution: those of a single voter are dropped, unknown
    /// and no-face left out. A face that nobody voted on gets what its source makes of its label.
    ///
    /// - Returns: How much the target counts; 0 where nothing is left, with the values set to 0.
    func setVotesTarget(
        _ index: Int, _ source: SourceTargets, into row: inout MutableSpan<Float>
    ) -> Float {
        for place in 0..<8 { row[place] = 0 }
        guard let counts = votes?[index].counts, counts.contains(where: { $0 > 0 }) else {
            source.setVotesTarget(labels[index], into: &row)
            return source.votesWeight
        }
        var sum: Float = 0
        for place in 0..<8 where counts[place] > 1 {
            row[place] = Float(counts[place])
            sum += row[place]
        }
        guard sum > 0 else { return 0 }
        for place in 0..<8 { row[place] /= sum }
        return 1
    }

    /// Sets an image's distribution over the seven emotions, `[7]`, by all that is known of it: its label by a share and
    /// its votes, contempt left out, by the rest; its label alone where nobody voted.
    func setCombinedTarget(_ index: Int, labelShare: Float, into row: inout MutableSpan<Float>) {
        let emotions = Emotion.allCases.count
        for place in 0..<emotions { row[place] = 0 }
        row[labels[index]] = 1
        guard let counts = votes?[index].counts, labelShare < 1 else { return }
        let sum = counts.prefix(emotions).reduce(Float(0)) { $0 + ($1 > 1 ? Float($1) : 0) }
        guard sum > 0 else { return }
        row[labels[index]] = labelShare
        for place in 0..<emotions where counts[place] > 1 {
            row[place] += (1 - labelShare) * Float(counts[place]) / sum
        }
    }
}
