import Foundation
import Glibc
import System

/// The events of one day, as a SQLite database: a table `events` with a row a line, and a table `runs` with a row for
/// each program that wrote them.
package final class EventLogFile {
    /// The day.
    package let day: EventDay
    private let database: SQLiteDatabase
    /// The number of the run that writes, once it has begun.
    private(set) var run: Int64?

    /// Opens the file of a day for writing; makes it where it is not there. `run` is the number of a run that has begun
    /// in it before, `busy` the milliseconds that another program's writing is waited for.
    init(
        folder: String, day: EventDay, run: Int64? = nil, busy: Int32
    ) throws(SQLiteDatabase.Failure) {
        self.day = day
        self.run = run
        database = try SQLiteDatabase(path: Self.path(folder, day), patience: busy)
        // With a write-ahead log readers and writers do not wait for one another; FULL forces each transaction to the
        // disk.
        try database.run("PRAGMA journal_mode=WAL")
        try database.run("PRAGMA synchronous=FULL")
        try database.run("BEGIN IMMEDIATE")
        do throws(SQLiteDatabase.Failure) {
            try database.run(
                "CREATE TABLE IF NOT EXISTS runs(id INTEGER PRIMARY KEY, started INTEGER NOT NULL, hello TEXT NOT NULL)"
            )
            try database.run(
                "CREATE TABLE IF NOT EXISTS events(id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, "
                    + "time INTEGER NOT NULL, event TEXT NOT NULL, line TEXT NOT NULL)")
            try database.run("CREATE INDEX IF NOT EXISTS events_by_time ON events(time)")
            try database.run("PRAGMA user_version=1")
            try database.run("COMMIT")
        } catch {
            try? database.run("ROLLBACK")
            throw error
        }
    }

    private func begin(run hello: [UInt8]) throws(SQLiteDatabase.Failure) {
        try database.run(
            "INSERT INTO runs(started, hello) VALUES(?, ?)",
            [.integer(EventTime.now.milliseconds), .text(Self.text(hello))])
        run = database.lastKey
    }

    /// Adds lines in one transaction; each first line among them begins a run.
    ///
    /// - Parameter hello: the first line that holds for those before another.
    /// - Returns: the first line that holds now.
    func write(_ lines: [[UInt8]], hello: [UInt8]) throws(SQLiteDatabase.Failure) -> [UInt8] {
        try database.run("BEGIN IMMEDIATE")
        let before = run
        var hello = hello
        do throws(SQLiteDatabase.Failure) {
            for line in lines {
                if EventEncoder.isHello(line) {
                    // Said again after new options were read: nothing has begun.
                    if line == hello, run != nil { continue }
                    hello = line
                    try begin(run: line)
                    continue
                }
                if run == nil { try begin(run: hello) }
                let time = EventTime(Self.member("time", of: line)) ?? .now
                try database.run(
                    "INSERT INTO events(run, time, event, line) VALUES(?, ?, ?, ?)",
                    [
                        .integer(run ?? 0), .integer(time.milliseconds),
                        .text(Self.member("event", of: line)),
                        .text(Self.text(line)),
                    ])
            }
            try database.run("COMMIT")
        } catch {
            run = before
            try? database.run("ROLLBACK")
            throw error
        }
        return hello
    }

    /// The lines of a day, each with the number of its run, in the order in which they were written; the first line of
    /// a run comes before its others.
    ///
    /// - Parameters:
    ///   - body: gets each line, without its end.
    ///   - onProgress: told after each line how much of the file is read, from 0 to 1.
    /// - Throws: ``EventError/cannotLog(path:reason:)`` where the file can't be read.
    package static func read(
        _ day: EventDay, in folder: String, _ body: (_ run: Int, _ line: [UInt8]) -> Void,
        onProgress: (Double) -> Void = { _ in }
    ) throws(EventError) {
        let path = path(folder, day)
        do {
            let database = try SQLiteDatabase(path: path, isReadOnly: true)
            try database.run("SELECT id, hello FROM runs ORDER BY id") {
                body(Int($0.integer(0)), $0.bytes(1))
            }
            var last = 1.0
            try database.run("SELECT max(id) FROM events") { last = Double($0.integer(0)) }
            try database.run("SELECT run, line, id FROM events ORDER BY id") {
                body(Int($0.integer(0)), $0.bytes(1))
                onProgress(Double($0.integer(2)) / max(1, last))
            }
        } catch {
            throw .cannotLog(path: path, reason: error.description)
        }
    }

    /// The days that a folder has files of, with their paths, the oldest first.
    package static func days(in folder: String) -> [(day: EventDay, path: String)] {
        ((try? FileSystem.names(in: folder)) ?? []).compactMap { name in
            guard name.hasSuffix(".sqlite"), let day = EventDay(String(name.dropLast(7))) else { return nil }
            return (day, "\(folder)/\(name)")
        }.sorted { $0.day < $1.day }
    }

    private static func path(_ folder: String, _ day: EventDay) -> String { "\(folder)/\(day).sqlite" }

    /// A line without its end.
    private static func text(_ line: [UInt8]) -> String {
        String(decoding: line.last == UInt8(ascii: "\n") ? line.dropLast() : line[...], as: UTF8.self)
    }

    /// A member whose value is plain text, as the encoder writes it.
    private static func member(_ name: String, of line: [UInt8]) -> String {
        let text = text(line)
        guard let start = text.firstRange(of: "\"\(name)\":\"") else { return "" }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }
}
