/// Why training data can't be used, or what comes of them be kept: the file, the row, what is wrong.
package enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read: its path and the system's reason.
    case unreadable(path: String, reason: String)
    /// The file as a whole is not what it should be.
    case invalidFile(path: String, reason: String)
    /// A row, counted from 1 with the header as row 1, is not what it should be.
    case invalidRow(path: String, row: Int, reason: String)
    /// The file can't be written: its path and the system's reason.
    case unwritable(path: String, reason: String)
    /// Somebody asked for the end before all was read.
    case stopped(path: String)

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read it: \(reason)"
        case .invalidFile(let path, let reason): "\(path): \(reason)"
        case .invalidRow(let path, let row, let reason): "\(path), row \(row): \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot write it: \(reason)"
        case .stopped(let path): "\(path): stopped before all of it was read"
        }
    }
}
