import Capture
import Events
import Foundation
import Glibc
import Pipeline
import System

/// Who gets the events of a live session: standard output, a socket's readers, an MQTT broker, a log, a browser.
///
/// Opened for a set of options beside those of the set before: what both name is shared, so that no reader is sent away.
final class LiveOutlets: Sendable {
    private let settings: LiveSettings
    private let surroundings: LiveSurroundings
    private let server: EventServer?
    private let output: Guarded<StandardOutputSink?>
    #if MQTT
    private let broker: MQTTSink?
    private let home: HomeAssistant?
    #endif
    private let log: EventLog?
    /// What logs of options before have still to write.
    private let unwritten = Guarded<[EventLog.Rest]>([])
    private let browser: LiveBrowser?
    private let onEnd: @Sendable (Result<Int32, any Error>) -> Void

    /// How long standard output may take to write what waits when the program ends, in seconds.
    private static let lastWords = 0.05
    /// What the log of events may take for its last lines, in seconds.
    private static let diskPatience = 1.0

    /// Opens what the settings ask for and is not open yet; nothing is sent before ``begin(hello:isHeadless:)``.
    ///
    /// - Parameters:
    ///   - old: the outlets of the options before.
    ///   - onEnd: called when nobody is left who gets events.
    /// - Throws: ``EventError``, ``Failure``; what `old` has open is as it was then.
    init(
        _ settings: LiveSettings, beside old: LiveOutlets?, _ surroundings: LiveSurroundings,
        _ cancellation: Cancellation,
        onEnd: @escaping @Sendable (Result<Int32, any Error>) -> Void
    ) throws {
        self.settings = settings
        self.surroundings = surroundings
        self.onEnd = onEnd
        #if MQTT
        broker = try settings.broker.map { wanted in
            if let broker = old?.broker, let known = old?.settings.broker, known.isSame(as: wanted) {
                return broker
            }
            return try Self.open(wanted, surroundings)
        }
        if let broker, settings.broker?.announces == true {
            home =
                old?.home?.broker === broker
                ? old?.home : HomeAssistant(broker, program: Program.nameAndVersion)
        } else {
            home = nil
        }
        #else
        guard settings.broker == nil else {
            throw Failure(description: "--mqtt: this raut was built without MQTT")
        }
        #endif
        let server = try Self.openSocket(settings, beside: old, surroundings, cancellation)
        self.server = server
        log = try Self.openLog(settings, beside: old, surroundings)
        browser = try settings.http.map { wanted in
            try LiveBrowser(wanted, beside: old?.browser, report: surroundings.report) {
                server?.readers ?? 0
            }
        }
        output = Guarded(old?.output.withLock { $0 })
    }

    private static func openSocket(
        _ settings: LiveSettings, beside old: LiveOutlets?, _ surroundings: LiveSurroundings,
        _ cancellation: Cancellation
    ) throws -> EventServer? {
        let report: @Sendable (EventServer.Notice) -> Void = { notice in
            switch notice {
            case .remade(let path): surroundings.report("\(path): the event socket was removed: made again")
            case .cannotRemake(let path, let reason):
                surroundings.report("\(path): the event socket was removed: \(reason); trying again")
            case .gone(let path):
                surroundings.report(
                    "\(path): the event socket was removed: nobody can connect until systemd makes it again "
                        + "(systemctl restart raut.socket)")
            }
        }
        guard let path = settings.socketPath else {
            if let old, old.settings.socketPath == nil { return old.server }
            guard let inherited = ServiceNotifier.inheritedSocket else { return nil }
            return try EventServer(listening: inherited, notify: report)
        }
        guard let server = old?.server, old?.settings.socketPath == path else {
            return try EventServer(path: path, access: settings.socketAccess, cancellation, notify: report)
        }
        if old?.settings.socketAccess != settings.socketAccess { try server.change(settings.socketAccess) }
        return server
    }

    private static func openLog(
        _ settings: LiveSettings, beside old: LiveOutlets?, _ surroundings: LiveSurroundings
    ) throws(EventError) -> EventLog? {
        guard let wanted = settings.log else { return nil }
        if let log = old?.log, old?.settings.log?.folder == wanted.folder { return log }
        return try EventLog(folder: wanted.folder, keepingDays: wanted.days) { notice in
            switch notice {
            case .lost(let reason):
                surroundings.report("\(wanted.folder): events can't be kept: \(reason); trying again")
            case .back: surroundings.report("\(wanted.folder): events are kept again")
            }
        }
    }

