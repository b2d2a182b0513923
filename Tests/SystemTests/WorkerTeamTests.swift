import System
import Testing

@Suite("Threads that work together")
struct WorkerTeamTests {
    @Test(
        "all members do each round once, whether they look for it or sleep",
        // Four that look for work on fewer cores wait for the scheduler in each round.
        arguments: [(0, 500), (50_000, 500), (20_000_000, 100)])
    func rounds(patience: UInt64, count: Int) {
        let counts = Guarded([Int](repeating: 0, count: 4))
        let team = WorkerTeam(name: "test", size: 3, patience: patience) { member in
            counts.withLock { $0[member] += 1 }
        }
        defer { team.dismiss() }
        for round in 1...count {
            team.run()
            #expect(counts.withLock { $0 } == [Int](repeating: round, count: 4))
            // Long enough for who has little patience to sleep.
            if round % (count / 5) == 0 {
                let pause = Deadline.after(nanoseconds: 200_000)
                while !pause.isOver {}
            }
        }
    }

    @Test("what one member writes in a round, the caller sees after it, and the others in the next")
    func memory() {
        nonisolated(unsafe) let values = UnsafeMutablePointer<Int>.allocate(capacity: 4)
        values.initialize(repeating: 0, count: 4)
        defer { values.deallocate() }
        nonisolated(unsafe) let sums = UnsafeMutablePointer<Int>.allocate(capacity: 4)
        sums.initialize(repeating: 0, count: 4)
        defer { sums.deallocate() }
        let isSum = Guarded(false)
        let team = WorkerTeam(name: "test", size: 3, patience: 100_000) { member in
            if isSum.withLock({ $0 }) {
                sums[member] = (0..<4).reduce(0) { $0 + values[$1] }
            } else {
                values[member] += member
            }
        }
        defer { team.dismiss() }
        for round in 1...300 {
            for sum in [false, true] {
                isSum.withLock { $0 = sum }
                team.run()
            }
            for member in 0..<4 { #expect(sums[member] == 6 * round) }
        }
    }
}
