#if MQTT
import CLinux
import Glibc
import System

/// Publishes event lines to an MQTT broker, from a thread of its own, as long as it takes to reach one.
///
/// Lines go to the address' topic (quality of service 1); below it, `hello` holds the first line and `status` says
/// `online` or `offline`, both retained, so that who subscribes later knows; `offline` is also the last will. A
/// broker that is away, mute, or drops what it welcomed is tried again after one second, then two, up to a minute;
/// lines that wait meanwhile are bounded, and what did not fit is counted in a `dropped` event.
package final class MQTTSink: EventSink, Sendable {
    /// What a person may want to know; each is said once.
    package enum Notice: Sendable, Equatable {
        /// There is no connection; it is tried again until there is one.
        case lost(reason: String)
        /// There is one again.
        case back
    }

    private struct Mailbox: Sendable {
        var backlog: LineBacklog
        /// The first line that holds for what is published next; newer ones wait between the lines in `backlog`.
        var hello: [UInt8] = []
        var isHelloNew = true
        /// Messages that the broker keeps, and those of them that this connection has not published yet.
        var kept: [Kept] = []
        var isStopping = false
        var isOver = false
    }

    /// A retained message: the newest at a topic counts.
    private struct Kept: Sendable {
        let topic: String
        var payload: [UInt8]
        var isNew = true
    }

    /// How long things may take, in seconds; the defaults suit a network.
    package struct Timing: Sendable {
        /// To reach a broker, for its answer, and for the end of a packet that it began.
        package var patience = 10.0
        /// To acknowledge a line.
        package var acknowledgement = 60.0
        /// Before the first try after a loss; each later one takes twice as long, up to a minute.
        package var firstPause = 1.0
        /// A connection that stood for so long was a good one: the pauses begin anew.
        package var goodConnection = 30.0

        /// Ten seconds to answer.
        package init() {}
    }

    /// A line that the broker has not acknowledged.
    private struct Unacknowledged {
        var number: Int32
        let line: [UInt8]
        let deadline: Deadline
    }

    private let address: MQTTAddress
    private let authorities: String?
    private let notify: @Sendable (Notice) -> Void
    private let timing: Timing
    private let mailbox: Guarded<Mailbox>
    private let wake: WakeSignal
    private let stopping = Cancellation()

    /// How long ``stop(until:)`` waits for a broker to take what waits, in seconds.
    private static let lastWords = 0.05
    /// Lines that may wait for the broker's word.
    private static let window = 20

    /// Prepares it; ``begin(hello:)`` begins to connect.
    ///
    /// - Parameters:
    ///   - address: the broker and the topic.
    ///   - authorities: a file of certificates that the broker's is checked by; the system's where nil.
    ///   - limit: bytes that may wait.
    ///   - notify: called from the sink's thread.
    /// - Throws: ``EventError/cannotPublish(address:reason:)`` where the certificates or the library fail.
    package convenience init(
        _ address: MQTTAddress, authorities: String? = nil, limit: Int = 1 << 18,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(address, authorities: authorities, limit: limit, timing: Timing(), notify: notify)
    }

    /// The same, with times of one's own.
    package init(
        _ address: MQTTAddress, authorities: String? = nil, limit: Int = 1 << 18, timing: Timing,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        self.timing = timing
        _ = try MQTTClient(address, authorities: authorities)
        self.address = address
        self.authorities = authorities
        self.notify = notify
        do throws(Errno) {
            wake = try WakeSignal()
        } catch {
            throw .cannotPublish(address: address.name, reason: error.description)
        }
        mailbox = Guarded(Mailbox(backlog: LineBacklog(limit: limit)))
    }

    /// Begins to connect; called again, it does nothing.
    ///
    /// - Parameter hello: the retained first line.
    /// - Throws: ``EventError/noThread(reason:)``.
    package func begin(hello: [UInt8]) throws(EventError) {
        let hasBegun = mailbox.withLock { mailbox in
            defer { if mailbox.hello.isEmpty { mailbox.hello = hello } }
            return !mailbox.hello.isEmpty
        }
        guard !hasBegun else { return }
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-mqtt") { [self] in
                run()
                mailbox.change { $0.isOver = true }
            }
        } catch {
            throw .noThread(reason: error.description)
        }
    }

    /// Leaves a line for the sink's thread.
    package func send(_ line: [UInt8]) {
        let wasEmpty = mailbox.withLock { mailbox in
            defer { mailbox.backlog.append(line) }
            return mailbox.backlog.isEmpty
        }
        if wasEmpty { wake.raise() }
    }

    /// The topic of the events.
    package var topic: String { address.topic }

    /// Has a message published at a topic for those who subscribe later, too; empty for none. While there is no
    /// connection the newest waits.
    package func keep(_ payload: [UInt8], at topic: String) {
        mailbox.withLock { mailbox in
            if let index = mailbox.kept.firstIndex(where: { $0.topic == topic }) {
                mailbox.kept[index].payload = payload
                mailbox.kept[index].isNew = true
            } else {
                mailbox.kept.append(Kept(topic: topic, payload: payload))
            }
        }
        wake.raise()
    }

    /// Replaces the retained first line, after the lines that were sent before it.
    package func greet(_ hello: [UInt8], inView: [UInt8]) { send(hello) }

    /// Publishes what waits as far as the broker takes it soon, says `offline`, and ends.
    package func stop(until deadline: Deadline) {
        let hasBegun = mailbox.withLock { mailbox in
            mailbox.isStopping = true
            return !mailbox.hello.isEmpty
        }
        stopping.raise()
        wake.raise()
        guard hasBegun else { return }
        _ = mailbox.wait(until: deadline.or(.after(2 * Self.lastWords))) { $0.isOver ? true : nil }
    }

    /// The same, waiting a little.
    package func stop() { stop(until: .after(2 * Self.lastWords)) }

    // MARK: - The sink's thread

    private func run() {
        var pause = Backoff(first: timing.firstPause, longest: 60, factor: 2)
        var isKnownLost = false
        var waiting: [Unacknowledged] = []
        while !stopping.isRaised {
            var connectedAt: UInt64?
            do throws(EventError) {
                let client = try MQTTClient.reached(
                    address, authorities: authorities, within: timing.patience, stopping)
                try serve(client, &waiting) {
                    connectedAt = MonotonicClock.now
                    if isKnownLost { notify(.back) }
                    isKnownLost = false
                }
                return
            } catch {
                guard !stopping.isRaised else { return }
                if !isKnownLost, case .cannotPublish(_, let reason) = error {
                    notify(.lost(reason: reason))
                }
                isKnownLost = true
                let stood = connectedAt.map { Double(MonotonicClock.now - $0) * 1e-9 } ?? 0
                if stood >= timing.goodConnection { pause.reset() }
                guard stopping.sleep(seconds: pause.next()) else { return }
            }
        }
    }

    /// Publishes until the end, or until the connection is lost.
    private func serve(
        _ client: MQTTClient, _ waiting: inout [Unacknowledged], onConnected: () -> Void
    ) throws(EventError) {
        let answer = Deadline.after(timing.patience)
        var end: Deadline?
        var isGreeted = false
        while true {
            try client.exchange(waitingFor: wake.descriptor, milliseconds: end == nil ? 1000 : 10)
            wake.lower()
            try client.expectWholePackets(within: timing.patience)
            if client.isConnected, !stopping.isRaised || isGreeted {
                if !isGreeted {
                    isGreeted = true
                    onConnected()
                    try client.publish(Array("online".utf8), to: "status", isRetained: true)
                    mailbox.withLock { mailbox in
                        mailbox.isHelloNew = true
                        for index in mailbox.kept.indices { mailbox.kept[index].isNew = true }
                    }
                    try publishAgain(client, &waiting)
                }
                let acknowledged = client.takeAcknowledged()
                if !acknowledged.isEmpty { waiting.removeAll { acknowledged.contains($0.number) } }
                try publishWaiting(client, &waiting)
                if let oldest = waiting.first, oldest.deadline.isOver {
                    throw .cannotPublish(
                        address: address.name, reason: "the broker does not acknowledge what it is sent")
                }
            } else if answer.isOver {
                throw .cannotPublish(
                    address: address.name,
                    reason: "the broker has not answered for \(Int(timing.patience)) seconds")
            }
            guard stopping.isRaised else { continue }
            let deadline = end ?? .after(Self.lastWords)
            end = deadline
            let isEmpty =
                mailbox.withLock { $0.backlog.isEmpty && !$0.kept.contains(where: \.isNew) }
                && waiting.isEmpty
            if !isGreeted || deadline.isOver || isEmpty { break }
        }
        if isGreeted, client.isConnected {
            let number = try client.publish(Array("offline".utf8), to: "status", isRetained: true)
            let deadline = Deadline.after(Self.lastWords)
            while !deadline.isOver, !client.takeAcknowledged().contains(number) {
                try client.exchange(waitingFor: -1, milliseconds: 10)
            }
        }
        client.disconnect()
    }

    /// Sends once more what the connection before was not told to have arrived: at least once is more than never.
    private func publishAgain(_ client: MQTTClient, _ waiting: inout [Unacknowledged]) throws(EventError) {
        try publishHello(client)
        for index in waiting.indices {
            let line = waiting[index].line
            waiting[index] = Unacknowledged(
                number: try client.publish(line.withoutNewline, to: nil, isRetained: false), line: line,
                deadline: .after(timing.acknowledgement))
        }
    }

    private func publishHello(_ client: MQTTClient) throws(EventError) {
        let greeting = mailbox.withLock { mailbox -> [UInt8]? in
            defer { mailbox.isHelloNew = false }
            return mailbox.isHelloNew ? mailbox.hello : nil
        }
        if let greeting { try client.publish(greeting.withoutNewline, to: "hello", isRetained: true) }
    }

    private func publishKept(_ client: MQTTClient) throws(EventError) {
        let news = mailbox.withLock { mailbox in
            defer {
                for index in mailbox.kept.indices { mailbox.kept[index].isNew = false }
                // One that is gone from the broker needs no word after the next connection.
                mailbox.kept.removeAll { $0.payload.isEmpty }
            }
            return mailbox.kept.filter(\.isNew)
        }
        for message in news { try client.publish(message.payload, at: message.topic, isRetained: true) }
    }

    /// Hands over lines as long as the broker acknowledges those before.
    private func publishWaiting(_ client: MQTTClient, _ waiting: inout [Unacknowledged]) throws(EventError) {
        try publishHello(client)
        try publishKept(client)
        while waiting.count < Self.window {
            let line = mailbox.withLock { mailbox -> [UInt8] in
                if mailbox.backlog.isEmpty { mailbox.backlog.noticeLoss() }
                let line = mailbox.backlog.takeLine()
                if EventEncoder.isHello(line) { mailbox.hello = line }
                return line
            }
            guard !line.isEmpty else { return }
            if EventEncoder.isHello(line) {
                try client.publish(line.withoutNewline, to: "hello", isRetained: true)
                continue
            }
            let number = try client.publish(line.withoutNewline, to: nil, isRetained: false)
            waiting.append(
                Unacknowledged(number: number, line: line, deadline: .after(timing.acknowledgement)))
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
