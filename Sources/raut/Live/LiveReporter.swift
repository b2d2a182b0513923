import Events
import Foundation
import Pipeline
import System

/// Says every so often how a pipeline is doing: on standard error where it was asked to, and to systemd where that
/// wants to know.
final class LiveReporter: Sendable {
    private struct State: Sendable {
        var interval: Double?
        var isEnding = false
    }

    private let state: Guarded<State>

    /// How often `systemctl status` is told something new, in seconds.
    private static let statusInterval = 5.0

    /// - Parameters:
    ///   - interval: seconds between two lines of statistics, or nil for none.
    ///   - report: says a line.
    /// - Throws: ``PipelineError/noThread(reason:)``.
    init(
        _ pipeline: Pipeline, interval: Double?, report: @escaping @Sendable (String) -> Void
    ) throws(PipelineError) {
        state = Guarded(State(interval: interval))
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-reporter") { [state] in
                var statistics = interval.map { Period($0, pipeline) }
                var service = ServiceNotifier.isWatched ? Period(Self.serviceInterval, pipeline) : nil
                while true {
                    let due = [statistics?.due, service?.due].compactMap { $0 }.reduce(Deadline.never) {
                        $0.or($1)
                    }
                    let seconds = statistics?.seconds
                    let change = state.wait(until: due) { state -> State? in
                        state.isEnding || state.interval != seconds ? state : nil
                    }
                    if let change {
                        if change.isEnding { return }
                        statistics = change.interval.map { Period($0, pipeline) }
                    }
                    statistics?.endIfDue(pipeline) { report(Self.line($0, hint: pipeline.currentScene.hint)) }
                    service?.endIfDue(pipeline) { Self.tellService($0, pipeline) }
                }
            }
        } catch {
            throw .noThread(reason: error.description)
        }
    }

    /// Seconds between two lines of statistics from now on, or nil for none.
    var interval: Double? {
        get { state.withLock { $0.interval } }
        set { state.change { $0.interval = newValue } }
    }

    /// Says nothing more.
    func stop() { state.change { $0.isEnding = true } }

    private static var serviceInterval: Double {
        min(statusInterval, (ServiceNotifier.watchdogInterval ?? .infinity) / 3)
    }

    private static func tellService(_ summary: Summary, _ pipeline: Pipeline) {
        // Each thread must have got on, that of a lost source too: a try to open it again that hangs is a hang.
        if pipeline.isAlive(within: (ServiceNotifier.watchdogInterval ?? 60) / 2) { ServiceNotifier.alive() }
        let faces = pipeline.currentScene.faces.count
        ServiceNotifier.status(
            pipeline.isSourceLost
                ? "the source is not there, waiting for it"
                : "\(faces) face\(faces == 1 ? "" : "s"), \(decimal(summary.rate, 1)) frames/s"
                    + (pipeline.currentScene.hint.map { "; \($0)" } ?? ""))
    }

    /// `30.0 frames/s: 300 taken, 0 dropped, 300 worked on; latency 4.1 ms p50, 7.9 ms p99; CPU 9.8 % of a core; 41
    /// MB`.
    static func line(_ summary: Summary, hint: ViewHint? = nil) -> String {
        let counts = summary.counts
        let latency = counts.latency
        let broken = counts.broken > 0 ? ", \(counts.broken) broken" : ""
        return "\(decimal(summary.rate, 1)) frames/s: \(counts.taken) taken, \(counts.dropped) dropped, "
            + "\(counts.worked) worked on\(broken); latency \(decimal(latency.percentile(0.5), 1)) ms p50, "
            + "\(decimal(latency.percentile(0.99), 1)) ms p99; CPU \(decimal(100 * summary.share, 1)) % of a core; "
            + "\(decimal(Double(summary.memory) / 1e6, 1)) MB" + stages(counts.stages)
            + (hint.map { "; \($0)" } ?? "")
    }
}

extension LiveReporter {
    /// `; decode 0.2, search 2.9, recognize 1.1 ms`: the means of the stages that take longest.
    private static func stages(_ sums: StageClock.Sums) -> String {
        let means = [Stage.decode, .search, .recognize].compactMap { stage in
            sums.mean(stage).map { "\(stage) \(decimal($0, 1))" }
        }
        return means.isEmpty ? "" : "; \(means.joined(separator: ", ")) ms"
    }
}

/// What happened within some seconds.
struct Summary: Sendable {
    var counts: Statistics.Counts
    var seconds: Double
    /// Processor time as a share of one core.
    var share: Double
    /// Resident memory in bytes.
    var memory: Int

    /// Frames worked on a second.
    var rate: Double { seconds > 0 ? Double(counts.worked) / seconds : 0 }
}

/// Seconds after which something is said, again and again.
private struct Period {
    let seconds: Double
    private(set) var due: Deadline
    private var counts: Statistics.Counts
    private var usage: ProcessUsage

    init(_ seconds: Double, _ pipeline: Pipeline) {
        self.seconds = seconds
        due = .after(seconds)
        counts = pipeline.counts
        usage = .now
    }

    mutating func endIfDue(_ pipeline: Pipeline, _ say: (Summary) -> Void) {
        guard due.isOver else { return }
        due = .after(seconds)
        let (counts, usage) = (pipeline.counts, ProcessUsage.now)
        say(
            Summary(
                counts: counts.since(self.counts), seconds: usage.time - self.usage.time,
                share: usage.share(since: self.usage), memory: usage.memory))
        self.counts = counts
        self.usage = usage
    }
}
