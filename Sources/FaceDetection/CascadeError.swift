/// Why a cascade file could not be used. Every description is one line: where, what, and what to do about it.
package enum CascadeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read: its path and the system's reason.
    case unreadable(path: String, reason: String)
    /// The file is not well-formed XML: the line where the parser stopped, and its reason.
    case malformed(path: String, line: Int, reason: String)
    /// Well-formed, but not a cascade of OpenCV's.
    case notACascade(path: String)
    /// A cascade of a kind that is not read here: which.
    case unsupported(path: String, kind: String)
    /// A cascade whose contents contradict themselves: what is wrong, and the line.
    case invalid(path: String, line: Int, reason: String)

    /// One line: where, what, and what to do.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): cannot read the cascade: \(reason); \(Self.remedy)"
        case .malformed(let path, let line, let reason):
            "\(path):\(line): not well-formed XML, perhaps cut short: \(reason); \(Self.remedy)"
        case .notACascade(let path):
            "\(path): not a cascade file of OpenCV; \(Self.remedy)"
        case .unsupported(let path, let kind):
            "\(path): \(kind) cascades are not supported; \(Self.remedy)"
        case .invalid(let path, let line, let reason):
            "\(path):\(line): broken cascade: \(reason); \(Self.remedy)"
        }
    }

    private static let remedy =
        "Debian's package opencv-data brings whole ones to /usr/share/opencv4/haarcascades"
}

/// What is wrong in a cascade's file; its reader knows where.
enum CascadeFault: Error {
    /// Something does not hold what it must.
    case invalid(String)
    /// It is of a kind that is not read.
    case unsupported(kind: String)
}
