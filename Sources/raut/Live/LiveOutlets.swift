import Capture
import Events
import Foundation

/// Who gets the events of a live session: standard output, a socket's readers, an MQTT broker.
///
/// They outlive a change of the options where those that concern them are the same, so that no reader is sent away.
final class LiveOutlets: @unchecked Sendable {
    // Sendable unchecked because the session's thread alone uses it.
    private var output: StandardOutputSink?
    private var server: EventServer?
    #if MQTT
    private var broker: MQTTSink?
    #endif
    private var settings: LiveSettings?

    /// How long standard output may take to write what waits when the program ends, in seconds.
    private static let lastWords = 0.1

    /// Opens what the settings ask for and is not open yet, and sends the first line to all.
    ///
    /// - Parameters:
    ///   - isHeadless: whether events go to standard output without being asked for.
    ///   - onReaderGone: called when standard output's reader is gone and nobody else gets events.
    func open(
        _ settings: LiveSettings, isHeadless: Bool, hello: [UInt8],
        onReaderGone: @escaping @Sendable () -> Void
    ) throws {
        let old = self.settings
        if server == nil || old?.socketPath != settings.socketPath
            || old?.socketAccess != settings.socketAccess
        {
            server?.stop()
            server = nil
            server = try Self.openSocket(settings, hello: hello)
        } else {
            server?.greet(hello)
        }
        try openBroker(settings, isSame: old?.broker == settings.broker, hello: hello)
        let wantsOutput = !settings.isQuiet && (isHeadless || settings.printsEvents)
        if !wantsOutput {
            output?.finish(within: Self.lastWords)
            output = nil
        } else if output == nil {
            let isEnd = server == nil && settings.broker == nil && isHeadless && settings.recordPath == nil
            output = StandardOutputSink(isLossless: settings.pipeline.isPlayback) {
                if isEnd { onReaderGone() }
            }
        }
        output?.send(hello)
        self.settings = settings
    }

    /// Everybody who is there.
    var sinks: [any EventSink] {
        var sinks: [(any EventSink)?] = [output, server]
        #if MQTT
        sinks.append(broker)
        #endif
        return sinks.compactMap { $0 }
    }

    /// Sends what waits as far as that is quick, and closes all.
    func close() {
        output?.finish(within: Self.lastWords)
        #if MQTT
        broker?.stop()
        #endif
        server?.stop()
    }

    private static func openSocket(_ settings: LiveSettings, hello: [UInt8]) throws -> EventServer? {
        if let path = settings.socketPath {
            return try EventServer(path: path, access: settings.socketAccess, hello: hello)
        }
        guard let inherited = ServiceNotifier.inheritedSocket else { return nil }
        return try EventServer(listening: inherited, hello: hello)
    }

    private func openBroker(_ settings: LiveSettings, isSame: Bool, hello: [UInt8]) throws {
        #if MQTT
        if isSame, let broker {
            broker.greet(hello)
            return
        }
        broker?.stop()
        broker = try settings.broker.map { wanted in
            try MQTTSink(wanted.address, authorities: wanted.authorities, hello: hello) { notice in
                switch notice {
                case .lost(let reason):
                    CommandLineInterface.report("\(wanted.address.name): \(reason); trying again")
                case .back: CommandLineInterface.report("\(wanted.address.name): connected")
                }
            }
        }
        #else
        guard settings.broker == nil else {
            throw Failure(description: "--mqtt: this raut was built without MQTT")
        }
        #endif
    }
}
