import Drawing
import Faces
import Imaging

/// Made-up scenes, the same ones each time.
struct Scenes {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(state: seed) }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    mutating func number(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &generator)
    }
    mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    mutating func flip() -> Bool { Bool.random(using: &generator) }

    static let sizes = [
        (160, 120, 1.0), (320, 240, 1), (640, 480, 1), (1280, 720, 1), (1920, 1080, 1), (3840, 2160, 2),
    ]

    /// A canvas of a usual size, filled by the picture or not.
    mutating func canvas() -> Canvas {
        let (width, height, density) = Self.sizes[integer(0...Self.sizes.count - 1)]
        let picture = [(640, 480), (1280, 720), (480, 640), (width, height)][integer(0...3)]
        return Canvas(
            width: width, height: height, pictureWidth: picture.0, pictureHeight: picture.1, density: density,
            isMirrored: flip())
    }

    mutating func probabilities() -> EmotionProbabilities {
        var lanes = SIMD8<Float>()
        for index in 0..<7 { lanes[index] = Float(number(0...0.3)) }
        lanes[integer(0...6)] += Float(number(0...2.5))
        return EmotionProbabilities(lanes: lanes).normalized
    }

    /// None to twenty faces: anywhere, at the border, overlapping, tilted, tiny and huge.
    mutating func faces(in width: Int, _ height: Int) -> [DrawnFace] {
        let count = [0, 1, 1, 2, 3, 4, 4, 6, 9, 12, 20][integer(0...10)]
        let typical = number(0.04...0.5) * Double(height)
        return (0..<count).map { number in
            var side = max(4, Int(typical * self.number(0.7...1.4)))
            if integer(0...40) == 0 { side = Int(1.2 * Double(height)) }
            let isAtBorder = integer(0...5) == 0
            let x = isAtBorder ? integer(-side / 2...width - side / 2) : integer(0...max(0, width - side))
            let y = isAtBorder ? integer(-side / 2...height - side / 2) : integer(0...max(0, height - side))
            return DrawnFace(
                number: number, box: Rectangle(x: x, y: y, width: side, height: side),
                tilt: integer(0...3) == 0 ? self.number(-45...45) : 0, probabilities: probabilities())
        }
    }
}
