import CKernels
import Capture
import Imaging

/// Draws a picture at another size, bilinearly, as graphics cards do: the middles of pixels keep their places.
///
/// Each row of the picture is stretched once, and each row of the result mixed from two of those. Keeps its working
/// storage; used from one thread at a time.
package struct PictureScaler {
    /// What the columns were worked out for.
    private struct Layout: Equatable {
        var columns: Int
        var x: Range<Int>
        var left: Int
        var width: Int
        var isMirrored: Bool
    }

    private let kernels: picture_kernels?
    private var layout: Layout?
    /// For each column of the result the pixel to its left, and the share of the one to its right in 1/256.
    private var at: [Int32] = []
    private var share: [UInt16] = []
    private var upper = StretchedRow()
    private var lower = StretchedRow()

    private struct StretchedRow {
        var number = -1
        var pixels: [UInt32] = []
    }

    /// - Parameter isPortable: true for the kernels of any processor instead of this one's fastest, as a test wants.
    package init(isPortable: Bool = false) {
        kernels = (isPortable ? picture_kernels_portable() : picture_kernels_best())?.pointee
    }

    /// Draws a picture into a box on pixels in memory; what lies outside of them is left out.
    ///
    /// - Parameters:
    ///   - isMirrored: true for the mirror image.
    ///   - bytes: rows of pixels of 32 bits, blue in the lowest byte.
    package mutating func draw(
        _ image: PixelImage, isMirrored: Bool = false, in box: Rectangle,
        onto bytes: inout MutableSpan<UInt8>, bytesPerRow: Int
    ) {
        guard let kernels, bytesPerRow >= 4, box.width > 0, box.height > 0, image.width > 0, image.height > 0
        else { return }
        let columns = max(0, box.x)..<max(box.x, 0, min(bytesPerRow / 4, box.x + box.width))
        let rows = max(0, box.y)..<max(box.y, 0, min(bytes.count / bytesPerRow, box.y + box.height))
        guard !columns.isEmpty, !rows.isEmpty else { return }
        prepare(
            Layout(
                columns: image.width, x: columns, left: box.x, width: box.width, isMirrored: isMirrored))
        (upper.number, lower.number) = (-1, -1)
        for y in rows {
            let place = Self.place(y - box.y, of: box.height, in: image.height)
            stretch(place.index, of: image, kernels)
            let start = y * bytesPerRow + 4 * columns.lowerBound
            bytes.withUnsafeMutableBufferPointer { target in
                guard let target = target.baseAddress else { return }
                mix(place.share, kernels, to: target + start)
            }
        }
    }

    /// Has the row with a number stretched in `upper`, and the one after it in `lower`.
    private mutating func stretch(_ number: Int, of image: PixelImage, _ kernels: picture_kernels) {
        if lower.number == number { swap(&upper, &lower) }
        fill(&upper, number, of: image, kernels)
        fill(&lower, min(number + 1, image.height - 1), of: image, kernels)
    }

    /// Mixes the two rows.
    private func mix(_ share: Int, _ kernels: picture_kernels, to target: UnsafeMutablePointer<UInt8>) {
        upper.pixels.withUnsafeBytes { upper in
            lower.pixels.withUnsafeBytes { lower in
                kernels.mix(
                    upper.bindMemory(to: UInt8.self).baseAddress,
                    lower.bindMemory(to: UInt8.self).baseAddress, share, upper.count, target)
            }
        }
    }

    private func fill(
        _ row: inout StretchedRow, _ number: Int, of image: PixelImage, _ kernels: picture_kernels
    ) {
        guard row.number != number else { return }
        if row.pixels.count != at.count { row.pixels = [UInt32](repeating: 0, count: at.count) }
        row.number = number
        image.pixels.withUnsafeBufferPointer { pixels in
            row.pixels.withUnsafeMutableBufferPointer { stretched in
                guard let start = pixels.baseAddress else { return }
                kernels.stretch(start + number * image.width, at, share, at.count, stretched.baseAddress)
            }
        }
    }

    private mutating func prepare(_ new: Layout) {
        guard new != layout else { return }
        layout = new
        at.removeAll(keepingCapacity: true)
        share.removeAll(keepingCapacity: true)
        for x in new.x {
            let position = new.isMirrored ? new.width - 1 - (x - new.left) : x - new.left
            let place = Self.place(position, of: new.width, in: new.columns)
            at.append(Int32(place.index))
            share.append(UInt16(place.share))
        }
    }

    /// Where the middle of a pixel lies among others: the pixel before it, and the share of the one after it in 1/256.
    ///
    /// The pixel before is never the last one, unless there is no other.
    static func place(_ position: Int, of length: Int, in count: Int) -> (index: Int, share: Int) {
        let exact = (2 * position + 1) * count * 128 / length - 128
        let place = min(max(exact, 0), (count - 1) * 256)
        let index = min(place >> 8, max(0, count - 2))
        return (index, place - index << 8)
    }
}
