/// Why a picture could not be read or written.
package enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read: its path and the system's reason.
    case unreadable(path: String, reason: String)
    /// The bytes are those of no picture format that is read.
    case unknownFormat(path: String)
    /// The bytes begin as a picture, but are broken: the decoder's reason.
    case corrupt(path: String, reason: String)
    /// The header claims more pixels than are taken.
    case tooLarge(path: String, width: Int, height: Int)
    /// The file can't be written: its path and the system's reason.
    case unwritable(path: String, reason: String)

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read it: \(reason)"
        case .unknownFormat(let path):
            "\(path): no picture that is read: JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or AVIF"
        case .corrupt(let path, let reason): "\(path): broken picture: \(reason)"
        case .tooLarge(let path, let width, let height):
            "\(path): claims \(width)×\(height) pixels, more than is taken"
        case .unwritable(let path, let reason): "\(path): cannot write it: \(reason)"
        }
    }
}
