import Foundation

/// A folder for one test, removed with what is in it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() {
        path = FileManager.default.temporaryDirectory.path + "/raut-\(UUID().uuidString)"
        _ = mkdir(path, 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The place of a file in it.
    package func path(_ name: String) -> String { "\(path)/\(name)" }
}
