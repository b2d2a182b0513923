import Glibc
import Imaging

/// Where a face is and how it moves: an alpha-beta filter (a steady-state Kalman filter for constant velocity) on the
/// centre of its box, and an exponential one on its size. Pixels and seconds.
struct FaceMotion: Sendable, Equatable {
    /// How fast the filter follows a detection.
    private static let response = 0.06
    /// How long a face that is not seen is believed to keep its velocity.
    private static let coasting = 0.25

    private(set) var centerX: Double
    private(set) var centerY: Double
    private(set) var width: Double
    private(set) var height: Double
    private(set) var velocityX = 0.0
    private(set) var velocityY = 0.0

    init(_ box: Rectangle) {
        centerX = Double(box.x) + Double(box.width) / 2
        centerY = Double(box.y) + Double(box.height) / 2
        width = Double(box.width)
        height = Double(box.height)
    }

    /// The same face `seconds` later, moved by its fading velocity.
    func predicted(after seconds: Double) -> FaceMotion {
        var later = self
        let way = Self.coasting * (1 - exp(-max(0, seconds) / Self.coasting))
        later.centerX += velocityX * way
        later.centerY += velocityY * way
        return later
    }

    /// Takes in a detection `seconds` after the last one.
    mutating func update(_ box: Rectangle, after seconds: Double) {
        let seen = FaceMotion(box)
        guard seconds > 0 else {
            centerX = seen.centerX
            centerY = seen.centerY
            width = seen.width
            height = seen.height
            return
        }
        let expected = predicted(after: seconds)
        let alpha = 1 - exp(-seconds / Self.response)
        // Critically damped for this alpha (Benedict and Bordner, 1962).
        let beta = alpha * alpha / (2 - alpha)
        let errorX = seen.centerX - expected.centerX
        let errorY = seen.centerY - expected.centerY
        centerX = expected.centerX + alpha * errorX
        centerY = expected.centerY + alpha * errorY
        velocityX += beta * errorX / seconds
        velocityY += beta * errorY / seconds
        width += alpha * (seen.width - width)
        height += alpha * (seen.height - height)
    }

    /// The box in whole pixels.
    var box: Rectangle {
        Rectangle(
            x: Self.pixel(centerX - width / 2), y: Self.pixel(centerY - height / 2),
            width: Self.pixel(width), height: Self.pixel(height))
    }

    private static func pixel(_ value: Double) -> Int {
        Int(max(-1e6, min(1e6, value.isFinite ? value : 0)).rounded())
    }
}

/// Seconds between two times in nanoseconds; 0 where the second is not the later one.
func seconds(from earlier: UInt64, to later: UInt64) -> Double {
    later > earlier ? Double(later - earlier) * 1e-9 : 0
}
