import CCairo
import Imaging

/// A transparent layer with a drawing on it, as large as the canvas.
///
/// It is kept in cells: only those in which something changed are drawn again, and only those that hold anything need to
/// be laid over the picture. Used from one thread at a time.
package final class DrawingLayer {
    /// Columns in pixels.
    package private(set) var width = 0
    /// Rows in pixels.
    package private(set) var height = 0
    /// What the last update drew again, in whole pixels.
    package private(set) var changed: [Rectangle] = []
    /// What holds anything, in whole pixels.
    package private(set) var covered: [Rectangle] = []

    private let painter: CairoPainter
    private var surface: OpaquePointer?
    private var cairo: OpaquePointer?
    private var shapes: [Shape] = []
    /// For each cell a number that stands for what it holds; 0 for nothing.
    private var cells: [Int] = []
    private var newCells: [Int] = []
    private var columns = 0
    private var rows = 0

    /// Pixels along a cell's side.
    static let cell = 32

    /// Makes an empty layer; text is drawn by `text`, which also measured it.
    package init(text: PangoText) { painter = CairoPainter(text: text) }

    deinit { close() }

    private func close() {
        if let cairo { cairo_destroy(cairo) }
        if let surface { cairo_surface_destroy(surface) }
        (cairo, surface) = (nil, nil)
    }

    /// Makes the layer show a drawing on a canvas of a size in pixels.
    ///
    /// - Throws: ``DrawingError/tooLarge(width:height:)`` where there is no memory for it.
    package func update(_ drawing: Drawing, width: Int, height: Int) throws(DrawingError) {
        changed.removeAll(keepingCapacity: true)
        if width != self.width || height != self.height || surface == nil { try resize(width, height) }
        guard drawing.shapes != shapes, let cairo else { return }
        shapes.removeAll(keepingCapacity: true)
        shapes.append(contentsOf: drawing.shapes)
        for index in newCells.indices { newCells[index] = 0 }
        for shape in shapes {
            let number = shape.hashValue
            forEachCell(of: shape) { newCells[$0] = (newCells[$0] &* 31 &+ number) | 1 }
        }
        swap(&cells, &newCells)
        // From here on `newCells` are the old ones.
        collect(into: &changed) { cells[$0] != newCells[$0] }
        covered.removeAll(keepingCapacity: true)
        collect(into: &covered) { cells[$0] != 0 }
        guard !changed.isEmpty else { return }
        cairo_save(cairo)
        for box in changed {
            cairo_rectangle(cairo, Double(box.x), Double(box.y), Double(box.width), Double(box.height))
        }
        cairo_clip(cairo)
        cairo_set_operator(cairo, CAIRO_OPERATOR_CLEAR)
        cairo_paint(cairo)
        cairo_set_operator(cairo, CAIRO_OPERATOR_OVER)
        for shape in shapes {
            var isChanged = false
            forEachCell(of: shape) { if cells[$0] != newCells[$0] { isChanged = true } }
            if isChanged { painter.draw(shape, on: cairo) }
        }
        cairo_restore(cairo)
        cairo_surface_flush(surface)
    }

    /// Copies a part of the layer as pixels of 32 bits, alpha above red, green and blue, which are not multiplied by
    /// it, row by row without gaps.
    package func copy(_ box: Rectangle, into pixels: inout [UInt32]) {
        let count = box.width * box.height
        if pixels.count < count { pixels.append(contentsOf: repeatElement(0, count: count - pixels.count)) }
        forEachPixel(of: box) { index, value in
            let alpha = value >> 24
            guard alpha != 0, alpha != 255 else {
                pixels[index] = value
                return
            }
            func whole(_ shift: UInt32) -> UInt32 {
                min(255, ((value >> shift & 0xFF) * 255 + alpha / 2) / alpha) << shift
            }
            pixels[index] = alpha << 24 | whole(16) | whole(8) | whole(0)
        }
    }

    /// Lays the layer over a picture of its size.
    package func blend(onto image: inout ColorImage) {
        guard image.width == width, image.height == height else { return }
        let imageWidth = image.width
        image.pixels.withUnsafeMutableBufferPointer { pixels in
            for box in covered {
                forEachPixel(of: box) { index, value in
                    guard value != 0 else { return }
                    let rest = 255 - value >> 24
                    let at = 3 * ((box.y + index / box.width) * imageWidth + box.x + index % box.width)
                    func over(_ below: UInt8, _ shift: UInt32) -> UInt8 {
                        UInt8(
                            truncatingIfNeeded: min(
                                255, value >> shift & 0xFF + (UInt32(below) * rest + 127) / 255))
                    }
                    pixels[at] = over(pixels[at], 16)
                    pixels[at + 1] = over(pixels[at + 1], 8)
                    pixels[at + 2] = over(pixels[at + 2], 0)
                }
            }
        }
    }

    /// Lays the layer over pixels of its size in memory: 32 bits each, the upper 8 unused, then red, green and blue.
    ///
    /// - Returns: false where that can't be done.
    package func lay(over pixels: inout MutableSpan<UInt8>, bytesPerRow: Int) -> Bool {
        guard bytesPerRow >= 4 * width, pixels.count >= bytesPerRow * height else { return false }
        return pixels.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return false }
            return lay(over: start, bytesPerRow)
        }
    }

    private func lay(over pixels: UnsafeMutablePointer<UInt8>, _ bytesPerRow: Int) -> Bool {
        guard let surface,
            let target = cairo_image_surface_create_for_data(
                pixels, CAIRO_FORMAT_RGB24, Int32(width), Int32(height), Int32(clamping: bytesPerRow))
        else { return false }
        defer { cairo_surface_destroy(target) }
        guard cairo_surface_status(target) == CAIRO_STATUS_SUCCESS, let context = cairo_create(target) else {
            return false
        }
        defer { cairo_destroy(context) }
        cairo_set_source_surface(context, surface, 0, 0)
        cairo_set_antialias(context, CAIRO_ANTIALIAS_NONE)
        for box in covered {
            cairo_rectangle(context, Double(box.x), Double(box.y), Double(box.width), Double(box.height))
        }
        cairo_fill(context)
        cairo_surface_flush(target)
        return cairo_status(context) == CAIRO_STATUS_SUCCESS
    }

    /// Gives each pixel of a part, in Cairo's form: alpha and what is multiplied by it.
    private func forEachPixel(of box: Rectangle, _ body: (_ index: Int, _ value: UInt32) -> Void) {
        guard let surface, let bytes = cairo_image_surface_get_data(surface),
            box.x >= 0, box.y >= 0, box.x + box.width <= width, box.y + box.height <= height
        else { return }
        let stride = Int(cairo_image_surface_get_stride(surface))
        var index = 0
        for y in box.y..<(box.y + box.height) {
            let row = UnsafeRawPointer(bytes + y * stride)
            for x in box.x..<(box.x + box.width) {
                body(index, row.load(fromByteOffset: 4 * x, as: UInt32.self))
                index += 1
            }
        }
    }

    private func resize(_ width: Int, _ height: Int) throws(DrawingError) {
        close()
        guard (1...32_767).contains(width), (1...32_767).contains(height),
            let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(width), Int32(height))
        else { throw .tooLarge(width: width, height: height) }
        guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let cairo = cairo_create(surface) else {
            cairo_surface_destroy(surface)
            throw .tooLarge(width: width, height: height)
        }
        (self.surface, self.cairo) = (surface, cairo)
        (self.width, self.height) = (width, height)
        columns = (width + Self.cell - 1) / Self.cell
        rows = (height + Self.cell - 1) / Self.cell
        cells = [Int](repeating: 0, count: columns * rows)
        newCells = cells
        shapes.removeAll()
        covered.removeAll()
    }

    /// Gives each cell that a shape touches. A line around a box leaves those inside.
    private func forEachCell(of shape: Shape, _ body: (Int) -> Void) {
        let extent = shape.extent
        guard extent.isUsable else { return }
        let side = Double(Self.cell)
        let firstColumn = max(0, Int((extent.x / side).rounded(.down)))
        let lastColumn = min(columns - 1, Int((extent.right / side).rounded(.down)))
        let firstRow = max(0, Int((extent.y / side).rounded(.down)))
        let lastRow = min(rows - 1, Int((extent.bottom / side).rounded(.down)))
        guard firstColumn <= lastColumn, firstRow <= lastRow else { return }
        var hollow: Bounds?
        if case .stroke(let plate, let width, _, _) = shape {
            // What a turned box holds in any case: the upright square in its middle.
            let inner = plate.bounds.expanded(by: -(width / 2 + 1 + 0.3 * plate.radius))
            if plate.tilt == 0 {
                hollow = inner
            } else {
                let half = 0.5 * min(inner.width, inner.height) * 0.7
                hollow = Bounds(
                    x: inner.middleX - half, y: inner.middleY - half, width: 2 * half, height: 2 * half)
            }
        }
        for row in firstRow...lastRow {
            for column in firstColumn...lastColumn {
                let box = Bounds(x: Double(column) * side, y: Double(row) * side, width: side, height: side)
                if let hollow, hollow.width > 0, hollow.holds(box) { continue }
                body(row * columns + column)
            }
        }
    }

    /// Adds the cells that are wanted as few boxes: those side by side in a row as one, equal rows as one.
    private func collect(into boxes: inout [Rectangle], _ isWanted: (Int) -> Bool) {
        let first = boxes.count
        for row in 0..<rows {
            var column = 0
            while column < columns {
                guard isWanted(row * columns + column) else {
                    column += 1
                    continue
                }
                let start = column
                while column < columns, isWanted(row * columns + column) { column += 1 }
                let (x, y) = (start * Self.cell, row * Self.cell)
                let width = min(self.width, column * Self.cell) - x
                let height = min(self.height, y + Self.cell) - y
                if let above = boxes[first...].lastIndex(where: {
                    $0.x == x && $0.width == width && $0.y + $0.height == y
                }) {
                    boxes[above].height += height
                } else {
                    boxes.append(Rectangle(x: x, y: y, width: width, height: height))
                }
            }
        }
    }
}
