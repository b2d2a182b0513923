import Glibc
import System

/// What became of the frames, and how long they took: counted by all threads, read by any.
package final class Statistics: Sendable {
    /// Counts since the beginning.
    package struct Counts: Sendable, Equatable {
        /// Frames that the source gave.
        package var taken = 0
        /// Frames that a newer one replaced before they were looked at.
        package var dropped = 0
        /// Frames looked at.
        package var worked = 0
        /// When the last one was looked at, in nanoseconds of the monotonic clock; 0 before the first.
        package var lastWorked: UInt64 = 0
        /// Frames whose bytes were no picture.
        package var broken = 0
        /// From when a frame was taken to when its events were sent.
        package var latency = LatencyHistogram()
        /// How long each stage of those frames took.
        package var stages = StageClock.Sums()

        package init() {}

        /// What was counted after an earlier moment.
        package func since(_ earlier: Counts) -> Counts {
            var difference = self
            difference.taken -= earlier.taken
            difference.dropped -= earlier.dropped
            difference.worked -= earlier.worked
            difference.broken -= earlier.broken
            difference.latency = latency.since(earlier.latency)
            difference.stages = stages.since(earlier.stages)
            return difference
        }
    }

    private let counts = Guarded(Counts())

    package init() {}

    package func update(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }

    /// The counts up to now.
    package var snapshot: Counts { counts.withLock { $0 } }
}

/// How often which latency was seen, in steps of 5 %, without remembering each.
package struct LatencyHistogram: Sendable, Equatable {
    /// Upper bounds of the steps begin here, in milliseconds.
    private static let first = 0.05
    private static let ratio = 1.05
    private var steps = [Int](repeating: 0, count: 300)
    package private(set) var count = 0
    /// The sum of all, in milliseconds.
    package private(set) var total = 0.0

    package init() {}

    package mutating func add(milliseconds: Double) {
        let step = log(max(milliseconds, Self.first) / Self.first) / log(Self.ratio)
        steps[step.isFinite ? max(0, min(steps.count - 1, Int(step.rounded(.up)))) : 0] += 1
        count += 1
        if milliseconds.isFinite { total += max(0, milliseconds) }
    }

    /// How many were no longer than this, as far as the steps of 5 % tell.
    package func count(upTo milliseconds: Double) -> Int {
        var below = 0
        for (index, number) in steps.enumerated() {
            guard Self.first * pow(Self.ratio, Double(index)) <= milliseconds else { break }
            below += number
        }
        return below
    }

    /// The latency in milliseconds below which a share of all lie, at most 5 % too high; 0 where there are none.
    package func percentile(_ share: Double) -> Double {
        let wanted = Int((Double(count) * share).rounded(.up))
        var below = 0
        for (index, number) in steps.enumerated() {
            below += number
            if below >= wanted, below > 0 { return Self.first * pow(Self.ratio, Double(index)) }
        }
        return 0
    }

    func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
        var difference = self
        for index in steps.indices { difference.steps[index] -= earlier.steps[index] }
        difference.count -= earlier.count
        difference.total -= earlier.total
        return difference
    }
}

/// Processor time and memory of this process.
package struct ProcessUsage: Sendable {
    /// Processor seconds of all threads, user and system.
    package var seconds: Double
    /// Resident memory in bytes.
    package var memory: Int
    /// When it was looked at, on the monotonic clock in seconds.
    package var time: Double

    /// Looks at it now.
    package static var now: ProcessUsage {
        var usage = rusage()
        // RUSAGE_SELF; the imported constant has the type of an enum on some systems and not on others.
        getrusage(__rusage_who_t(0), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return ProcessUsage(
            seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: residentMemory(),
            time: Double(MonotonicClock.now) * 1e-9)
    }

    /// Processor time since an earlier look, as a share of one core.
    package func share(since earlier: ProcessUsage) -> Double {
        time > earlier.time ? (seconds - earlier.seconds) / (time - earlier.time) : 0
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static func residentMemory() -> Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { room in
            let count = read(file, room.baseAddress, room.count)
            guard count > 0 else { return 0 }
            let fields = room[..<count].split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard fields.count > 1 else { return 0 }
            let pages = fields[1].reduce(0) { $0 * 10 + Int($1) - 48 }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }
}
