import Foundation
import Glibc
import System

/// Keeps event lines in a folder: a SQLite file a day, which survives a power cut. One program writes to a folder, any
/// number may read.
///
/// Lines are written by a thread of the log's own, once a second at most and in one transaction that is forced to the
/// disk: a power cut takes the last second. Where the disk is full lines wait, up to a megabyte, and are written when
/// there is room; what did not fit is counted in a `dropped` event.
package final class EventLog: EventSink, Sendable {
    /// What a person may want to know; each is said once.
    package enum Notice: Sendable, Equatable {
        /// Lines can't be written; it is tried again until they can.
        case lost(reason: String)
        /// They can again.
        case back
    }

    fileprivate struct State {
        var backlog = LineBacklog(limit: 1 << 20)
        var days: Int?
        var hasBegun = false
        var isStopping = false
    }

    /// What the log's thread gets to do.
    struct Work {
        var lines: [[UInt8]]
        /// How many days are kept.
        var days: Int?
        /// There will be no more.
        var isFinal: Bool
    }

    private let state = Guarded(State())
    private let thread = Guarded<JoinableThread?>(nil)

    /// When lines are written.
    package struct Pace: Sendable {
        /// Seconds between two transactions.
        package var pause: Double
        /// Seconds before a failed one is tried again.
        package var retry: Double
        /// Milliseconds that another program's writing is waited for.
        package var busy: Int32
        /// Bytes that must be free before a disk that was full is one that can be written again: a few lines always
        /// fit somewhere, and each would be said.
        package var neededRoom: UInt64
        /// Tells the day, and with it the file that lines go to.
        package var clock: @Sendable () -> EventTime

        var today: EventDay { EventDay(of: clock()) }

        package init(
            pause: Double = 1, retry: Double = 5, busy: Int32 = 3000, neededRoom: UInt64 = 1 << 18,
            clock: @escaping @Sendable () -> EventTime = { .now }
        ) {
            (self.pause, self.retry, self.busy) = (pause, retry, busy)
            (self.neededRoom, self.clock) = (neededRoom, clock)
        }
    }

    /// Seconds that ``stop()`` waits for the disk.
    private static let lastWords = 5.0
    /// Seconds that a program which is just ending may keep the log for itself.
    private static let lockPatience = 1.0
    /// The file that the program which writes has locked.
    private static let lockName = "writing.lock"

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - folder: where the files are; made where it is not there.
    ///   - days: how many days are kept, today among them; nil for all.
    ///   - hello: the first line of this run, unless ``begin(hello:)`` tells it.
    ///   - notify: called from the log's thread.
    /// - Throws: ``EventError/cannotLog(path:reason:)``.
    package convenience init(
        folder: String, keepingDays days: Int? = nil, hello: [UInt8] = [],
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(folder: folder, keepingDays: days, hello: hello, pace: Pace(), notify: notify)
    }

    package init(
        folder: String, keepingDays days: Int? = nil, hello: [UInt8], pace: Pace,
        notify: @escaping @Sendable (Notice) -> Void
    ) throws(EventError) {
        if FileName.withCString(folder, { mkdir($0, 0o777) }) != 0, errno != EEXIST {
            throw .cannotLog(path: folder, reason: "\(Errno.last)")
        }
        let lock = try Self.lock(folder)
        // What can't be written at all is known before the first face comes; a full disk may have room by then.
        do throws(SQLiteDatabase.Failure) {
            _ = try EventLogFile(folder: folder, day: pace.today, busy: pace.busy)
        } catch {
            if !error.isFull { throw .cannotLog(path: folder, reason: error.description) }
        }
        keep(days: days)
        if !hello.isEmpty { begin(hello: hello) }
        do {
            let started = try JoinableThread(name: "raut-log") { [state] in
                EventLogWriter(folder: folder, pace: pace, notify: notify).run { patience in
                    Self.next(state, patience, pause: pace.pause)
                }
                withExtendedLifetime(lock) {}
            }
            thread.withLock { $0 = started }
        } catch {
            throw .cannotLog(path: folder, reason: "no thread: \(error)")
        }
    }

    /// Writes what is left and ends by itself, some time after nobody sends any more.
    deinit { state.change { $0.isStopping = true } }

    private static func lock(_ folder: String) throws(EventError) -> FolderLock {
        do throws(Errno) {
            return try FolderLock(file: "\(folder)/\(lockName)", until: .after(lockPatience))
        } catch {
            throw .cannotLog(
                path: folder,
                reason: error == .tryAgain
                    ? "another program writes to it: name another folder" : error.description)
        }
    }

    /// Begins with the first line of this run; called again, it does nothing.
    package func begin(hello: [UInt8]) {
        state.change { state in
            if !state.hasBegun { state.backlog.append(hello) }
            state.hasBegun = true
        }
    }

    /// Keeps so many days from now on, today among them; nil for all.
    package func keep(days: Int?) { state.change { $0.days = days } }

    /// What happened to faces is kept even where readers get frames or summaries.
    package var wantsChanges: Bool { true }

    /// Leaves a line for the log's thread.
    package func send(_ line: [UInt8]) { state.change { $0.backlog.append(line) } }

    /// Writes what waits, and ends.
    package func stop() { stop(until: .after(Self.lastWords)) }

    /// The same, but waits no longer than the deadline for the disk; what is left is written meanwhile.
    package func stop(until deadline: Deadline) { rest.stop(until: deadline) }

    /// What there is still to write, for who lets go of the log and must not end the program before it is written.
    package var rest: Rest { Rest(state: state, thread: thread.withLock { $0 }) }

    /// What a log has still to write, which goes on without it.
    package struct Rest: Sendable {
        fileprivate let state: Guarded<State>
        fileprivate let thread: JoinableThread?

        /// True once all is written.
        package var isWritten: Bool { thread?.isOver ?? true }

        /// Has it written now, and waits for that until a deadline.
        package func stop(until deadline: Deadline) {
            state.change { $0.isStopping = true }
            _ = thread?.join(until: deadline)
        }
    }

    /// Waits for lines, or for so many seconds, and takes them; true with the last ones.
    private static func next(
        _ state: Guarded<State>, _ patience: Double?, pause: Double
    ) -> Work {
        let deadline = patience.map { Deadline.after($0) } ?? .never
        let isThere = state.wait(until: deadline) { state in
            !state.backlog.isEmpty || state.isStopping ? true : nil
        }
        // So that many lines share a transaction; the end comes at once.
        if isThere != nil { _ = state.wait(until: .after(pause)) { $0.isStopping ? true : nil } }
        return state.withLock { state in
            var lines: [[UInt8]] = []
            state.backlog.noticeLoss()
            while !state.backlog.isEmpty { lines.append(state.backlog.takeLine()) }
            return Work(lines: lines, days: state.days, isFinal: state.isStopping)
        }
    }
}

