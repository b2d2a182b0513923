import Imaging
import System

/// A source whose picture is turned or flipped on its way, for cameras that hang on their side.
///
/// Frames come as `rgb24`. Broken frames are passed over here, as they can't be turned, and told as trouble.
final class TurnedSource: RecoverableSource, Sendable {
    private let source: any FrameSource
    private let turn: FrameTurn
    private let work = Guarded(Work())

    /// What turning takes; of one thread at a time.
    private struct Work {
        let decoder = FrameDecoder()
        var inner = Frame()
        var image = ColorImage()
        var changes: [SourceChange] = []
        var isTroubled = false
    }

    /// Turns each picture of a source.
    init(_ source: any FrameSource, _ turn: FrameTurn) {
        self.source = source
        self.turn = turn
    }

    var name: String { source.name }
    var width: Int { turn.swapsSides ? source.height : source.width }
    var height: Int { turn.swapsSides ? source.width : source.height }
    var frameRate: Double? { source.frameRate }
    var givesStills: Bool { source.givesStills }
    var leavesOutColors: Bool { source.leavesOutColors }
    var canComeBack: Bool { (source as? any RecoverableSource)?.canComeBack ?? false }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        try work.withLock { work throws(CaptureError) in
            while try source.next(into: &work.inner) {
                do throws(CaptureError) {
                    try work.decoder.color(of: work.inner, into: &work.image)
                } catch {
                    if !work.isTroubled { work.changes.append(.troubled(reason: error.reason)) }
                    work.isTroubled = true
                    continue
                }
                if work.isTroubled { work.changes.append(.recovered) }
                work.isTroubled = false
                fill(&frame, from: work.image, of: work.inner)
                return true
            }
            return false
        }
    }

    func cancel() { source.cancel() }

    func reopen() throws(CaptureError) {
        guard let source = source as? any RecoverableSource else { return }
        try source.reopen()
    }

    func takeChange() -> SourceChange? {
        work.withLock { $0.changes.isEmpty ? source.takeChange() : $0.changes.removeFirst() }
    }

    private func fill(_ frame: inout Frame, from image: ColorImage, of inner: Frame) {
        (frame.number, frame.monotonicTime, frame.sourceTime) =
            (inner.number, inner.monotonicTime, inner.sourceTime)
        let (columns, rows) = (image.width, image.height)
        frame.width = turn.swapsSides ? rows : columns
        frame.height = turn.swapsSides ? columns : rows
        frame.format = .rgb24
        frame.encoding = .jpeg
        frame.bytesPerRow = frame.width * 3
        frame.setByteCount(frame.width * frame.height * 3)
        // Where the first pixel of the result stands in the picture, and how far it is to the next one and row.
        let walk = turn.walk(columns: columns, rows: rows)
        let (width, height) = (frame.width, frame.height)
        image.pixels.withUnsafeBufferPointer { source in
            frame.bytes.withUnsafeMutableBufferPointer { target in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                var put = target
                for y in 0..<height {
                    var at = walk.start + y * walk.row
                    for _ in 0..<width {
                        let pixel = source + 3 * at
                        put[0] = pixel[0]
                        put[1] = pixel[1]
                        put[2] = pixel[2]
                        put += 3
                        at += walk.column
                    }
                }
            }
        }
    }
}

extension FrameTurn {
    /// True where columns become rows.
    var swapsSides: Bool { clockwise == 90 || clockwise == 270 }

    /// How the turned picture is read from one of so many columns and rows: the place of its first pixel, and the
    /// steps from one pixel to the next and from one row to the next.
    func walk(columns: Int, rows: Int) -> (start: Int, column: Int, row: Int) {
        var (start, column, row): (Int, Int, Int) =
            switch clockwise {
            case 90: ((rows - 1) * columns, -columns, 1)
            case 180: (rows * columns - 1, -1, -columns)
            case 270: (columns - 1, columns, -1)
            default: (0, 1, columns)
            }
        if isFlipped {
            let width = swapsSides ? rows : columns
            start += (width - 1) * column
            column = -column
        }
        return (start, column, row)
    }
}
