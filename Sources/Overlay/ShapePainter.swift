import CSDL2
import Imaging

/// Draws rounded boxes with smooth edges, which SDL has no call for: a small mask of a rounded box, drawn once, is
/// stretched by its middle.
final class ShapePainter {
    private let renderer: OpaquePointer
    private var masks: [Mask] = []

    /// A white rounded box, filled or as a line, of which the corners are kept and the rest is stretched.
    private struct Mask {
        let radius: Int
        /// 0 for a filled one.
        let thickness: Int
        let texture: OpaquePointer
    }

    /// Sizes change only with the window's.
    private static let mostMasks = 24

    init(renderer: OpaquePointer) { self.renderer = renderer }

    /// Gives the textures back; to be called while the renderer is there.
    func close() {
        for mask in masks { SDL_DestroyTexture(mask.texture) }
        masks = []
    }

    /// Fills a box.
    func fill(_ box: ViewBox, radius: Float, _ color: Color) {
        draw(box, radius: radius, thickness: 0, tilt: 0, color)
    }

    /// Draws the line along the inside of a box's edge, the box turned clockwise by `tilt` degrees about its middle.
    func stroke(_ box: ViewBox, radius: Float, thickness: Float, tilt: Float = 0, _ color: Color) {
        draw(box, radius: radius, thickness: max(1, thickness), tilt: tilt, color)
    }

    private func draw(_ box: ViewBox, radius: Float, thickness: Float, tilt: Float, _ color: Color) {
        let shorter = min(box.width, box.height)
        guard shorter >= 1 else { return }
        let corner = max(1, Int(min(max(radius, thickness), shorter / 2).rounded(.down)))
        guard let mask = mask(radius: corner, thickness: Int(thickness.rounded())) else { return }
        // Corners of the mask are `edge` pixels; one pixel in its middle is stretched.
        let edge = Float(corner)
        let side = 2 * edge + 1
        let columns = [box.x, box.x + edge, box.right - edge, box.right]
        let rows = [box.y, box.y + edge, box.bottom - edge, box.bottom]
        let texels = [0, edge / side, (edge + 1) / side, 1]
        let (middleX, middleY) = ((box.x + box.right) / 2, (box.y + box.bottom) / 2)
        let turn = SDL_FPoint(x: SDL_cosf(tilt * .pi / 180), y: SDL_sinf(tilt * .pi / 180))
        let tint = SDL_Color(
            r: color.red, g: color.green, b: color.blue, a: UInt8(max(0, min(1, color.opacity)) * 255))
        withUnsafeTemporaryAllocation(of: SDL_Vertex.self, capacity: 16) { vertices in
            for index in 0..<16 {
                let x = columns[index % 4] - middleX
                let y = rows[index / 4] - middleY
                vertices[index] = SDL_Vertex(
                    position: SDL_FPoint(
                        x: middleX + x * turn.x - y * turn.y, y: middleY + x * turn.y + y * turn.x),
                    color: tint, tex_coord: SDL_FPoint(x: texels[index % 4], y: texels[index / 4]))
            }
            SDL_RenderGeometry(
                renderer, mask.texture, vertices.baseAddress, 16, Self.indices, Int32(Self.indices.count))
        }
    }

    /// Two triangles for each of nine patches between four by four corners.
    private static let indices: [Int32] = (0..<9).flatMap { patch -> [Int32] in
        let first = Int32(patch / 3 * 4 + patch % 3)
        return [first, first + 1, first + 4, first + 1, first + 5, first + 4]
    }

    private func mask(radius: Int, thickness: Int) -> Mask? {
        if let known = masks.first(where: { $0.radius == radius && $0.thickness == thickness }) {
            return known
        }
        if masks.count >= Self.mostMasks { SDL_DestroyTexture(masks.removeFirst().texture) }
        let side = 2 * radius + 1
        let texture = SDL_CreateTexture(
            renderer, SDL_PIXELFORMAT_ARGB8888.rawValue, Int32(SDL_TEXTUREACCESS_STATIC.rawValue),
            Int32(side),
            Int32(side))
        guard let texture else { return nil }
        let pixels = Self.coverage(radius: radius, thickness: thickness).map { UInt32($0) << 24 | 0xFFFFFF }
        SDL_UpdateTexture(texture, nil, pixels, Int32(4 * side))
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND)
        SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear)
        let mask = Mask(radius: radius, thickness: thickness, texture: texture)
        masks.append(mask)
        return mask
    }

    /// How far each pixel of a square of `2 * radius + 1` is covered, 0 to 255: a disc, or a ring of a thickness.
    static func coverage(radius: Int, thickness: Int) -> [UInt8] {
        let side = 2 * radius + 1
        let outer = Float(radius) + 0.5
        return (0..<side * side).map { index in
            let x = Float(index % side - radius)
            let y = Float(index / side - radius)
            let distance = (x * x + y * y).squareRoot()
            let inside = min(1, max(0, outer - distance))
            let hollow = thickness > 0 ? min(1, max(0, outer - Float(thickness) - distance)) : 0
            return UInt8((inside - hollow) * 255)
        }
    }
}
