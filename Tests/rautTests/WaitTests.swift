import Foundation
import Testing

@Suite("waits")
struct WaitTests {
    /// What waits by the clock of the wall, which somebody may set: on Linux the timeouts of Dispatch and Foundation too.
    private static let banned = [
        "DispatchSemaphore", "DispatchGroup", "wait(timeout:", "wait(until: Date", "asyncAfter(",
        "Thread.sleep",
        "Timer(", "Timer.scheduled", "CLOCK_REALTIME, &deadline",
    ]

    @Test("nothing in the sources waits by a clock that somebody may set")
    func monotonic() throws {
        var found: [String] = []
        let files = try #require(FileManager.default.enumerator(atPath: "\(packageFolder)/Sources"))
        var count = 0
        for case let path as String in files where path.hasSuffix(".swift") {
            count += 1
            let text = try String(contentsOfFile: "\(packageFolder)/Sources/\(path)", encoding: .utf8)
            for word in Self.banned where text.contains(word) { found.append("\(path): \(word)") }
        }
        #expect(count > 100)
        #expect(found.isEmpty)
    }
}

/// The folder of Package.swift.
let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
