/// What happened to a face between two frames.
public enum FaceChange: Sendable, Equatable {
    /// It came into view.
    case appeared(TrackedFace)
    /// Its reported emotion is another one.
    case changed(TrackedFace)
    /// It is out of view; seconds from when it was first seen to when it was last seen.
    case left(number: Int, seconds: Double)
}
