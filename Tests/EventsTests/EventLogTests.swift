import Events
import Faces
import Foundation
import Glibc
import System
import Testing
import TestSupport

private let hello = Array("{\"event\":\"hello\",\"version\":1,\"source\":\"demo\"}\n".utf8)

private func line(_ number: Int) -> [UInt8] {
    Array("{\"event\":\"appeared\",\"time\":\"2026-11-23T10:00:00.000Z\",\"face\":\(number)}\n".utf8)
}

@Suite("the log of events", .serialized)
struct EventLogTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/log" }

    /// A day that does not end while a test runs.
    private static let noon = EventTime(milliseconds: 1_790_000_000_000)
    private let today = EventDay(of: noon)
    private let pace = EventLog.Pace(pause: 0.02, clock: { noon })

    private func lines(of day: EventDay? = nil) throws -> [String] {
        var all: [(Int, [UInt8])] = []
        try EventLogFile.read(day ?? today, in: path) { all.append(($0, $1)) }
        return all.map { "\($0.0) \(String(decoding: $0.1, as: UTF8.self))" }
    }

    @Test("what was sent is there after the end, each line as it was, with the run that wrote it")
    func kept() throws {
        let log = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        for number in 0..<500 { log.send(line(number)) }
        log.stop()
        let kept = try lines()
        #expect(kept.count == 501)
        #expect(kept.first == "1 {\"event\":\"hello\",\"version\":1,\"source\":\"demo\"}")
        #expect(kept.last == "1 {\"event\":\"appeared\",\"time\":\"2026-11-23T10:00:00.000Z\",\"face\":499}")
        #expect(EventLogFile.days(in: path).map(\.day) == [today])
    }

    @Test("a second program is refused a log that one writes to, and gets it when that has ended")
    func twoWriters() throws {
        let one = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        one.send(line(1))
        #expect {
            try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        } throws: { "\($0)".contains("another program writes to it: name another folder") }
        one.stop()
        let other = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        other.send(line(2))
        other.stop()
        let kept = try lines()
        for run in ["1 ", "2 "] { #expect(kept.count { $0.hasPrefix(run) } == 2) }
    }

    @Test("a first line that is said again begins no run; another one does")
    func saidAgain() throws {
        let log = try EventLog(folder: path, hello: [], pace: pace) { _ in }
        log.begin(hello: hello)
        log.begin(hello: line(9))
        log.send(line(1))
        log.greet(hello, inView: [])
        log.send(line(2))
        log.greet(Array(#"{"event":"hello","version":1,"source":"clip"}"#.utf8) + [10], inView: [])
        log.send(line(3))
        log.stop()
        let kept = try lines()
        #expect(kept.map { $0.prefix(2) } == ["1 ", "2 ", "1 ", "1 ", "2 "])
    }

    @Test("a log that nobody holds any more writes what it was given, and lets others write")
    func letGo() throws {
        var log: EventLog? = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        log?.send(line(1))
        let rest = log?.rest
        log = nil
        #expect(eventually { rest?.isWritten ?? false })
        let next = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        next.stop()
        #expect(try lines().count == 3)
    }

    @Test("who lets go of a log can wait until what it was given is written, whoever else still holds it")
    func rest() throws {
        let pace = EventLog.Pace(pause: 3600, clock: { Self.noon })
        let log = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        for number in 0..<100 { log.send(line(number)) }
        let rest = log.rest
        rest.stop(until: .after(30))
        #expect(try withExtendedLifetime(log) { try rest.isWritten && lines().count == 101 })
    }

    @Test("a disk on which a few lines fit now and then is said to be full once")
    func hardlyAnyRoom() throws {
        let box = NoticeBox()
        let pace = EventLog.Pace(pause: 0.02, retry: 0.05, busy: 50, neededRoom: .max, clock: { Self.noon })
        let log = try EventLog(folder: path, hello: hello, pace: pace) { box.add($0) }
        let other = try SQLiteDatabase(path: "\(path)/\(today).sqlite")
        for round in 1...3 {
            // Nothing can be written, as on a full disk; then a little can.
            try other.run("BEGIN IMMEDIATE")
            log.send(line(round))
            #expect(eventually { box.notices.count == 1 })
            try other.run("ROLLBACK")
            #expect(eventually { (try? lines().count) == round + 1 })
        }
        log.stop()
        #expect(box.notices.count == 1)
    }

    @Test("the file is whole while it is written: another reader sees whole transactions")
    func readWhileWritten() throws {
        let log = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        log.send(line(1))
        #expect(eventually { (try? lines().count) == 2 })
        log.send(line(2))
        #expect(eventually { (try? lines().count) == 3 })
        log.stop()
    }

    @Test("old days are removed as asked, and nothing else")
    func keeping() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let now = Self.noon
        func day(_ ago: Int) -> String {
            EventDay(of: EventTime(milliseconds: now.milliseconds - Int64(ago) * 86_400_000)).description
        }
        let old = ["\(day(2)).sqlite", "\(day(3)).sqlite", "\(day(3)).sqlite-wal"]
        let kept = ["\(day(1)).sqlite", "notes.txt", "backup-\(day(9)).sqlite", "\(day(9)).sqlite.gz"]
        for name in old + kept { try Data().write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        let log = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        log.send(line(1))
        #expect(eventually { (try? lines().count) == 2 })
        #expect(old.allSatisfy { FileManager.default.fileExists(atPath: "\(path)/\($0)") })
        // As when other options are read.
        log.keep(days: 2)
        log.send(line(2))
        log.stop()
        let left = Set(try FileManager.default.contentsOfDirectory(atPath: path))
        #expect(old.allSatisfy { !left.contains($0) } && kept.allSatisfy { left.contains($0) })
    }

    @Test("at midnight lines go on in the next day's file, which begins with the first line again")
    func midnight() throws {
        let time = Guarded(Self.noon)
        let log = try EventLog(
            folder: path, hello: hello, pace: .init(pause: 0.02, clock: { time.withLock { $0 } })
        ) { _ in }
        log.send(line(1))
        #expect(eventually { (try? lines().count) == 2 })
        time.change { $0.milliseconds += 86_400_000 }
        log.send(line(2))
        log.stop()
        let days = EventLogFile.days(in: path).map(\.day)
        #expect(days.count == 2 && days.first == today)
        let second: EventDay = try #require(days.last)
        let next = try lines(of: second)
        #expect(next.count == 2 && next.first?.contains("hello") == true)
        #expect(next.last?.hasSuffix(#""face":2}"#) == true)
    }

    @Test("a folder's name may be any bytes")
    func anyName() throws {
        let path = FileName.decode(Array("\(folder.path)/log ".utf8) + [0xFF])
        let log = try EventLog(folder: path, hello: hello, pace: pace) { _ in }
        log.send(line(1))
        log.stop()
        let names = try FileSystem.names(in: folder.path).map { FileName.encode($0).last }
        #expect(names == [0xFF])
        #expect(EventLogFile.days(in: path).map(\.day) == [today])
    }

    @Test("a folder that can't be written is refused at once, in one line")
    func unwritable() throws {
        #expect(throws: EventError.self) { try EventLog(folder: "/proc/none/log", hello: hello) }
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(throws: EventError.self) { try EventLog(folder: path, hello: hello, pace: pace) { _ in } }
    }

    @Test("a file that is no database is said, not overwritten")
    func foreign() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let file = "\(path)/\(today).sqlite"
        let words = Data("this is somebody's diary, and no database at all; it is longer than a header".utf8)
        try words.write(to: URL(fileURLWithPath: file))
        #expect(throws: EventError.self) { try EventLog(folder: path, hello: hello, pace: pace) { _ in } }
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == words)
        #expect(throws: EventError.self) { try lines() }
    }

    @Test("what can't be written waits, is said once, and is written when it can be again")
    func held() throws {
        let box = NoticeBox()
        var held = pace
        (held.retry, held.busy) = (0.05, 50)
        let log = try EventLog(folder: path, hello: hello, pace: held) {
            box.add($0)
        }
        log.send(line(1))
        #expect(eventually { (try? lines().count) == 2 })
        // Another program that has the file for itself for long: like a full disk, nothing can be written.
        let other = try SQLiteDatabase(path: "\(path)/\(today).sqlite")
        try other.run("BEGIN IMMEDIATE")
        for number in 2..<50 { log.send(line(number)) }
        #expect(eventually { box.notices.count == 1 })
        #expect(try holds(for: 0.2) { try lines().count == 2 })
        try other.run("ROLLBACK")
        #expect(eventually { (try? lines().count) == 50 })
        log.stop()
        let words = box.notices
        #expect(words.count == 2 && words.last == .back)
        #expect(try lines().allSatisfy { $0.hasPrefix("1 ") })
    }

    private final class NoticeBox: Sendable {
        private let all = Guarded<[EventLog.Notice]>([])
        var notices: [EventLog.Notice] { all.withLock { $0.map { $0 } } }
        func add(_ notice: EventLog.Notice) { all.withLock { $0.append(notice) } }
    }
}

