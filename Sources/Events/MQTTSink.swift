#if MQTT
import CLinux
import Foundation
import Glibc

/// Publishes event lines to an MQTT broker, from a thread of its own, as long as it takes to reach one.
///
/// Lines go to the address' topic (quality of service 1); below it, `hello` holds the first line and `status` says
/// `online` or `offline`, both retained, so that who subscribes later knows; `offline` is also the last will. A
/// broker that is away is tried again after one second, then two, up to a minute; lines that wait meanwhile are
/// bounded, and what did not fit is counted in a `dropped` event.
public final class MQTTSink: EventSink, @unchecked Sendable {
    /// What a person may want to know; each is said once.
    public enum Notice: Sendable, Equatable {
        /// There is no connection; it is tried again until there is one.
        case lost(reason: String)
        /// There is one again.
        case back
    }

    // Sendable unchecked because `lock` guards every variable below it.
    private let lock = NSLock()
    private var backlog: LineBacklog
    /// The first line that holds for what is published next; newer ones wait between the lines in `backlog`.
    private var hello: [UInt8]
    private var isHelloNew = true
    private var isStopping = false

    private let wake: Int32
    private let ended = DispatchSemaphore(value: 0)

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
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else {
            throw .cannotPublish(address: address.name, reason: systemMessage(errno))
        }
        backlog = LineBacklog(limit: limit)
        self.hello = hello
        let thread = Thread { [self] in
            run(client, notify)
            ended.signal()
        }
        thread.name = "raut-mqtt"
        thread.start()
    }

    deinit { close(wake) }

    /// Leaves a line for the sink's thread.
    public func send(_ line: [UInt8]) {
        lock.lock()
        let wasEmpty = backlog.isEmpty
        backlog.append(line)
        lock.unlock()
        if wasEmpty { wakeUp() }
    }

    /// Replaces the retained first line, after the lines that were sent before it.
    public func greet(_ hello: [UInt8]) { send(hello) }

    /// Publishes what waits as far as the broker takes it soon, says `offline`, and ends.
    public func stop() {
        let wasStopping = lock.withLock {
            defer { isStopping = true }
            return isStopping
        }
        guard !wasStopping else { return }
        wakeUp()
        _ = ended.wait(timeout: .now() + 2 * Self.lastWords)
    }

    private func wakeUp() {
        var one: UInt64 = 1
        _ = Glibc.write(wake, &one, 8)
    }

    private var mustStop: Bool { lock.withLock { isStopping } }

    // MARK: - The sink's thread

    private func run(_ client: MQTTClient, _ notify: (Notice) -> Void) {
        var pause = 1.0
        var isKnownLost = false
        while !mustStop {
            do throws(EventError) {
                try client.connect()
                try serve(client) {
                    if isKnownLost { notify(.back) }
                    (isKnownLost, pause) = (false, 1)
                }
                return
            } catch {
                guard !mustStop else { return }
                if !isKnownLost, case .cannotPublish(_, let reason) = error {
                    notify(.lost(reason: reason))
                }
                isKnownLost = true
                waitForWake(seconds: pause)
                pause = min(60, pause * 2)
            }
        }
    }

    /// Publishes until the end, or until the connection is lost.
    private func serve(_ client: MQTTClient, onConnected: () -> Void) throws(EventError) {
        var deadline: UInt64?
        var isGreeted = false
        while true {
            try client.exchange(waitingFor: wake, milliseconds: deadline == nil ? 1000 : 10)
            var counter: UInt64 = 0
            _ = read(wake, &counter, 8)
            if client.isConnected {
                if !isGreeted {
                    isGreeted = true
                    onConnected()
                    try client.publish(Array("online".utf8), to: "status", isRetained: true)
                    lock.withLock { isHelloNew = true }
                }
                try publishWaiting(client)
            }
            guard mustStop else { continue }
            let now = monotonicNanoseconds()
            let end = deadline ?? now + UInt64(Self.lastWords * 1e9)
            deadline = end
            guard client.isConnected, now < end, !(lock.withLock { backlog.isEmpty } && client.isIdle)
            else { break }
        }
        if client.isConnected {
            try client.publish(Array("offline".utf8), to: "status", isRetained: true)
            client.disconnect(within: Self.lastWords)
        }
    }

    /// Hands over lines as long as the broker acknowledges those before.
    private func publishWaiting(_ client: MQTTClient) throws(EventError) {
        let greeting = lock.withLock { () -> [UInt8]? in
            defer { isHelloNew = false }
            return isHelloNew ? hello : nil
        }
        if let greeting { try client.publish(greeting.withoutNewline, to: "hello", isRetained: true) }
        while client.hasRoom {
            let line = lock.withLock { () -> [UInt8] in
                if backlog.isEmpty { backlog.noticeLoss() }
                return backlog.takeLine()
            }
            guard !line.isEmpty else { return }
            if EventEncoder.isHello(line) {
                lock.withLock { hello = line }
                try client.publish(line.withoutNewline, to: "hello", isRetained: true)
            } else {
                try client.publish(line.withoutNewline, to: nil, isRetained: false)
            }
        }
    }

    private func waitForWake(seconds: Double) {
        let end = monotonicNanoseconds() + UInt64(seconds * 1e9)
        while !mustStop {
            let now = monotonicNanoseconds()
            guard now < end else { return }
            var poll = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&poll, 1, Int32(min(1000, (end - now) / 1_000_000 + 1)))
            var counter: UInt64 = 0
            // Lines wake it too, and wait with it.
            if read(wake, &counter, 8) == 8, !mustStop { usleep(50_000) }
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
