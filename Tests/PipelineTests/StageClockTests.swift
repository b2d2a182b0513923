import Capture
import Pipeline
import System
import Testing

@Suite("stages are timed where they are")
struct StageClockTests {
    private let clocks = Guarded<[StageClock]>([])

    private func run(frames: Int) throws -> Statistics.Counts {
        var configuration = PipelineConfiguration()
        configuration.isPlayback = true
        configuration.stageWatcher = { [clocks] _, _, clock in clocks.withLock { $0.append(clock) } }
        let finder = ScriptedFinder()
        finder.delay = 0.002
        let pipeline = try Pipeline(
            source: ScriptedSource(Array(repeating: .frame, count: frames)), finder: finder,
            recognizer: Happy(), configuration: configuration, sinks: [])
        #expect(pipeline.wait() == .ended)
        return pipeline.counts
    }

    @Test("each frame has a clock, whose stages follow one another; the longest is where the time goes")
    func stages() throws {
        let counts = try run(frames: 6)
        let clocks = clocks.withLock { $0 }
        #expect(clocks.count == 6 && counts.worked == 6)
        for clock in clocks {
            var end = clock.start
            var stages: [Stage] = []
            clock.forEach { stage, begin, duration in
                #expect(begin == end)
                end = begin + duration
                stages.append(stage)
            }
            #expect(stages == stages.sorted { $0.rawValue < $1.rawValue })
            #expect(stages.contains(.decode) && stages.contains(.search))
            #expect(clock[.search] >= 2)
        }
    }

    @Test("their means are in the statistics, over the frames that had something to do")
    func means() throws {
        let counts = try run(frames: 6)
        let clocks = clocks.withLock { $0 }
        let search = clocks.reduce(0) { $0 + $1[.search] } / 6
        #expect(abs((counts.stages.mean(.search) ?? 0) - search) < 1e-6)
        let looks = clocks.map { $0[.recognize] }.filter { $0 > 0 }
        let mean = counts.stages.mean(.recognize)
        #expect(looks.isEmpty == (mean == nil))
        if let mean { #expect(abs(mean - looks.reduce(0, +) / Double(looks.count)) < 1e-6) }
        #expect(Statistics.Counts().stages.mean(.search) == nil)
        #expect(counts.since(counts).stages.mean(.search) == nil)
    }
}
