/// How often a face in a picture is looked at; the logits of all looks are averaged (test-time augmentation).
///
/// A network errs differently on a face, on its mirror image, and on one that is a little less sharp. The last matters most:
/// a face that was made smaller by averaging is sharper than those that were cut, turned and moved in training.
/// models/history.md has what each number of looks gives. All looks are made of the same 48×48 pixels, so that whoever cuts
/// a face out gets the same answer as who gives the whole picture.
package enum PictureLooks: Int, CaseIterable, Sendable {
    /// As it is.
    case one = 1
    /// As it is; mirrored and smoothed.
    case two = 2
    /// As it is, mirrored, smoothed, and both: a picture and its mirror image get the same answer.
    case four = 4

    /// What pictures are looked at by where nothing else is said: four looks give no more that could be told from chance.
    package static let standard = PictureLooks.two

    /// One way to show a face to a network.
    struct View: Sendable {
        /// Left and right exchanged.
        var isMirrored = false
        /// By a Gaussian whose deviation is half a pixel.
        var isSmoothed = false
    }

    private static let asItIs = [View()]
    private static let both = [View(), View(isMirrored: true, isSmoothed: true)]
    private static let all = both + [View(isMirrored: true), View(isSmoothed: true)]

    /// The looks, the one as it is first.
    var views: [View] {
        switch self {
        case .one: Self.asItIs
        case .two: Self.both
        case .four: Self.all
        }
    }
}
