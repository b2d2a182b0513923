import Imaging

/// Why nobody's emotion is named, though somebody may be there.
package enum ViewHint: Sendable, Equatable {
    /// The picture is too dark to see a face in it; its mean grey level, 0 to 255.
    case tooDark(mean: Int)
    /// The largest face is smaller than what is looked for; its side in pixels.
    case tooSmall(side: Int)
}

/// Measures how bright pictures are, from one pixel in 64.
package enum Brightness {
    /// A mean grey level below this shows no face, whatever is done: sensors' noise and blocks of compression are as
    /// strong as what a face shows.
    static let least = 20

    /// What to say of a picture that is too dark.
    package static func hint(for image: GrayImage) -> ViewHint? {
        mean(of: image).flatMap { $0 < least ? .tooDark(mean: $0) : nil }
    }

    /// The mean grey level, or nil of an empty picture.
    private static func mean(of image: GrayImage) -> Int? {
        var (sum, count) = (0, 0)
        for y in stride(from: 4, to: image.height, by: 8) {
            for x in stride(from: 4, to: image.width, by: 8) {
                sum += Int(image.pixels[y * image.width + x])
                count += 1
            }
        }
        return count > 0 ? sum / count : nil
    }
}

extension ViewHint: CustomStringConvertible {
    /// What is wrong and what to do about it.
    package var description: String {
        switch self {
        case .tooDark(let mean):
            "the picture is too dark (mean grey level \(mean) of 255): more light is needed"
        case .tooSmall(let side):
            "a face of \(side) pixels is too small to be named: step closer, or use --min-size \(side)"
        }
    }
}
