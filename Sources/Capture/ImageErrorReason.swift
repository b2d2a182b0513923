import Imaging

extension ImageError {
    /// What is wrong, without the path, which ``CaptureError`` says itself.
    var reason: String {
        switch self {
        case .unreadable(_, let reason), .unwritable(_, let reason): reason
        case .unknownFormat: "no picture that is read: JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or AVIF"
        case .corrupt(_, let reason): "broken picture: \(reason)"
        case .tooLarge(_, let width, let height): "claims \(width)×\(height) pixels, more than is taken"
        }
    }
}