@Suite("moments as text")
struct EventTimeTextTests {
    @Test(
        "what is written is read again",
        arguments: [0, 1, 951_782_400_123, 1_764_187_530_999, 253_402_300_799_999])
    func roundTrip(milliseconds: Int64) {
        var line = JSONLine()
        line.element(EventTime(milliseconds: milliseconds))
        let text = String(decoding: line.bytes.dropFirst().dropLast(), as: UTF8.self)
        #expect(EventTime(text)?.milliseconds == milliseconds)
    }

    @Test(
        "anything else is none",
        arguments: ["", "2026-11-23", "2026-13-01T00:00:00.000Z", "2026-11-23T20:15:30.123+"])
    func wrong(text: String) { #expect(EventTime(text) == nil) }

    @Test(
        "days before are counted by the calendar",
        arguments: [
            ("2026-10-25", 1, "2026-10-24"), ("2026-10-25", 0, "2026-10-25"),
            ("2026-10-25", 25, "2026-09-30"),
            ("2024-03-01", 1, "2024-02-29"), ("2026-01-01", 1, "2025-12-31"),
        ])
    func daysBefore(day: String, days: Int, wanted: String) {
        #expect(EventDay(day)?.before(days: days).description == wanted)
    }

    @Test("a day is read and written alike")
    func days() {
        #expect(EventDay("2026-11-23")?.description == "2026-11-23")
        for wrong in ["2026-11", "2026-13-01", "x", "2026-11-23.sqlite", "../../../etc"] {
            #expect(EventDay(wrong) == nil)
        }
    }
}

@Suite("summaries")
struct SummaryTests {
    private func face(_ number: Int, _ emotion: Emotion) -> TrackedFace {
        var probabilities = EmotionProbabilities(lanes: SIMD8(repeating: 0))
        probabilities[emotion] = 1
        return TrackedFace(
            number: number, box: .init(x: 0, y: 0, width: 9, height: 9), rawProbabilities: probabilities,
            probabilities: probabilities, emotion: emotion)
    }