/// Writes lines to the file of their day. Used from one thread.
private final class EventLogWriter {
    private let folder: String
    private let pace: EventLog.Pace
    private let notify: (EventLog.Notice) -> Void
    /// The day on which old files were removed, and how many days were kept then.
    private var cleaned: (day: EventDay, days: Int?)?
    private var file: EventLogFile?
    private var known: (day: EventDay, run: Int64)?
    private var hello: [UInt8] = []
    private var isLost = false

    init(folder: String, pace: EventLog.Pace, notify: @escaping (EventLog.Notice) -> Void) {
        self.folder = folder
        self.pace = pace
        self.notify = notify
    }

    /// Writes what `next` gives until that says that it is the last; `next` waits for lines, and no longer than the
    /// seconds that it is told.
    func run(_ next: (Double?) -> EventLog.Work) {
        var waiting: [[UInt8]] = []
        var isFinal = false
        while !isFinal {
            let taken = next(waiting.isEmpty ? nil : pace.retry)
            isFinal = taken.isFinal
            waiting += taken.lines
            // Bounds what waits for a disk that is full; the newest lines are kept, and those that go are counted.
            limit(&waiting)
            do throws(SQLiteDatabase.Failure) {
                try write(waiting)
                removeOld(keeping: taken.days)
                waiting.removeAll()
                if isLost, hasRoom {
                    notify(.back)
                    isLost = false
                }
            } catch {
                file = nil
                if !isLost { notify(.lost(reason: error.description)) }
                isLost = true
            }
        }
        file = nil
    }

    private var hasRoom: Bool { FileSystem.room(at: folder).map { $0 >= pace.neededRoom } ?? true }

    private func limit(_ waiting: inout [[UInt8]]) {
        var bytes = waiting.reduce(0) { $0 + $1.count }
        var dropped = 0
        while bytes > 1 << 20, !waiting.isEmpty {
            bytes -= waiting.removeFirst().count
            dropped += 1
        }
        guard dropped > 0 else { return }
        var encoder = EventEncoder()
        waiting.insert(encoder.encode(.dropped(count: dropped)), at: 0)
    }

    private func write(_ lines: [[UInt8]]) throws(SQLiteDatabase.Failure) {
        let today = pace.today
        if file?.day != today {
            let run = known.flatMap { $0.day == today ? $0.run : nil }
            file = try EventLogFile(folder: folder, day: today, run: run, busy: pace.busy)
        }
        guard let file else { return }
        hello = try file.write(lines, hello: hello)
        known = file.run.map { (today, $0) }
    }

    /// Removes the files of days that are not kept any more, and nothing else.
    private func removeOld(keeping days: Int?) {
        let today = pace.today
        if let cleaned, cleaned == (today, days) { return }
        cleaned = (today, days)
        guard let days else { return }
        let oldest = today.before(days: max(1, days) - 1)
        for (day, path) in EventLogFile.days(in: folder) where day < oldest {
            for ending in ["", "-wal", "-shm"] { FileName.withCString(path + ending) { _ = unlink($0) } }
        }
    }
}
