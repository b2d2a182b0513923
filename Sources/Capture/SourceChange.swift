/// What became of a source, for those who follow it.
package enum SourceChange: Equatable, Sendable {
    /// It gives no frames any more, for this reason, and is tried again until it is back.
    case lost(CaptureError)
    /// The lost source is there, but can't be opened yet: taken by another program, no permission.
    case waiting(CaptureError)
    /// It gives frames again, under this name and of this size, which may be others than before.
    case back(name: String, size: FrameSize)
    /// It gives frames, but not as it should: the driver drops some or hands over broken ones.
    case troubled(reason: String)
    /// Frames come as they should again.
    case recovered
}
