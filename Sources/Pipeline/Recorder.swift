import Faces
import Tracking

/// Takes each frame worked on, with its faces, and keeps it.
package protocol Recorder: AnyObject, Sendable {
    /// Takes a frame that others look at too.
    ///
    /// - Parameter waits: true to wait for a recorder that is slow instead of losing frames.
    func record(_ frame: SharedFrame, _ faces: [TrackedFace], waits: Bool)

    /// Takes no more frames; what is left is written meanwhile.
    func close()

    /// Takes no more frames and waits up to so many seconds for what is left to be written; what has been written then
    /// is kept.
    func finish(within seconds: Double)
}
