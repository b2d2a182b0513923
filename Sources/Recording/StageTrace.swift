import Pipeline
import System

/// Writes down when each stage of each frame began and how long it took, as a file for Chrome's `chrome://tracing` and for
/// Perfetto (the JSON array form of the Trace Event Format).
///
/// The worker only leaves numbers here; a thread of its own writes. Where the disk is too slow frames are left out, and
/// how many is said in the end. A file that was cut short can still be read: the closing bracket is optional.
package final class StageTrace: Sendable {
    private struct Entry: Sendable {
        var frame: Int
        var taken: UInt64
        var clock: StageClock
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var lost = 0
        var isEnding = false
    }

    /// Frames that may wait to be written.
    private static let limit = 4096
    /// How often they are written, in seconds.
    private static let interval = 0.25

    private let state = Guarded(State())
    private let thread = Guarded<JoinableThread?>(nil)
    /// The file that is written, with a number in its name where the one asked for was there.
    package let path: String

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: the file; one that is there is not written over: a number is added to the name.
    ///   - say: told which file is taken instead; from its thread, where it can't be written any more.
    /// - Throws: ``RecordingError`` where it can't be made.
    package init(path: String, say: @escaping @Sendable (String) -> Void) throws(RecordingError) {
        state.withLock { $0.entries.reserveCapacity(Self.limit) }
        do throws(Errno) {
            self.path = try NewFile.make(path)
            if self.path != path { say("\(path) is there already: the trace goes to \(self.path)") }
            let started = try JoinableThread(name: "raut-trace") { [state, path = self.path] in
                do throws(Errno) {
                    try Self.write(state, to: OpenFile(writing: path))
                } catch {
                    say("\(path): cannot go on with the trace: \(error.description)")
                }
            }
            thread.withLock { $0 = started }
        } catch {
            throw .cannotWrite(path: path, reason: error.description)
        }
    }

    /// Takes a frame's times; called by the worker.
    package func add(_ frame: Int, taken: UInt64, _ clock: StageClock) {
        state.withLock { state in
            guard state.entries.count < Self.limit else { return state.lost += 1 }
            state.entries.append(Entry(frame: frame, taken: taken, clock: clock))
        }
    }

    /// Writes what is left and closes the file.
    package func finish(until deadline: Deadline = .after(1)) {
        state.change { $0.isEnding = true }
        thread.withLock { $0 }?.join(until: deadline)
    }

    private static func write(_ state: Guarded<State>, to file: consuming OpenFile) throws(Errno) {
        var text = "["
        for (number, name) in [(1, "frames"), (2, "worker")] {
            text +=
                #"{"name":"thread_name","ph":"M","pid":1,"tid":\#(number),"args":{"name":"\#(name)"}},"#
                + "\n"
        }
        var entries: [Entry] = []
        entries.reserveCapacity(limit)
        var isEnding = false
        while !isEnding {
            isEnding = state.watch(until: .after(interval)) { $0.isEnding ? true : nil } ?? false
            entries.removeAll(keepingCapacity: true)
            let lost = state.withLock { state in
                swap(&state.entries, &entries)
                return state.lost
            }
            for entry in entries { append(entry, to: &text) }
            if isEnding {
                text +=
                    #"{"name":"frames left out","ph":"C","ts":0,"pid":1,"args":{"count":\#(lost)}}]"# + "\n"
            }
            let bytes = Array(text.utf8)
            try bytes.span.bytes.withUnsafeBytes { raw throws(Errno) in try file.write(raw) }
            text = ""
        }
    }

    /// A bar for the time from the camera to the worker, and one for each stage.
    private static func append(_ entry: Entry, to text: inout String) {
        func bar(_ name: String, _ thread: Int, _ begin: UInt64, _ duration: UInt64) {
            text +=
                #"{"name":"\#(name)","ph":"X","pid":1,"tid":\#(thread),"ts":\#(microseconds(begin)),"#
                + #""dur":\#(microseconds(duration)),"args":{"frame":\#(entry.frame)}},"# + "\n"
        }
        if entry.clock.start > entry.taken { bar("waits", 1, entry.taken, entry.clock.start - entry.taken) }
        entry.clock.forEach { stage, begin, duration in bar("\(stage)", 2, begin, duration) }
    }

    private static func microseconds(_ nanoseconds: UInt64) -> String {
        "\(nanoseconds / 1000).\("\(1000 + nanoseconds % 1000)".dropFirst())"
    }
}
