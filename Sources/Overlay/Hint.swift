import Capture
import Drawing
import Imaging

/// What to do where nobody's face is seen: looked for twice a second, and only then.
package struct HintFinder {
    private var facesSeen: Double?
    private var lastLook = -1e9
    private var phrase: Phrase?
    private let decoder = FrameDecoder()
    private var image = GrayImage()

    /// Has seen nothing yet.
    package init() {}

    /// Seconds without a face before a word is said of it.
    package static let patience = 1.5
    /// The mean luma of 0 to 255 below which a face can't be found.
    package static let darkLuma = 38

    /// What to say at a time in seconds.
    package mutating func phrase(faceCount: Int, frame: Frame?, at now: Double) -> Phrase? {
        if faceCount > 0 { facesSeen = now }
        let since = facesSeen ?? now
        facesSeen = since
        guard now - since >= Self.patience else { return nil }
        guard now - lastLook >= 0.5, let frame else { return phrase }
        lastLook = now
        phrase = (try? decoder.gray(of: frame, into: &image)) != nil && isDark ? .dark : .facing
        return phrase
    }

    private var isDark: Bool {
        guard image.width > 0, image.height > 0 else { return false }
        var (sum, count) = (0, 0)
        // Every 7th pixel of every 7th row says enough.
        for y in stride(from: 0, to: image.height, by: 7) {
            for x in stride(from: 0, to: image.width, by: 7) {
                sum += Int(image.pixels[y * image.width + x])
                count += 1
            }
        }
        return sum < Self.darkLuma * count
    }
}
