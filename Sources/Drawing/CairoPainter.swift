import CCairo
import Foundation

/// Draws shapes with Cairo.
final class CairoPainter {
    private let text: PangoText

    init(text: PangoText) { self.text = text }

    /// Draws one shape.
    func draw(_ shape: Shape, on cairo: OpaquePointer) {
        switch shape {
        case .fill(let plate, let color, let pattern):
            outline(plate, cairo)
            set(color, cairo)
            guard let pattern else { return cairo_fill(cairo) }
            cairo_fill_preserve(cairo)
            hatch(pattern, plate.bounds, color.opacity, cairo)
        case .stroke(let plate, let width, let dash, let color):
            outline(plate, cairo)
            stroke(width, dash, color, cairo)
        case .line(let from, let to, let width, let color):
            cairo_move_to(cairo, from.x, from.y)
            cairo_line_to(cairo, to.x, to.y)
            cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND)
            stroke(width, 0, color, cairo)
            cairo_set_line_cap(cairo, CAIRO_LINE_CAP_BUTT)
        case .text(let run, let opacity):
            guard opacity < 1 else {
                set(run.color, cairo)
                return text.draw(run, on: cairo)
            }
            guard opacity > 0 else { return }
            // An emoji has its own colours: it fades as a picture.
            cairo_push_group(cairo)
            set(run.color, cairo)
            text.draw(run, on: cairo)
            cairo_pop_group_to_source(cairo)
            cairo_paint_with_alpha(cairo, Double(opacity))
        case .heat(let plate, let map, let isMirrored): paint(map, plate, isMirrored, cairo)
        }
    }

    private func set(_ color: Color, _ cairo: OpaquePointer) {
        cairo_set_source_rgba(
            cairo, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
            Double(max(0, min(1, color.opacity))))
    }

    private func stroke(_ width: Double, _ dash: Double, _ color: Color, _ cairo: OpaquePointer) {
        set(color, cairo)
        cairo_set_line_width(cairo, width)
        if dash > 0 {
            var pieces = (dash, dash * 0.8)
            withUnsafeBytes(of: &pieces) {
                cairo_set_dash(cairo, $0.baseAddress?.assumingMemoryBound(to: Double.self), 2, 0)
            }
        }
        cairo_stroke(cairo)
        if dash > 0 { cairo_set_dash(cairo, nil, 0, 0) }
    }

    /// Begins a new path along a plate's edge.
    private func outline(_ plate: Plate, _ cairo: OpaquePointer) {
        let box = plate.bounds
        cairo_save(cairo)
        if plate.tilt != 0 { turn(plate, cairo) }
        let radius = min(plate.radius, min(box.width, box.height) / 2)
        cairo_new_path(cairo)
        if radius <= 0 {
            cairo_rectangle(cairo, box.x, box.y, max(0, box.width), max(0, box.height))
        } else {
            let quarter = Double.pi / 2
            cairo_arc(cairo, box.right - radius, box.y + radius, radius, -quarter, 0)
            cairo_arc(cairo, box.right - radius, box.bottom - radius, radius, 0, quarter)
            cairo_arc(cairo, box.x + radius, box.bottom - radius, radius, quarter, 2 * quarter)
            cairo_arc(cairo, box.x + radius, box.y + radius, radius, 2 * quarter, 3 * quarter)
            cairo_close_path(cairo)
        }
        cairo_restore(cairo)
    }

    private func turn(_ plate: Plate, _ cairo: OpaquePointer) {
        cairo_translate(cairo, plate.bounds.middleX, plate.bounds.middleY)
        cairo_rotate(cairo, plate.tilt * .pi / 180)
        cairo_translate(cairo, -plate.bounds.middleX, -plate.bounds.middleY)
    }

    /// Dark lines or dots over the path just filled.
    private func hatch(_ pattern: Pattern, _ box: Bounds, _ opacity: Float, _ cairo: OpaquePointer) {
        cairo_save(cairo)
        cairo_clip(cairo)
        set(.ink.opacity(0.55 * opacity), cairo)
        let step = max(4, box.height * 0.55)
        cairo_set_line_width(cairo, step / 4)
        let (left, right, top, bottom) = (box.x, box.right, box.y, box.bottom)
        var x = (left / step).rounded(.down) * step - box.height
        switch pattern {
        case .level:
            cairo_move_to(cairo, left, box.middleY)
            cairo_line_to(cairo, right, box.middleY)
        case .upright:
            while x < right {
                cairo_move_to(cairo, x, top)
                cairo_line_to(cairo, x, bottom)
                x += step
            }
        case .rising, .falling, .crossed:
            while x < right {
                if pattern != .falling {
                    cairo_move_to(cairo, x, bottom)
                    cairo_line_to(cairo, x + box.height, top)
                }
                if pattern != .rising {
                    cairo_move_to(cairo, x, top)
                    cairo_line_to(cairo, x + box.height, bottom)
                }
                x += step
            }
        case .dotted:
            while x < right {
                cairo_new_sub_path(cairo)
                cairo_arc(cairo, x, box.middleY, step / 4.5, 0, 2 * .pi)
                x += step
            }
            cairo_fill(cairo)
        }
        cairo_stroke(cairo)
        cairo_restore(cairo)
    }

    /// Stretches the map over the face's box, smoothly.
    private func paint(_ map: HeatMap, _ plate: Plate, _ isMirrored: Bool, _ cairo: OpaquePointer) {
        let side = map.side
        guard let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(side), Int32(side)) else {
            return
        }
        defer { cairo_surface_destroy(surface) }
        guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
            let bytes = cairo_image_surface_get_data(surface)
        else { return }
        let stride = Int(cairo_image_surface_get_stride(surface))
        for y in 0..<side {
            for x in 0..<side {
                let color = HeatMap.color(map.weights[y * side + (isMirrored ? side - 1 - x : x)])
                let pixel = bytes + y * stride + 4 * x
                func premultiplied(_ value: UInt8) -> UInt8 { UInt8(Float(value) * color.opacity) }
                let value =
                    UInt32(255 * color.opacity) << 24 | UInt32(premultiplied(color.red)) << 16
                    | UInt32(premultiplied(color.green)) << 8 | UInt32(premultiplied(color.blue))
                UnsafeMutableRawPointer(pixel).storeBytes(of: value, as: UInt32.self)
            }
        }
        cairo_surface_mark_dirty(surface)
        cairo_save(cairo)
        if plate.tilt != 0 { turn(plate, cairo) }
        let box = plate.bounds
        cairo_translate(cairo, box.x, box.y)
        cairo_scale(cairo, box.width / Double(side), box.height / Double(side))
        cairo_set_source_surface(cairo, surface, 0, 0)
        cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD)
        cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BILINEAR)
        cairo_rectangle(cairo, 0, 0, Double(side), Double(side))
        cairo_fill(cairo)
        cairo_restore(cairo)
    }
}
