/// Why the bytes of a JPEG could not be turned into pixels.
package enum JPEGError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The header claims more pixels than the decoder takes.
    case tooLarge(width: Int, height: Int)
    /// The bytes are no JPEG, or one that is cut or damaged: the decoder's reason.
    case broken(reason: String)

    /// One line: what is wrong.
    package var description: String {
        switch self {
        case .tooLarge(let width, let height): "claims \(width)×\(height) pixels, more than is taken"
        case .broken(let reason): reason
        }
    }
}
