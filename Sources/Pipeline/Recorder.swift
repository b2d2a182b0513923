import Tracking

/// Takes each frame worked on, with its faces, and keeps it.
public protocol Recorder: Sendable {
    /// Takes a frame that others look at too.
    func record(_ frame: SharedFrame, _ faces: [TrackedFace])
}
