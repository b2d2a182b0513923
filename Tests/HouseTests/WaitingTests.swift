import Foundation
import Testing

@Suite("The house: no test sleeps, and none asks what time it is")
struct WaitingTests {
    /// Files whose tests may wait for time to pass, each with its reason. All others wait for a condition (`TestSupport`).
    private static let sleeping = [
        "Tests/TestSupport/Waiting.swift": "looks again and again for a condition, with a deadline",
        "Tests/SystemTests/SystemTests.swift": "the end of a wait is what it tests",
        "Tests/CaptureTests/FFmpegSourceTests.swift":
            "a server that says nothing, and an end for a test that hangs",
        "Tests/CaptureTests/SourceTableTests.swift": "a person who ends it in the middle of a wait",
        "Tests/EventsTests/EventServerTests.swift": "a sender at its own pace",
        "Tests/FaceDetectionTests/FaceDetectionTests.swift": "a person who ends a scan in its middle",
        "Tests/PipelineTests/Doubles.swift": "a camera at its own pace, and a detector that takes its time",
        "Tests/PipelineTests/EnduranceTests.swift": "readers at their own pace; no unit test",
        "Tests/rautTests/SessionStand.swift": "a camera that is slow to open",
    ]

    /// The wall clock, which somebody may set, and which is not the same tomorrow.
    private static let wallClock = [
        "Date()", "Date.now", "DispatchTime", "DispatchWallTime", "EventDay(of: .now)",
    ]

    @Test("a unit test waits for a condition, not for time to pass")
    func sleeps() throws {
        var seen: Set<String> = []
        let files = House.swiftFiles(below: "Tests")
        for file in files where !file.hasPrefix("Tests/HouseTests/") {
            for (row, line) in SourceCode(try House.text(file)).lines.enumerated() {
                let words = SourceCode.words(of: line)
                // Nothing ends these before their time; a cancellation ends its own sleep.
                for word in ["usleep", "nanosleep"] where words.contains(Substring(word)) {
                    Issue.record("\(file):\(row + 1) calls \(word)")
                }
                #expect(!line.contains("Thread.sleep") && !line.contains("Task.sleep"), "\(file):\(row + 1)")
                guard line.contains("sleep(") else { continue }
                seen.insert(file)
                #expect(
                    Self.sleeping[file] != nil,
                    "\(file):\(row + 1) sleeps: wait for a condition (eventually, holds), or say why not here"
                )
            }
        }
        #expect(files.count > 100 && seen.count > 3)
        for file in Self.sleeping.keys {
            #expect(seen.contains(file), "\(file) does not sleep any more: its reason can go")
        }
    }

    @Test("no test asks for the date or waits by a clock that somebody may set")
    func dates() throws {
        for file in House.swiftFiles(below: "Tests") where !file.hasPrefix("Tests/HouseTests/") {
            for (row, line) in SourceCode(try House.text(file)).lines.enumerated() {
                for word in Self.wallClock where line.contains(word) {
                    Issue.record("\(file):\(row + 1) reads the wall clock: \(word)")
                }
            }
        }
    }
}
