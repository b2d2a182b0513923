/// One format of a camera at one size.
package struct CameraMode: Equatable, Sendable {
    /// V4L2's four-character code.
    package let format: String
    /// Columns and rows.
    package let size: FrameSize
    /// Frames a second, the highest first; empty where the driver does not say.
    package let rates: [Double]
}

/// Chooses among what a camera offers.
package struct CameraChoice: Equatable {
    /// What to ask the driver for.
    var code: UInt32
    /// The format that the code names.
    package var format: PixelFormat
    /// A size that is offered.
    package var size: FrameSize

    /// One format at one size, as a candidate.
    package struct Candidate: Equatable {
        var code: UInt32
        var format: PixelFormat
        var size: FrameSize
        var rates: [Double]

        /// A format at a size, with the rates that it reaches there, the highest first.
        package init(code: UInt32? = nil, format: PixelFormat, size: FrameSize, rates: [Double]) {
            self.code = code ?? format.code
            self.format = format
            self.size = size
            self.rates = rates
        }
    }

    /// Of the sizes offered the nearest, then the format that reaches the rate, then the cheapest to read.
    package static func best(of candidates: [Candidate], size: FrameSize, rate: Double) -> CameraChoice? {
        func rank(_ candidate: Candidate) -> (Int, Double, Int) {
            let reached = min(candidate.rates.first ?? rate, rate)
            return (
                distance(candidate.size, size), -reached,
                order.firstIndex(of: candidate.format) ?? order.count
            )
        }
        return candidates.min { rank($0) < rank($1) }.map {
            CameraChoice(code: $0.code, format: $0.format, size: $0.size)
        }
    }

    /// The order of preference: formats with luma in a plane of its own, then those that must be decoded,
    /// then those without colours.
    private static let order: [PixelFormat] = [
        .yu12, .nv12, .yuyv, .uyvy, .mjpeg, .rgb24, .bgr24, .gray, .y16,
    ]

    private static func distance(_ one: FrameSize, _ other: FrameSize) -> Int {
        abs(one.width - other.width) + abs(one.height - other.height)
    }
}

extension CameraDevice.Sizes {
    /// The offered size nearest to a wish.
    func nearest(to wish: FrameSize) -> FrameSize? {
        switch self {
        case .list(let sizes):
            return sizes.min {
                abs($0.width - wish.width) + abs($0.height - wish.height)
                    < abs($1.width - wish.width) + abs($1.height - wish.height)
            }
        case .range(let smallest, let largest, let step):
            func side(_ wish: Int, _ low: Int, _ high: Int, _ step: Int) -> Int {
                let clamped = min(max(wish, low), max(low, high))
                return low + (clamped - low) / step * step
            }
            return FrameSize(
                width: side(wish.width, smallest.width, largest.width, step.width),
                height: side(wish.height, smallest.height, largest.height, step.height))
        }
    }

    /// The sizes for a person to read: of a range its ends and the usual ones between.
    var listed: [FrameSize] {
        switch self {
        case .list(let sizes): return sizes
        case .range(let smallest, let largest, _):
            let usual = [(320, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)]
                .map { FrameSize(width: $0.0, height: $0.1) }
                .filter {
                    (smallest.width + 1..<max(smallest.width + 1, largest.width)).contains($0.width)
                        && (smallest.height + 1..<max(smallest.height + 1, largest.height)).contains(
                            $0.height)
                }
            return [smallest] + usual + (largest == smallest ? [] : [largest])
        }
    }
}
