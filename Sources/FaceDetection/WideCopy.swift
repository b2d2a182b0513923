import Faces
import Imaging

/// A copy of a picture in which a cascade can see faces that are cut by the border, that fill the picture or that are
/// small in a small one: brought to a standard size, with the border's pixels going on around it.
struct WideCopy {
    /// The shorter side of what is copied, in pixels of the copy.
    static let side = 240
    /// The same in moving pictures, where a face is large or can't be named.
    static let liveSide = 160
    /// The smallest face looked for in it, in its pixels.
    static let smallestFace = 24

    private(set) var image = GrayImage()
    /// Pixels of the copy to one of the picture.
    private(set) var scale = 1.0
    /// Pixels added on each side.
    private(set) var margin = 0
    private var resizer = ImageResizer()
    private var inner = GrayImage()

    /// Copies a picture. Allocates only to grow.
    ///
    /// - Returns: False for one that is too small, or too narrow, to hold a face that could be named.
    mutating func copy(_ picture: GrayImage, side: Int = side) -> Bool {
        let (short, long) = (
            min(picture.width, picture.height), max(picture.width, picture.height)
        )
        guard short >= 12, long <= 8 * short else { return false }
        scale = Double(side) / Double(short)
        resizer.resize(
            picture, width: Int((Double(picture.width) * scale).rounded()),
            height: Int((Double(picture.height) * scale).rounded()), into: &inner)
        margin = side / 3
        image.pad(inner, by: margin)
        return true
    }

    /// Parameters for a picture in the copy's pixels.
    func fitted(_ parameters: DetectionParameters) -> DetectionParameters {
        var fitted = parameters
        fitted.minSize = max(Self.smallestFace, Int((Double(parameters.minSize) * scale).rounded()))
        fitted.maxSize = parameters.maxSize.map { max(1, Int(min(1e6, Double($0) * scale))) }
        return fitted
    }

    /// A face of the copy in pixels of the picture; its box may reach over the border.
    func original(_ face: DetectedFace) -> DetectedFace {
        var face = face
        func whole(_ value: Double) -> Int { Int(value.rounded()) }
        face.box = Rectangle(
            x: whole(Double(face.box.x - margin) / scale), y: whole(Double(face.box.y - margin) / scale),
            width: whole(Double(face.box.width) / scale), height: whole(Double(face.box.height) / scale))
        return face
    }
}

extension GrayImage {
    /// Becomes a picture with its border's pixels repeated on each side. Allocates only to grow.
    mutating func pad(_ image: GrayImage, by margin: Int) {
        setSize(width: image.width + 2 * margin, height: image.height + 2 * margin)
        let (width, height, inner) = (width, height, image.width)
        guard inner > 0, image.height > 0 else { return }
        pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    let line = UnsafeMutableBufferPointer(rebasing: target[(y * width)..<(y * width + width)])
                    let start = min(max(0, y - margin), image.height - 1) * inner
                    line[..<margin].update(repeating: source[start])
                    for x in 0..<inner { line[margin + x] = source[start + x] }
                    line[(margin + inner)...].update(repeating: source[start + inner - 1])
                }
            }
        }
    }
}
