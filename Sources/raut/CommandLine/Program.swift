import Foundation

/// What every part of the program may say of itself, and say.
package enum Program {
    /// The version in `raut --version`, in the man page, and in the first line of events.
    package static let version = "1.0.0"

    /// Says one line on standard error.
    package static func report(_ line: String) {
        let oneLine = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        FileHandle.standardError.write(Data("raut: \(oneLine)\n".utf8))
    }
}
