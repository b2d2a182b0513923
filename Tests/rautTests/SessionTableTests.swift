import Events
import Foundation
import Glibc
import Pipeline
import System
import Testing
import TestSupport

import raut

/// What a session is in the middle of.
private enum Stage: String, CaseIterable, Sendable {
    case opening, running, lost, reloading, stopping
}

/// What happens to it there.
private enum Happening: String, CaseIterable, Sendable {
    case stop = "stop"
    case reloadGood = "reload, good"
    case reloadBad = "reload, bad"
    case reloadRefused = "reload, missing"
    case sourceGone = "source gone"
    case sourceBack = "source back"
    case clockBack = "clock set back"
    case clockForward = "clock set forward"
    case diskFull = "disk full"
    case readerStuck = "reader stuck"
    case brokerGone = "broker gone"
    case encoderStuck = "encoder stuck"
    case encoderDead = "encoder dead"
    case threadRefused = "thread refused"
}

/// What comes of it; `docs/states.md` says what each means.
private enum Outcome: String, Sendable {
    case ends = "ends"
    case endsWithReason = "says, ends"
    case goesOn = "goes on"
    case saysAndGoesOn = "says, goes on"
    case exchanged = "exchanged"
    case lost = "lost"
    case back = "back"
    case runs = "runs"
}

private func expected(_ stage: Stage, _ happening: Happening) -> Outcome {
    switch (stage, happening) {
    case (.stopping, _), (_, .stop): .ends
    case (.opening, .reloadGood), (.opening, .sourceBack): .runs
    case (.opening, .threadRefused): .endsWithReason
    case (.opening, .reloadBad): .saysAndGoesOn
    // Nothing was begun that could go on.
    case (.opening, .reloadRefused): .endsWithReason
    case (.opening, _): .goesOn
    case (_, .reloadGood): .exchanged
    case (_, .reloadBad), (_, .reloadRefused), (_, .threadRefused): .saysAndGoesOn
    case (.lost, .sourceGone): .goesOn
    case (.lost, .sourceBack), (.lost, .clockBack), (.lost, .clockForward): .back
    case (.reloading, .sourceBack): .exchanged
    case (_, .sourceGone): .lost
    // Nothing is written meanwhile.
    case (.lost, .diskFull), (.lost, .encoderDead): .goesOn
    case (_, .diskFull), (_, .brokerGone), (_, .encoderDead): .saysAndGoesOn
    default: .goesOn
    }
}

