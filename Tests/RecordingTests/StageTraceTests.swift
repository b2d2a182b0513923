import Foundation
import Pipeline
import System
import Testing

import Recording

@Suite("a trace")
final class StageTraceTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent(
        "\(UUID().uuidString).json"
    )
    .path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private struct Bar: Decodable {
        let name: String
        let ph: String
        let ts: Double?
        let dur: Double?
    }

    private func clock() -> StageClock {
        var clock = StageClock()
        clock.begin()
        clock.end(.decode)
        clock.end(.search)
        return clock
    }

    @Test("is JSON that Chrome reads: a bar for each stage, and one for the way there")
    func json() throws {
        let trace = try StageTrace(path: path) { _ in }
        for number in 1...3 {
            let clock = clock()
            trace.add(number, taken: clock.start - 5_000_000, clock)
        }
        trace.finish()
        let bars = try JSONDecoder().decode([Bar].self, from: Data(contentsOf: URL(filePath: path)))
        let waits = bars.filter { $0.name == "waits" }
        #expect(waits.count == 3 && waits.allSatisfy { $0.ph == "X" && $0.dur == 5000 })
        #expect(bars.filter { $0.name == "decode" }.count == 3)
    }

    @Test("is written over nothing, says which file it takes instead and where it can't be written")
    func places() throws {
        let said = Guarded<[String]>([])
        let first = try StageTrace(path: path) { _ in }
        first.finish()
        let second = try StageTrace(path: path) { line in said.change { $0.append(line) } }
        second.finish()
        defer { try? FileManager.default.removeItem(atPath: second.path) }
        #expect(first.path == path && second.path == path.replacing(".json", with: "-2.json"))
        #expect(said.withLock { $0 } == ["\(path) is there already: the trace goes to \(second.path)"])
        #expect(throws: RecordingError.self) { try StageTrace(path: "/nowhere/trace.json") { _ in } }
    }
}
