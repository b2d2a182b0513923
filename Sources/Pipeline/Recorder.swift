import Faces
import Tracking

/// Takes each frame worked on, with its faces, and keeps it.
public protocol Recorder: Sendable {
    /// Takes a frame that others look at too.
    ///
    /// - Parameter waits: true to wait for a recorder that is slow instead of losing frames.
    func record(_ frame: SharedFrame, _ faces: [TrackedFace], waits: Bool)

    /// Writes what is left; called once after the last frame.
    func finish()
}
