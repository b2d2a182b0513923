import Capture
import Imaging

/// Where annotated frames are written.
protocol FrameTarget: AnyObject {
    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError)
    func finish() throws(RecordingError)
    /// Ends at once; what is written stays.
    func abandon()
}

/// Why nothing can be recorded; each says what to do.
package enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder or file can't be written: its path and the reason.
    case cannotWrite(path: String, reason: String)

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .cannotWrite(let path, let reason): "\(path): cannot record: \(reason)"
        }
    }
}