    @Test("a minute tells seconds seen, faces, visits, changes and shares; the next begins anew")
    func minute() throws {
        var clock = SummaryClock(interval: 60)
        var summary: EventSummary?
        // Ten frames a second: nobody for 30 s, then happy for 20 s, then sad for 10 s.
        for frame in 0...600 {
            let emotion: Emotion? = frame <= 300 ? nil : frame <= 500 ? .happy : .sad
            if frame == 301 { clock.add([.appeared(face(1, .happy))]) }
            if frame == 501 { clock.add([.changed(face(1, .sad))]) }
            let faces = emotion.map { [face(1, $0)] } ?? []
            summary = clock.add(faces, at: 5_000_000_000 + UInt64(frame) * 100_000_000) ?? summary
        }
        let minute = try #require(summary)
        #expect(minute.seconds == 60 && abs(minute.seen - 30) < 1e-6)
        #expect(minute.faces == 1 && minute.visits == 1 && minute.changes == 1)
        #expect(abs(minute.shares[Emotion.happy.rawValue] - 2.0 / 3) < 1e-6)
        #expect(abs(minute.shares[Emotion.sad.rawValue] - 1.0 / 3) < 1e-6)
        #expect(clock.rest() == nil)
    }

    @Test("time without frames is no time in which a face was seen")
    func gap() throws {
        var clock = SummaryClock(interval: 60)
        _ = clock.add([face(1, .happy)], at: 0)
        let summary = clock.add([face(1, .happy)], at: 90_000_000_000)
        #expect(summary?.seconds == 90 && summary?.seen == 0 && summary?.faces == 1)
    }
}
