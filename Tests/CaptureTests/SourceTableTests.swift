import Capture
import Foundation
import System
import TestSupport
import Testing

/// Every state of a source that ffmpeg reads, with everything that may happen to it there: the table in
/// `docs/states-of-sources.md` is what this test sees, and it prints what it sees.
@Suite("a source in every state")
struct SourceTableTests {
    private enum State: String, CaseIterable {
        case opening, running, reopening
    }

    private enum Event: String, CaseIterable {
        case stop, end, rubbish, killed
        case closes = "closes its output and stays"
        case silence

        /// What a program in ffmpeg's place does.
        var script: String {
            switch self {
            case .stop, .silence: "exec sleep 600"
            case .end: "exit 0"
            case .rubbish: "echo NNNNNNNN rubbish rubbish rubbish; exec sleep 600"
            case .killed: "kill -9 $$"
            case .closes: "exec >&-; exec sleep 600"
            }
        }
    }

    private let folder: TemporaryFolder
    private let frames: String

    init() throws {
        folder = TemporaryFolder()
        frames = "\(folder.path)/frames.nut"
        let words = FFmpegCommand(location: "x").arguments
        try makeWithFFmpeg(
            ["-f", "lavfi", "-i", "testsrc=size=8x6:rate=10:duration=0.5"]
                + words.drop { $0 != "-map_metadata" }.dropLast() + [frames])
    }

    private func command(_ state: State, _ event: Event, live: Bool) throws -> FFmpegCommand {
        let name = "\(live)-\(state)-\(event)"
        let happens = event.script
        let text: String
        switch state {
        case .opening: text = happens
        case .running: text = "cat '\(frames)'; \(happens)"
        case .reopening:
            let flag = "'\(folder.path)/\(name)-opened'"
            text = "if [ -e \(flag) ]; then \(happens); fi; touch \(flag); cat '\(frames)'"
        }
        let program = try folder.write(Array("#!/bin/sh\n\(text)\n".utf8), to: "ffmpeg-\(name)")
        try #require(chmod(program, 0o755) == 0)
        var command = FFmpegCommand(location: live ? "udp://127.0.0.1:1" : "clip.mp4")
        command.program = program
        command.patience = event == .silence ? 0.3 : 20
        return command
    }

    /// What becomes of the source, in a few words, and how long its last step took in seconds.
    private func outcome(_ state: State, _ event: Event, live: Bool) throws -> (
        words: String, seconds: Double
    ) {
        let command = try command(state, event, live: live)
        let signal = Cancellation()
        var frame = Frame()
        var began = MonotonicClock.seconds
        func stopSoon() throws {
            guard event == .stop else { return }
            _ = try JoinableThread(name: "stop") {
                if signal.sleep(seconds: 0.05) { signal.raise() }
            }
            began = MonotonicClock.seconds + 0.05
        }
        func told(_ words: String) -> (words: String, seconds: Double) {
            (words, max(0, MonotonicClock.seconds - began))
        }
        do throws(CaptureError) {
            if state == .opening { do { try stopSoon() } catch { return told("no thread") } }
            let source = try FFmpegSource(command, isPaced: false, signal: signal)
            var count = 0
            while count < 5, try source.next(into: &frame) { count += 1 }
            if state == .running { do { try stopSoon() } catch { return told("no thread") } }
            began = max(began, MonotonicClock.seconds)
            do throws(CaptureError) {
                if try !source.next(into: &frame) { return told(signal.isRaised ? "stopped" : "ended") }
            } catch {
                guard state == .reopening, live else { throw error }
            }
            do { try stopSoon() } catch { return told("no thread") }
            try source.reopen()
            return told("back")
        } catch {
            switch error {
            case .cancelled: return told("stopped")
            case .lost: return told("lost")
            case .cannotOpen: return told(state == .reopening ? "still lost" : "refused")
            case .invalidData: return told("failed")
            case .noThread: return told("no thread")
            }
        }
    }

    @Test("does what the table says: it is bounded, and no end is taken for an error or the other way round")
    func table() async throws {
        var rows: [String] = []
        for live in [true, false] {
            for state in State.allCases where live || state != .reopening {
                var cells = [live ? "stream" : "file", state.rawValue]
                let outcomes = try await apart {
                    try Event.allCases.map { try outcome(state, $0, live: live) }
                }
                for (event, (words, seconds)) in zip(Event.allCases, outcomes) {
                    // Whoever hangs does so for twenty seconds or ever.
                    let limit: Double = event == .stop ? 5 : 10
                    #expect(seconds < limit, "\(cells) \(event): \(seconds) s")
                    cells.append(words)
                }
                rows.append("| \(cells.joined(separator: " | ")) |")
            }
        }
        let head = "| source | state | \(Event.allCases.map(\.rawValue).joined(separator: " | ")) |"
        let line = "|\(String(repeating: " --- |", count: Event.allCases.count + 2))"
        let table = ([head, line] + rows).joined(separator: "\n")
        print(table)
        let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/states-of-sources.md").standardized
        #expect(
            try String(contentsOf: document, encoding: .utf8).contains(table),
            "docs/states-of-sources.md differs")
    }
}
