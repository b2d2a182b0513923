import Capture
import Foundation
import Testing

private let gone = CaptureError.lost(source: "camera", reason: "it was unplugged")
private let busy = CaptureError.cannotOpen(source: "camera", reason: "busy")

private let frame = SourceMachine.Event.frame(name: "camera", size: FrameSize(width: 640, height: 480))

private let events: [(name: String, event: SourceMachine.Event)] = [
    ("frame", frame), ("end", .end), ("fault", .fault(gone, canComeBack: true)),
    ("fault for good", .fault(gone, canComeBack: false)), ("pause over", .pauseOver), ("opened", .opened),
    ("exchange", .exchange), ("stop", .stop),
]

/// A machine in a state, by the shortest way there.
private func machine(in state: SourceMachine.State) -> SourceMachine {
    let way: [SourceMachine.Event] =
        switch state {
        case .opening: []
        case .running: [frame]
        case .lost: [frame, .fault(gone, canComeBack: true)]
        case .reopening: [frame, .fault(gone, canComeBack: true), .pauseOver]
        case .returning: [frame, .fault(gone, canComeBack: true), .pauseOver, .opened]
        case .changing: [frame, .exchange]
        case .ended: [.end]
        case .failed: [.fault(gone, canComeBack: false)]
        case .stopped: [.stop]
        }
    var machine = SourceMachine()
    for event in way { _ = machine.take(event) }
    return machine
}

private func word(_ action: SourceMachine.Action) -> String {
    switch action {
    case .nothing: ""
    case .tell: ": told"
    case .end: ": said"
    }
}

@Suite("what becomes of a source")
struct SourceMachineTests {
    @Test("each state and event lead where the table in the documentation says")
    func table() throws {
        var rows = [
            "| state | \(events.map(\.name).joined(separator: " | ")) |",
            "| --- |" + String(repeating: " --- |", count: events.count),
        ]
        for state in SourceMachine.State.allCases where !state.isOver {
            let cells = events.map { _, event in
                var machine = machine(in: state)
                #expect(machine.state == state)
                let action = machine.take(event)
                return machine.state == state && action == .nothing
                    ? "" : "\(machine.state)\(word(action))"
            }
            rows.append("| \(state) | \(cells.joined(separator: " | ")) |")
        }
        let printed = rows.joined(separator: "\n")
        print(printed)
        let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/states-of-sources.md").standardized
        #expect(
            try String(contentsOf: document, encoding: .utf8).contains(printed),
            "docs/states-of-sources.md shows another table")
    }

    @Test("once it is over nothing begins again")
    func over() {
        for state in SourceMachine.State.allCases where state.isOver {
            for (_, event) in events {
                var machine = machine(in: state)
                #expect(machine.take(event) == .nothing)
                #expect(machine.state == state)
            }
        }
    }

    @Test("a source that opens and gives nothing is told as lost once, and as back once it gives a frame")
    func saidOnce() {
        var machine = SourceMachine()
        #expect(machine.take(frame) == .nothing)
        #expect(machine.take(.fault(gone, canComeBack: true)) == .tell(.lost(gone)))
        for _ in 0..<3 {
            #expect(machine.take(.pauseOver) == .nothing)
            #expect(machine.take(.opened) == .nothing)
            #expect(machine.take(.fault(gone, canComeBack: true)) == .nothing)
            #expect(machine.isLost)
        }
        #expect(machine.take(.pauseOver) == .nothing)
        #expect(machine.take(.opened) == .nothing)
        #expect(machine.take(frame) == .tell(.back(name: "camera", size: FrameSize(width: 640, height: 480))))
        #expect(machine.take(frame) == .nothing)
        #expect(!machine.isLost)
    }

    @Test("that it is there and taken by another program is told once for each reason")
    func waiting() {
        var machine = machine(in: .reopening)
        #expect(machine.take(.fault(gone, canComeBack: true)) == .nothing)
        #expect(machine.take(.pauseOver) == .nothing)
        #expect(machine.take(.fault(busy, canComeBack: true)) == .tell(.waiting(busy)))
        #expect(machine.take(.pauseOver) == .nothing)
        #expect(machine.take(.fault(busy, canComeBack: true)) == .nothing)
    }

    @Test("the first try comes at once, later ones after pauses that grow up to two seconds")
    func pauses() {
        var machine = machine(in: .lost)
        #expect(machine.nextPause() == 0)
        let pauses = (0..<20).map { _ in machine.nextPause() }
        #expect(pauses.first == 0.1)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses.last == 2)
        // Another source is tried as quickly as the first was.
        #expect(machine.take(.exchange) == .nothing)
        #expect(machine.take(.opened) == .nothing)
        #expect(machine.state == .returning)
        #expect(machine.take(.fault(gone, canComeBack: true)) == .nothing)
        #expect(machine.nextPause() == 0.1)
    }
}
