import FaceDetection
import Imaging

/// A scan of the whole picture cut into pieces, one or two of which a frame has time for: each costs about as much, some
/// two fifths of a scan for upright faces.
package struct ScanPieces {
    /// A piece: what is to be searched, and how.
    package enum Piece: Equatable {
        /// Faces of some sizes, in one half of the picture or all of it.
        case scan(DetectionParameters, Half?)
        /// Faces that a scan can't see.
        case wide(WideSearch.Part, WideSearch.Sizes)
    }

    /// One half of a picture, and as much of the other as a face reaches into it.
    package enum Half {
        case first, second

        /// The part of a picture that holds every face of at most this side on one side of its middle.
        package func region(of image: GrayImage, largestFace: Int?) -> Rectangle {
            let isWide = image.width >= image.height
            let length = isWide ? image.width : image.height
            // A tenth more: windows about a face count, too.
            let reach = min(length, (largestFace ?? length) * 11 / 10)
            let side = (length + reach + 1) / 2
            let start = self == .first ? 0 : length - side
            return isWide
                ? Rectangle(x: start, y: 0, width: side, height: image.height)
                : Rectangle(x: 0, y: start, width: image.width, height: side)
        }
    }

    /// Multiples of the smallest size. The work at a size falls with its square. They overlap by two steps of scale, so
    /// that each face has all its neighbouring windows in one.
    private static let slices: [(from: Double, to: Double?)] = [(1, 1.48), (1.22, 2.1), (1.73, nil)]

    /// What stands at a place of a round.
    private enum Place {
        case upright(slice: Int, Half?)
        /// One of the pieces beyond upright faces, each in its turn.
        case beyond
        /// The same while nobody is followed; else a rest. A head is seldom tilted, or turned aside, from its first to
        /// its last frame.
        case beyondAlone
    }

    /// A round: all upright faces, the smallest in two halves.
    private static let round: [Place] = [
        .upright(slice: 0, .first), .beyond, .upright(slice: 0, .second), .upright(slice: 1, nil),
        .beyondAlone, .upright(slice: 2, nil), .beyond,
    ]
    private static let beyondCount = 4 * slices.count

    private var place = 0
    private var beyond = 0

    /// Begins with the first round.
    package init() {}

    /// The next piece in turn, or nil for a rest.
    package mutating func next(for parameters: DetectionParameters, isAlone: Bool) -> Piece? {
        let now = Self.round[place % Self.round.count]
        place = (place + 1) % Self.round.count
        switch now {
        case .upright(let slice, let half):
            var sized = Self.sized(parameters, slice)
            sized.findsTilted = false
            return .scan(sized, half)
        case .beyondAlone where !isAlone: return nil
        case .beyond, .beyondAlone: return nextBeyond(parameters, isAlone: isAlone)
        }
    }

    private mutating func nextBeyond(_ parameters: DetectionParameters, isAlone: Bool) -> Piece {
        if !parameters.findsTilted, beyond % 2 == 0 { beyond += 1 }
        let (turn, kind) = (beyond / 4 % Self.slices.count, beyond % 4)
        beyond = (beyond + 1) % Self.beyondCount
        var tilted = Self.sized(parameters, turn)
        tilted.onlyTilt = kind == 0 ? .left : .right
        let parts = WideSearch.Part.allCases
        // Who comes alone may not stay for long: all sizes at once, so that each part's turn comes twice as soon.
        return switch kind {
        case 1 where isAlone: .wide(parts[2 * turn % parts.count], .all)
        case 3 where isAlone: .wide(parts[(2 * turn + 1) % parts.count], .all)
        case 1: .wide(parts[turn % parts.count], .small)
        case 3: .wide(parts[turn % parts.count], .large)
        default: .scan(tilted, nil)
        }
    }

    private static func sized(_ parameters: DetectionParameters, _ slice: Int) -> DetectionParameters {
        let smallest = Double(max(parameters.minSize, 20))
        var sized = parameters
        sized.minSize = Int(smallest * slices[slice].from)
        if let to = slices[slice].to { sized.maxSize = min(parameters.maxSize ?? .max, Int(smallest * to)) }
        return sized
    }
}
