import CKernels
import Imaging
import System

/// The memory one thread scans with, kept from picture to picture.
final class ScanScratch {
    private var tables = AlignedBuffer<UInt32>()
    private var blended = AlignedBuffer<UInt16>()
    private var evenPixels = AlignedBuffer<UInt8>()
    private var oddPixels = AlignedBuffer<UInt8>()
    private var normalisation = AlignedBuffer<Float>()
    private var marks = AlignedBuffer<UInt64>()
    private var passing = AlignedBuffer<Int32>()
    private var stride = 0
    private var rows = 0
    private var sourceWidth = 0
    /// The windows found, in the order of the jobs done.
    var found: [Rectangle] = []

    /// Makes room for tables of a plan, and rows of the picture itself. Allocates only to grow.
    func reserve(_ plan: ScanPlan, tilted: Bool) {
        (stride, rows) = (plan.stride, plan.rows)
        sourceWidth = plan.request.width
        // Reading a row's last windows goes up to a vector past its end.
        tables.reserve(stride * rows * (tilted ? 3 : 2) + 64)
        blended.reserve(sourceWidth + 64)
        evenPixels.reserve(stride + 64)
        oddPixels.reserve(stride + 64)
        normalisation.reserve(stride + 64)
        marks.reserve(2 * (stride / 64 + 2))
        passing.reserve(stride + 64)
        found.removeAll(keepingCapacity: true)
    }

    /// Does one job: makes the band smaller, sums it up, judges its windows, and appends those that pass.
    func perform(
        _ job: ScanPlan.Job, of plan: ScanPlan, on source: UnsafePointer<UInt8>, sourceStride: Int,
        layout: CascadeLayout, window: (width: Int, height: Int), kernels: haar_kernels, tilted: Bool
    ) {
        let layer = plan.layers[job.scale]
        let scale = layer.scale
        let entries = stride * rows
        let sums = tables.start
        let table = haar_tables(
            sums: sums, squares: sums + entries, tilted: tilted ? sums + 2 * entries : nil, stride: stride,
            split: scale.step == 2)
        let firstPixel = job.firstRow * scale.step
        let pixelRows = (job.rowCount - 1) * scale.step + window.height
        // The row above the picture: nothing yet.
        for part in 0..<(tilted ? 3 : 2) { (sums + part * entries).update(repeating: 0, count: stride) }
        plan.tapFirsts.withUnsafeBufferPointer { firsts in
            plan.tapShares.withUnsafeBufferPointer { shares in
                guard let first = firsts.baseAddress, let share = shares.baseAddress else { return }
                let columns = haar_taps(
                    first: first + layer.columnTaps, share: share + layer.columnTaps, count: scale.width)
                for row in 0..<pixelRows {
                    let tap = layer.rowTaps + firstPixel + row
                    let upper = source + Int(firsts[tap]) * sourceStride
                    let lower = shares[tap] == 0 ? upper : upper + sourceStride
                    kernels.blend_rows(upper, lower, sourceWidth, UInt32(shares[tap]), blended.start)
                    let now = row % 2 == 0 ? evenPixels.start : oddPixels.start
                    kernels.sum_row(blended.start, columns, now, table, row + 1)
                    if tilted {
                        let above = row % 2 == 0 ? oddPixels.start : evenPixels.start
                        haar_tilted_row(now, row > 0 ? above : nil, scale.width, table, row + 1)
                    }
                }
            }
        }
        scan(job, scale, table, turn: plan.request.turn, layout: layout, window: window, kernels: kernels)
    }

    private func scan(
        _ job: ScanPlan.Job, _ scale: ScanScale, _ table: haar_tables, turn: Turn?, layout: CascadeLayout,
        window: (width: Int, height: Int), kernels: haar_kernels
    ) {
        var cascade = layout.table
        for row in 0..<job.rowCount {
            let columns =
                turn.map { scale.windowColumns(window, row: job.firstRow + row, on: $0) }
                ?? 0..<scale.windowColumns(window)
            if columns.isEmpty { continue }
            let origin = row * scale.step * stride + columns.lowerBound
            let windows = haar_row(
                sums: table.sums + origin, squares: table.squares + origin, count: columns.count,
                normalisation: normalisation.start, rejected: marks.start,
                standing: marks.start + stride / 64 + 2)
            let count = kernels.scan_row(&cascade, windows, passing.start)
            for index in 0..<count {
                found.append(
                    scale.rectangle(
                        x: (columns.lowerBound + Int(passing.start[index])) * scale.step,
                        y: (job.firstRow + row) * scale.step,
                        window: window))
            }
        }
    }
}

/// Memory that begins at a multiple of 64 bytes and is kept while it is enough.
private struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)

    /// The first element.
    var start: UnsafeMutablePointer<Element> {
        // Allocated buffers have an address.
        memory.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Element.self)
    }

    /// Makes room for a number of elements, zeros where the memory is new.
    mutating func reserve(_ count: Int) {
        let bytes = count * MemoryLayout<Element>.stride
        if bytes <= memory.count { return }
        memory.deallocate()
        memory = .allocate(byteCount: bytes, alignment: 64)
        LargeMemory.advise(UnsafeRawBufferPointer(memory))
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { memory.deallocate() }
}
