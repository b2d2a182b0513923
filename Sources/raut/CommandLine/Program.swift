import Analysis
import Foundation
import System

/// What every part of the program may say of itself, and say.
package enum Program {
    /// The version in `raut --version`, in the man page, and in the first line of events.
    package static let version = "1.0.0"
    /// Name and version, as readers of events are told them.
    static let nameAndVersion = "raut \(version)"

    /// Says one line on standard error.
    package static func report(_ line: String) {
        StandardError.write("raut: \(shown(line))\n")
    }

    /// What is said of a message: one line, without the passwords of the addresses in it, and without what a terminal
    /// takes for orders.
    package static func shown(_ line: String) -> String {
        NetworkAddress.hidingSecrets(in: line.split(whereSeparator: \.isNewline).joined(separator: " "))
            .inOneLine
    }
}