    /// What a browser is told, where there is one.
    var status: LiveStatus? { browser?.status }

    #if MQTT
    private static func open(_ wanted: Broker, _ surroundings: LiveSurroundings) throws -> MQTTSink {
        let name = wanted.address.name
        return try MQTTSink(wanted.address, authorities: wanted.authorities) { notice in
            switch notice {
            case .lost(let reason): surroundings.report("\(name): \(reason); trying again")
            case .back: surroundings.report("\(name): connected")
            }
        }
    }
    #endif

    /// Begins to send: the first line comes first.
    ///
    /// - Parameter isHeadless: whether events go to standard output without being asked for.
    func begin(hello: Event.Hello, isHeadless: Bool) throws {
        var encoder = EventEncoder()
        let line = encoder.encode(.hello(hello))
        server?.begin(hello: line)
        #if MQTT
        try broker?.begin(hello: line)
        home?.begin()
        #endif
        log?.begin(hello: line)
        log?.keep(days: settings.log?.days)
        try browser?.begin(hello: line)
        let old = output.withLock { $0 }
        guard !settings.isQuiet && (isHeadless || settings.printsEvents) else {
            old?.finish(within: Self.lastWords)
            output.withLock { $0 = nil }
            return
        }
        guard old == nil else { return }
        let isOnly =
            server == nil && settings.broker == nil && log == nil && browser == nil && isHeadless
            && settings.recordPath == nil
        let new = try StandardOutputSink(
            descriptor: surroundings.output, isLossless: settings.pipeline.isPlayback
        ) { [surroundings, onEnd] notice in
            switch notice {
            case .readerGone: if isOnly { onEnd(.success(0)) }
            case .back: surroundings.report("standard output: events are written again")
            case .failed(let reason):
                let said = "standard output: cannot write: \(reason)"
                if isOnly {
                    onEnd(.failure(Failure(description: said)))
                } else {
                    surroundings.report("\(said): events are lost there; trying again")
                }
            }
        }
        new.send(line)
        output.withLock { $0 = new }
    }

    /// Everybody who is there.
    var sinks: [any EventSink] {
        var sinks: [(any EventSink)?] = [output.withLock { $0 }, server, log, browser?.sink]
        #if MQTT
        sinks += [broker, home]
        #endif
        return sinks.compactMap { $0 }
    }

    /// Lets nobody wait any more for who takes no lines.
    func stopWaiting() { output.withLock { $0 }?.stopWaiting() }

    /// Waits for the reader of standard output to take what a clip gave as fast as possible, until the end is asked for.
    func drain() { output.withLock { $0 }?.drain() }

    /// Sends what waits as far as that is quick, and closes all but what other outlets share.
    func close(but kept: LiveOutlets?, until deadline: Deadline = .after(0.2)) {
        let output = output.withLock { $0 }
        if kept == nil { output?.finish(within: min(Self.lastWords, deadline.seconds)) }
        #if MQTT
        // What Home Assistant knows stays when the program ends: it is said to be away.
        if let home, let kept, home.broker.topic != kept.home?.broker.topic { home.withdraw() }
        if let broker, broker !== kept?.broker { broker.stop(until: deadline) }
        #endif
        if let server, server !== kept?.server { server.stop(until: deadline) }
        if let browser, browser !== kept?.browser { browser.close(but: kept?.browser) }
        closeLogs(but: kept)
    }

    /// A log that others take the place of gets the last events of the worker before, and ends when that lets go of it;
    /// the program's end waits for it.
    private func closeLogs(but kept: LiveOutlets?) {
        var rests = unwritten.withLock { $0 }
        if let log, log !== kept?.log { rests.append(log.rest) }
        if let kept, kept !== self {
            return kept.unwritten.change { $0 = ($0 + rests).filter { !$0.isWritten } }
        }
        // A disk that is slow is waited for longer than readers are: what is not written is lost.
        for rest in rests { rest.stop(until: .after(Self.diskPatience)) }
    }
}
