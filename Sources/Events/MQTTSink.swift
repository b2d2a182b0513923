#if MQTT
import Glibc
import System

/// Publishes event lines to an MQTT broker, from a thread of its own, as long as it takes to reach one.
///
/// Lines go to the address' topic (quality of service 1); below it, `hello` holds the first line and `status` says
/// `online` or `offline`, both retained, so that who subscribes later knows; `offline` is also the last will. A
/// broker that is away is tried again after one second, then two, up to a minute; lines that wait meanwhile are
/// bounded, and what did not fit is counted in a `dropped` event.
public final class MQTTSink: EventSink, Sendable {
    /// What a person may want to know; each is said once.
    public enum Notice: Sendable, Equatable {
        /// There is no connection; it is tried again until there is one.
        case lost(reason: String)
        /// There is one again.
        case back
    }

    private struct Mailbox {
        var backlog: LineBacklog
        /// The first line that holds for what is published next; newer ones wait between the lines in `backlog`.
        var hello: [UInt8]
        var isHelloNew = true
        var isStopping = false
    }

    private let mailbox: Guarded<Mailbox>
    private let wake: WakeSignal
    private let thread = Guarded<JoinableThread?>(nil)

    /// How long ``stop()`` waits for a broker to take what waits, in seconds.
    private static let lastWords = 0.05

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - address: the broker and the topic.
    ///   - authorities: a file of certificates that the broker's is checked by; the system's where nil.
    ///   - hello: the retained first line.
    ///   - limit: bytes that may wait.
    ///   - notify: called from the sink's thread.
    /// - Throws: ``EventError/cannotPublish(address:reason:)`` where the certificates or the library fail.
    public init(
        _ address: MQTTAddress, authorities: String? = nil, hello: [UInt8], limit: Int = 1 << 18,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        let client = try MQTTClient(address, authorities: authorities)
        do throws(Errno) {
            wake = try WakeSignal()
            mailbox = Guarded(Mailbox(backlog: LineBacklog(limit: limit), hello: hello))
            let started = try JoinableThread(name: "raut-mqtt") { [self] in run(client, notify) }
            thread.withLock { $0 = started }
        } catch {
            throw .cannotPublish(address: address.name, reason: error.description)
        }
    }

    /// Leaves a line for the sink's thread.
    public func send(_ line: [UInt8]) {
        let wasEmpty = mailbox.withLock { mailbox in
            defer { mailbox.backlog.append(line) }
            return mailbox.backlog.isEmpty
        }
        if wasEmpty { wake.raise() }
    }

    /// Replaces the retained first line, after the lines that were sent before it.
    public func greet(_ hello: [UInt8]) { send(hello) }

    /// Publishes what waits as far as the broker takes it soon, says `offline`, and ends.
    public func stop() {
        let wasStopping = mailbox.withLock { mailbox in
            defer { mailbox.isStopping = true }
            return mailbox.isStopping
        }
        guard !wasStopping else { return }
        wake.raise()
        thread.withLock { $0 }?.join(until: .after(2 * Self.lastWords))
    }

    private var mustStop: Bool { mailbox.withLock { $0.isStopping } }

    // MARK: - The sink's thread

    private func run(_ client: MQTTClient, _ notify: (Notice) -> Void) {
        var pause = Backoff(first: 1, longest: 60, factor: 2)
        var isKnownLost = false
        while !mustStop {
            do throws(EventError) {
                try client.connect()
                try serve(client) {
                    if isKnownLost { notify(.back) }
                    isKnownLost = false
                    pause.reset()
                }
                return
            } catch {
                guard !mustStop else { return }
                if !isKnownLost, case .cannotPublish(_, let reason) = error {
                    notify(.lost(reason: reason))
                }
                isKnownLost = true
                waitForWake(until: .after(pause.next()))
            }
        }
    }

    /// Publishes until the end, or until the connection is lost.
    private func serve(_ client: MQTTClient, onConnected: () -> Void) throws(EventError) {
        var deadline: Deadline?
        var isGreeted = false
        while true {
            try client.exchange(waitingFor: wake.descriptor, milliseconds: deadline == nil ? 1000 : 10)
            wake.lower()
            if client.isConnected {
                if !isGreeted {
                    isGreeted = true
                    onConnected()
                    try client.publish(Array("online".utf8), to: "status", isRetained: true)
                    mailbox.withLock { $0.isHelloNew = true }
                }
                try publishWaiting(client)
            }
            guard mustStop else { continue }
            let end = deadline ?? .after(Self.lastWords)
            deadline = end
            let isEmpty = mailbox.withLock { $0.backlog.isEmpty }
            guard client.isConnected, !end.isOver, !(isEmpty && client.isIdle)
            else { break }
        }
        if client.isConnected {
            try client.publish(Array("offline".utf8), to: "status", isRetained: true)
            client.disconnect(within: Self.lastWords)
        }
    }

    /// Hands over lines as long as the broker acknowledges those before.
    private func publishWaiting(_ client: MQTTClient) throws(EventError) {
        let greeting = mailbox.withLock { mailbox -> [UInt8]? in
            defer { mailbox.isHelloNew = false }
            return mailbox.isHelloNew ? mailbox.hello : nil
        }
        if let greeting { try client.publish(greeting.withoutNewline, to: "hello", isRetained: true) }
        while client.hasRoom {
            let line = mailbox.withLock { mailbox -> [UInt8] in
                if mailbox.backlog.isEmpty { mailbox.backlog.noticeLoss() }
                return mailbox.backlog.takeLine()
            }
            guard !line.isEmpty else { return }
            if EventEncoder.isHello(line) {
                mailbox.withLock { $0.hello = line }
                try client.publish(line.withoutNewline, to: "hello", isRetained: true)
            } else {
                try client.publish(line.withoutNewline, to: nil, isRetained: false)
            }
        }
    }

    private func waitForWake(until end: Deadline) {
        while !mustStop, !end.isOver {
            var poll = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&poll, 1, Int32(min(1000, end.remaining / 1_000_000 + 1)))
            // Lines wake it too, and wait with it.
            if wake.lower(), !mustStop { usleep(50_000) }
        }
    }
}

extension [UInt8] {
    /// A message needs no end of line.
    fileprivate var withoutNewline: ArraySlice<UInt8> {
        last == UInt8(ascii: "\n") ? dropLast() : self[...]
    }
}
#endif
