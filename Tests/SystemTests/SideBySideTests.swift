import System
import Testing

@Suite("Two pieces of work at a time")
struct SideBySideTests {
    private struct Own: Error {}
    private struct Other: Error {}

    @Test("each waits for the other: neither is done before or after it")
    func together() throws {
        let (first, second) = (Guarded(false), Guarded(false))
        @Sendable func meet(_ mine: Guarded<Bool>, _ theirs: Guarded<Bool>) -> Bool {
            mine.change { $0 = true }
            return theirs.wait(until: .after(10)) { $0 ? true : nil } ?? false
        }
        let both = try SideBySide.run("test-beside", { meet(first, second) }, beside: { meet(second, first) })
        #expect(both == (true, true))
    }

    @Test("without a thread one is done after the other")
    func noThread() throws {
        let faults = SystemFaults()
        faults.fail(.thread, .tryAgain)
        let both = try faults.during { try SideBySide.run("test-beside", { 1 }, beside: { 2 }) }
        #expect(both == (1, 2))
    }

    @Test("the error of the own work comes first, and the other's is not lost")
    func errors() {
        #expect(throws: Own.self) {
            try SideBySide.run("test-beside", { throw Own() }, beside: { throw Other() })
        }
        #expect(throws: Other.self) { try SideBySide.run("test-beside", { 1 }, beside: { throw Other() }) }
    }
}
