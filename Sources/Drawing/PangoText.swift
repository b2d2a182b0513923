import CCairo
import CCairoLate

/// Measures lines of text, so that a layout can be made without a pixel.
package protocol TextMeasuring {
    /// Width and height of a line in whole pixels.
    func size(of text: String, _ style: TextStyle) -> (width: Double, height: Double)
}

/// Why nothing can be drawn.
package enum DrawingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Pango or Cairo can't be loaded: why, and what to install.
    case missing(reason: String)
    /// No font is installed.
    case noFont
    /// Cairo has no memory for a picture of this size in pixels.
    case tooLarge(width: Int, height: Int)

    /// One line: what is wrong and what to do about it.
    package var description: String {
        switch self {
        case .missing(let reason): "nothing can be drawn: \(reason)"
        case .noFont: "no font for labels: install the Debian package fonts-dejavu-core"
        case .tooLarge(let width, let height): "a picture of \(width)×\(height) pixels can't be drawn on"
        }
    }
}

/// Lines of text in the system's sans-serif font, laid out by Pango; emoji in the font that has them.
///
/// Each line is laid out once and kept. Used from one thread at a time.
package final class PangoText: TextMeasuring {
    private struct Key: Hashable {
        let text: String
        let style: TextStyle
    }

    private struct Line {
        let layout: OpaquePointer
        let width: Double
        let height: Double
    }

    private let map: OpaquePointer
    private let context: OpaquePointer
    private var lines: [Key: Line] = [:]

    /// More than a window shows at a time.
    private static let mostLines = 600

    /// Loads the libraries and asks fontconfig for its fonts.
    ///
    /// - Throws: ``DrawingError/missing(reason:)``; ``DrawingError/noFont`` where there is none: Pango would end the
    ///   program.
    package init() throws(DrawingError) {
        if let reason = raut_load_cairo() { throw .missing(reason: String(cString: reason)) }
        guard let fonts = FcConfigGetFonts(nil, FcSetSystem), fonts.pointee.nfont > 0,
            let map = pango_cairo_font_map_new(), let context = pango_font_map_create_context(map)
        else { throw .noFont }
        self.map = map
        self.context = context
        // Grey edges and no hinting across, whatever the desktop says: the same text has the same size everywhere.
        let options = cairo_font_options_create()
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        pango_cairo_context_set_resolution(context, 96)
        cairo_font_options_destroy(options)
    }

    deinit {
        forget()
        g_object_unref(UnsafeMutableRawPointer(context))
        g_object_unref(UnsafeMutableRawPointer(map))
    }

    /// Width and height of a line, laid out by Pango.
    package func size(of text: String, _ style: TextStyle) -> (width: Double, height: Double) {
        let line = line(text, style)
        return (line.width, line.height)
    }

    /// Draws a line from the top-left corner of its measured box.
    func draw(_ run: TextRun, on cairo: OpaquePointer) {
        let line = line(run.text, run.style)
        cairo_move_to(cairo, run.bounds.x.rounded(), run.bounds.y.rounded())
        pango_cairo_show_layout(cairo, line.layout)
    }

    private func line(_ text: String, _ style: TextStyle) -> Line {
        let key = Key(text: text, style: style)
        if let known = lines[key] { return known }
        if lines.count >= Self.mostLines { forget() }
        // Pango gives no nil: without memory it ends the program, as Swift does.
        guard let layout = pango_layout_new(context) else { preconditionFailure("out of memory") }
        let font = pango_font_description_from_string(style.isBold ? "sans-serif bold" : "sans-serif")
        pango_font_description_set_absolute_size(font, Double(style.size) * 1024)
        pango_layout_set_font_description(layout, font)
        pango_font_description_free(font)
        pango_layout_set_text(layout, text, -1)
        var (width, height): (Int32, Int32) = (0, 0)
        pango_layout_get_pixel_size(layout, &width, &height)
        let line = Line(layout: layout, width: Double(width), height: Double(height))
        lines[key] = line
        return line
    }

    private func forget() {
        for line in lines.values { g_object_unref(UnsafeMutableRawPointer(line.layout)) }
        lines.removeAll(keepingCapacity: true)
    }
}