@Suite("every state and every event of a session", .serialized, .timeLimit(.minutes(5)))
struct SessionTableTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    /// What came of an event in a state.
    private struct Cell: Sendable {
        var outcome: Outcome?
        var status: Int32?
        /// From when the end was asked for to the end.
        var seconds = 0.0
        var problem: String?
    }

    @Test("what comes of each event in each state is what the table says, and it ends soon after")
    func table() async throws {
        var rows: [String] = []
        var slowest = 0.0
        for happening in Happening.allCases {
            var cells: [String] = []
            for (stage, cell) in zip(Stage.allCases, await row(happening)) {
                let name: Comment = "\(stage.rawValue), \(happening.rawValue)"
                slowest = max(slowest, cell.seconds)
                let wanted = expected(stage, happening)
                #expect(cell.problem == nil, name)
                #expect(cell.outcome == wanted, name)
                // A recording that broke off is a failure; one that the end cuts short is none.
                let isBroken = happening == .encoderDead && [.running, .reloading].contains(stage)
                #expect(cell.status == (wanted == .endsWithReason || isBroken ? 1 : 0), name)
                // The program allows itself 0.15 s; the rest is for machines with much else to do.
                #expect(cell.seconds < 5, name)
                cells.append(cell.outcome?.rawValue ?? "?")
            }
            rows.append("| \(happening.rawValue) | \(cells.joined(separator: " | ")) |")
        }
        let head = "| event | \(Stage.allCases.map(\.rawValue).joined(separator: " | ")) |"
        let rule = "| --- |" + String(repeating: " --- |", count: Stage.allCases.count)
        let printed = ([head, rule] + rows).joined(separator: "\n")
        print(printed)
        print(String(format: "slowest end: %.0f ms after it was asked for", slowest * 1000))
        let page = try String(contentsOfFile: "\(packageFolder)/docs/states.md", encoding: .utf8)
        #expect(page.contains(printed), "docs/states.md shows another table")
    }

    /// The same event in each state, side by side, on threads that the other tests don't wait for.
    private func row(_ happening: Happening) async -> [Cell] {
        await withCheckedContinuation { continuation in
            do throws(Errno) {
                _ = try JoinableThread(name: "row") { continuation.resume(returning: cells(happening)) }
            } catch {
                continuation.resume(returning: Stage.allCases.map { _ in Cell(problem: "\(error)") })
            }
        }
    }

    private func cells(_ happening: Happening) -> [Cell] {
        let cells = Guarded<[Stage: Cell]>([:])
        let threads = Stage.allCases.map { stage in
            try? JoinableThread(name: "cell") {
                let cell: Cell
                do {
                    cell = try self.cell(stage, happening)
                } catch {
                    cell = Cell(problem: "\(error)")
                }
                cells.change { $0[stage] = cell }
            }
        }
        for thread in threads { thread?.join() }
        WallClock.offset = 0
        return cells.withLock { cells in Stage.allCases.map { cells[$0] ?? Cell(problem: "none") } }
    }

    /// Brings a session to a stage, lets something happen, and ends it.
    private func cell(_ stage: Stage, _ happening: Happening) throws -> Cell {
        let stand = try SessionStand(source: stage == .opening ? "slow" : "camera")
        defer { stand.tearDown() }
        try stand.begin()
        try reach(stage, stand)
        var asked = MonotonicClock.now
        if stage == .stopping { stand.session.stop() }
        var cell = Cell()
        cell.outcome = happen(happening, stage, stand, &asked)
        if stand.end(within: 0) == nil {
            asked = MonotonicClock.now
            stand.session.stop()
        }
        cell.status = stand.end(within: 30)
        let end = stand.endTime ?? .max
        cell.seconds = end > asked ? Double(end - asked) * 1e-9 : 0
        if cell.outcome != expected(stage, happening) { cell.problem = "said: \(stand.reports)" }
        return cell
    }

    private struct Unreachable: Error {
        let stage: Stage
        let reports: [String]
    }

    private func reach(_ stage: Stage, _ stand: SessionStand) throws {
        func need(_ isThere: Bool) throws {
            guard isThere else { throw Unreachable(stage: stage, reports: stand.reports) }
        }
        if stage == .opening {
            try need(eventually { stand.isOpeningSlow })
            return
        }
        try need(eventually(within: 30) { stand.frames > 2 })
        // Its number is written when it has begun.
        try need(stand.signalEncoder(0))
        switch stage {
        case .lost:
            stand.camera.isThere = false
            try need(eventually { stand.count(#""state":"lost""#) == 1 })
            // What is said of it follows its event.
            try need(eventually { stand.reports.contains { $0.contains("lost") } })
            // Its last frames may be on their way to the encoder; what is done to that now is to find nothing to write.
            try need(eventually { stand.session.isRecordingIdle })
        case .reloading:
            stand.plan(source: "slow")
            stand.session.hangUp()
            try need(stand.session.wait(for: .reloading, until: .after(10)))
        case .stopping: stand.camera.stick()
        case .opening, .running: break
        }
    }

    private func happen(
        _ happening: Happening, _ stage: Stage, _ stand: SessionStand, _ asked: inout UInt64
    ) -> Outcome? {
        let saidBefore = stand.reports.count
        let hellos = stand.count(#""event":"hello""#)
        let backs = stand.count(#""state":"back""#)
        switch happening {
        case .stop:
            asked = MonotonicClock.now
            stand.session.stop()
        case .reloadGood:
            stand.plan(source: "camera", minSize: 60)
            stand.session.hangUp()
        case .reloadBad:
            stand.spoilPlan()
            stand.session.hangUp()
        case .reloadRefused:
            // A server that is down would be waited for where nothing runs yet that can go on.
            stand.plan(source: stage == .opening ? "missing" : "rtsp://127.0.0.1:1/down")
            stand.session.hangUp()
        case .sourceGone: stand.camera.isThere = false
        case .sourceBack:
            stand.camera.isThere = true
            stand.openSlow()
        case .clockBack, .clockForward:
            WallClock.offset = happening == .clockBack ? -3_600_000 : 3_600_000
            if stage == .lost { stand.camera.isThere = true }
        case .diskFull: stand.faults.fail(.write, .noSpace)
        case .readerStuck:
            if stage != .opening, stage != .stopping { _ = connectReader(stand.folder + "/events") }
        case .brokerGone: stand.broker.leave()
        case .encoderStuck: if stage != .opening { _ = stand.signalEncoder(SIGSTOP) }
        case .encoderDead: if stage != .opening { _ = stand.signalEncoder(SIGKILL) }
        case .threadRefused:
            stand.faults.fail(.thread, .tryAgain)
            stand.plan(source: "camera", minSize: 60)
            stand.session.hangUp()
        }
        let says = { stand.reports.count > saidBefore }
        switch expected(stage, happening) {
        case .ends: return stand.end(within: 30) == nil ? nil : .ends
        case .endsWithReason: return stand.end(within: 30) == 1 ? .endsWithReason : nil
        case .runs: return eventually { stand.frames > 2 } ? .runs : nil
        case .exchanged:
            let isTold = eventually { stand.count(#""event":"hello""#) > hellos }
            return isTold && isAlive(stage, stand) ? .exchanged : nil
        case .lost:
            return eventually { stand.session.isSourceLost && stand.count(#""state":"lost""#) == 1 }
                ? .lost : nil
        case .back:
            return eventually { stand.count(#""state":"back""#) > backs } && stand.goesOn()
                ? .back : nil
        case .saysAndGoesOn:
            guard eventually(says) else { return nil }
            if happening == .diskFull { stand.faults.mend(.write) }
            return isAlive(stage, stand) ? .saysAndGoesOn : nil
        case .goesOn:
            guard isAlive(stage, stand) else { return nil }
            return says() ? .saysAndGoesOn : .goesOn
        }
    }

    /// It does what it did before: opens, waits, or works on frames.
    private func isAlive(_ stage: Stage, _ stand: SessionStand) -> Bool {
        guard holds(for: 0.05, { stand.end(within: 0) == nil }) else { return false }
        switch stage {
        case .opening: return stand.session.state == .starting
        case .lost: return stand.session.isSourceLost
        case .running, .reloading: return stand.goesOn()
        case .stopping: return true
        }
    }

    private func connectReader(_ path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
