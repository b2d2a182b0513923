/// What happened to a face between two frames.
package enum FaceChange: Sendable, Equatable {
    /// It came into view.
    case appeared(TrackedFace)
    /// Its reported emotion is another one.
    case changed(TrackedFace)
    /// It is out of view.
    case left(FaceDeparture)
}
