/// Which way round a face is shown to a network.
///
/// A face and its mirror image show the same emotion, yet a network errs on the two differently: their mean is right more
/// often than either (test-time augmentation). Live, taking turns from frame to frame gives that for one look's time.
package enum Look: Sendable, Equatable {
    /// As the picture has it.
    case asItIs
    /// Left and right exchanged.
    case mirrored
    /// Both, their probabilities averaged; takes twice the time.
    case bothWays
}
