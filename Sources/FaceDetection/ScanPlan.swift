import CKernels
import Imaging

/// What a search of pictures of one size consists of: the scales, how each is made from the picture, and the pieces
/// of work it is split into.
package struct ScanPlan {
    /// What a plan is made for: anything else needs another plan.
    package struct Request: Equatable {
        var width = 0
        var height = 0
        var parameters = DetectionParameters()
        /// Where the picture is a turned one: windows with their middle outside of it are left out.
        var turn: Turn?

        /// The search of a picture of this size that is not turned.
        package init(width: Int, height: Int, parameters: DetectionParameters) {
            (self.width, self.height, self.parameters) = (width, height, parameters)
        }

        init(width: Int, height: Int, parameters: DetectionParameters, turn: Turn?) {
            self.init(width: width, height: height, parameters: parameters)
            self.turn = turn
        }

        init() {}

        package static func == (a: Request, b: Request) -> Bool {
            a.width == b.width && a.height == b.height && a.parameters == b.parameters
        }
    }

    /// A band of one scale's rows of windows: made, summed up and judged by one thread, from nothing but the picture.
    package struct Job {
        package var scale: Int
        package var firstRow: Int
        package var rowCount: Int
    }

    /// One scale and its places in the lists of taps.
    package struct Layer {
        package var scale: ScanScale
        package var columnTaps: Int
        package var rowTaps: Int
    }

    /// A band's tables hold no more entries than this, if one row of windows fits: a picture's size alone must not
    /// decide how much memory is taken.
    private static let maximumEntries = 1 << 20

    package private(set) var request = Request()
    private var scales: [ScanScale] = []
    package private(set) var layers: [Layer] = []
    package private(set) var jobs: [Job] = []
    /// For every place of every side of every scale: the first of two source places, and the second one's share
    /// of 256.
    package private(set) var tapFirsts: [Int32] = []
    package private(set) var tapShares: [UInt16] = []
    /// The stride of the last plan, which is kept where rows fit into it and little of it is wasted.
    private var heldStride = 0
    /// Entries of a row of tables, and rows, that are enough for every band.
    package private(set) var stride = 0
    package private(set) var rows = 0

    /// A plan of no work.
    package init() {}

    /// Makes the plan for another picture or other parameters; does nothing where it is made already.
    package mutating func prepare(for request: Request, window: (width: Int, height: Int)) {
        let isPrepared = request == self.request
        self.request = request
        if isPrepared { return }
        layers.removeAll(keepingCapacity: true)
        jobs.removeAll(keepingCapacity: true)
        tapFirsts.removeAll(keepingCapacity: true)
        tapShares.removeAll(keepingCapacity: true)
        (stride, rows) = (0, 0)
        ScanScale.list(
            width: request.width, height: request.height, window: window, parameters: request.parameters,
            into: &scales)
        guard let largest = scales.first else { return }
        // 16 windows may be read past the last one. An odd multiple of 16 entries keeps the rows of a window from
        // falling into the same places of the cache.
        let least = (largest.width + 1 + 16 + 31) & ~31 | 16
        // A cascade is laid out for a stride, which takes as long as a tenth of a search around a face.
        stride = heldStride >= least && heldStride <= 2 * least ? heldStride : least
        heldStride = stride
        let cost = scales.reduce(0) { $0 + $1.windowCount(window) }
        let share = request.parameters.threads > 1 ? cost / (request.parameters.threads * 8) + 1 : Int.max
        for scale in scales {
            layers.append(Layer(scale: scale, columnTaps: tapFirsts.count, rowTaps: 0))
            appendTaps(source: request.width, target: scale.width)
            layers[layers.count - 1].rowTaps = tapFirsts.count
            appendTaps(source: request.height, target: scale.height)
            appendJobs(scale, index: layers.count - 1, window: window, share: share)
        }
    }

    private mutating func appendJobs(
        _ scale: ScanScale, index: Int, window: (width: Int, height: Int), share: Int
    ) {
        let count = scale.windowRows(window)
        guard count > 0, scale.windowColumns(window) > 0 else { return }
        let room = Self.maximumEntries / stride - window.height - 1
        // Bands overlap by a window, which is made twice; below two windows that would cost more than it brings.
        let most = max(1, room / scale.step)
        let wanted = max(2 * window.height / scale.step, share / max(1, scale.windowColumns(window)))
        let bands = (count + min(most, wanted) - 1) / min(most, wanted)
        for band in 0..<bands {
            let first = count * band / bands
            let next = count * (band + 1) / bands
            jobs.append(Job(scale: index, firstRow: first, rowCount: next - first))
            rows = max(rows, (next - first - 1) * scale.step + window.height + 1)
        }
    }

    /// Taps of OpenCV's `resize` with `INTER_LINEAR_EXACT`: coefficients rounded to 8 bits, so that the rest is whole
    /// numbers and exact in any order.
    private mutating func appendTaps(source: Int, target: Int) {
        let ratio = 1 / (Double(target) / Double(source))
        for index in 0..<target {
            let place = ratio * (Double(index) + 0.5) - 0.5
            let first = Int(place.rounded(.down))
            let isInside = first >= 0 && first < source - 1
            let share = isInside ? ((place - Double(first)) * 256).rounded(.toNearestOrEven) : 0
            tapFirsts.append(Int32(min(max(first, 0), source - 1)))
            tapShares.append(UInt16(share))
        }
        // Kernels take eight at a time.
        for _ in 0..<8 {
            tapFirsts.append(0)
            tapShares.append(0)
        }
    }
}
