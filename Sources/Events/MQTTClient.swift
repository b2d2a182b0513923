#if MQTT
import CLinux
import CMosquitto
import CMosquittoLate
import Glibc
import System

/// One connection to an MQTT broker through libmosquitto, driven by one thread at a time.
///
/// A connection that is lost is not taken up again, another client is made: what the library keeps of an old connection
/// would grow with each broker that welcomes and drops.
package final class MQTTClient {
    private let address: MQTTAddress
    private let handle: OpaquePointer
    private let state: UnsafeMutablePointer<State>
    /// What the broker says passes through it, once there is a connection.
    private var meter: MQTTMeter?

    /// What libmosquitto's callbacks leave behind; they run within calls of the thread that drives it.
    private struct State {
        var isConnected = false
        var refusal: Int32 = 0
        var acknowledged: [Int32] = []
    }

    /// Seconds of silence after which both sides ask whether the other is there.
    private static let keepAlive: Int32 = 30
    /// Why the library can't be used, or nil.
    private static let trouble: String? = {
        if let reason = raut_load_mosquitto() { return String(cString: reason) }
        return mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code ? nil : "libmosquitto does not start"
    }()
    /// The same for all connections of this process to a topic: a broker closes an older one before it welcomes the
    /// newer, so that `offline` of the one never follows `online` of the other (MQTT 3.1.1, 3.1.4).
    private static let process = UInt32.random(in: 0 ... .max)

    /// Prepares a connection.
    ///
    /// - Throws: ``EventError/cannotPublish(address:reason:)`` where the certificates or the library fail.
    package init(_ address: MQTTAddress, authorities: String?) throws(EventError) {
        if let trouble = Self.trouble { throw .cannotPublish(address: address.name, reason: trouble) }
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        guard let handle = mosquitto_new(Self.identifier(of: address), true, state) else {
            let reason = Errno.last.description
            state.deallocate()
            throw .cannotPublish(address: address.name, reason: reason)
        }
        self.address = address
        self.handle = handle
        mosquitto_connect_callback_set(handle) { _, context, code in
            let state = context?.assumingMemoryBound(to: State.self)
            state?.pointee.isConnected = code == 0
            state?.pointee.refusal = code
        }
        mosquitto_disconnect_callback_set(handle) { _, context, _ in
            context?.assumingMemoryBound(to: State.self).pointee.isConnected = false
        }
        mosquitto_publish_callback_set(handle) { _, context, message in
            context?.assumingMemoryBound(to: State.self).pointee.acknowledged.append(message)
        }
        let offline = Array("offline".utf8)
        try check {
            mosquitto_will_set(handle, "\(address.topic)/status", Int32(offline.count), offline, 1, true)
        }
        if let user = address.user {
            try check { mosquitto_username_pw_set(handle, user, address.password?.revealed) }
        }
        if address.isEncrypted {
            let result = mosquitto_tls_set(
                handle, authorities, authorities == nil ? "/etc/ssl/certs" : nil, nil, nil, nil)
            guard result == MOSQ_ERR_SUCCESS.code else {
                let place = authorities ?? "/etc/ssl/certs"
                throw .cannotPublish(address: address.name, reason: "no certificates in \(place)")
            }
        }
    }

    deinit {
        mosquitto_destroy(handle)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// At most the 23 letters and digits that every broker takes: `raut`, the process and the topic.
    private static func identifier(of address: MQTTAddress) -> String {
        var hash: UInt32 = 0x811C_9DC5
        for byte in address.topic.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return "raut" + String(process, radix: 16) + "x" + String(hash, radix: 16)
    }

    /// True between the broker's welcome and the end of the connection.
    package var isConnected: Bool { state.pointee.isConnected }

    /// Throws where the broker began a packet so many seconds ago and has not ended it; TLS hides that.
    func expectWholePackets(within seconds: Double) throws(EventError) {
        guard let begun = meter?.unfinishedSince, Double(MonotonicClock.now - begun) * 1e-9 >= seconds
        else { return }
        throw .cannotPublish(
            address: address.name,
            reason: "the broker began a packet and did not end it in \(Int(seconds)) seconds")
    }

    /// The numbers of messages that the broker has acknowledged since the last call.
    func takeAcknowledged() -> [Int32] {
        defer { state.pointee.acknowledged.removeAll(keepingCapacity: true) }
        return state.pointee.acknowledged
    }

    /// Opens the connection; the broker's welcome comes later. Waits as long as the network takes.
    package func connect() throws(EventError) {
        try check { mosquitto_connect(handle, address.host, Int32(address.port), Self.keepAlive) }
        do throws(Errno) {
            meter = try MQTTMeter(replacing: mosquitto_socket(handle), isEncrypted: address.isEncrypted)
        } catch {
            throw .cannotPublish(address: address.name, reason: error.description)
        }
    }

    /// Sends and takes what is there, after waiting for the broker or for `wake` to be readable.
    package func exchange(waitingFor wake: Int32, milliseconds: Int32) throws(EventError) {
        guard let meter else { throw failure(MOSQ_ERR_NO_CONN.code, Errno(0)) }
        meter.passOut()
        if meter.isClear, mosquitto_want_write(handle) {
            try check { mosquitto_loop_write(handle, 1) }
            meter.passOut()
        }
        // The library may have left something of what it got before.
        var polls = [
            pollfd(
                fd: meter.connection, events: Int16(POLLIN) | (meter.isClear ? 0 : Int16(POLLOUT)),
                revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mosquitto_socket(handle), events: Int16(POLLIN), revents: 0),
        ]
        _ = Glibc.poll(&polls, 3, milliseconds)
        do throws(MQTTMeter.Refusal) {
            try meter.passIn()
        } catch {
            throw .cannotPublish(address: address.name, reason: error.reason)
        }
        polls[2].revents = 0
        if Glibc.poll(&polls[2], 1, 0) > 0 { try check { mosquitto_loop_read(handle, 1) } }
        try check { mosquitto_loop_misc(handle) }
        meter.passOut()
        if state.pointee.refusal != 0 { throw failure(MOSQ_ERR_CONN_REFUSED.code, .last) }
    }

    /// Publishes a message, to a topic below the address' own where `below` says so; at least once.
    ///
    /// - Returns: the number that the broker acknowledges.
    @discardableResult
    package func publish(
        _ bytes: some Collection<UInt8>, to below: String?, isRetained: Bool
    ) throws(EventError) -> Int32 {
        try publish(
            bytes, at: below.map { "\(address.topic)/\($0)" } ?? address.topic, isRetained: isRetained)
    }

    /// The same to a topic of its own.
    @discardableResult
    func publish(_ bytes: some Collection<UInt8>, at topic: String, isRetained: Bool) throws(EventError)
        -> Int32
    {
        let payload = Array(bytes)
        var number: Int32 = 0
        meter?.expectAnswer()
        try check { mosquitto_publish(handle, &number, topic, Int32(payload.count), payload, 1, isRetained) }
        return number
    }

    /// Says good-bye, so that the broker does not say `offline` in its place.
    package func disconnect() {
        mosquitto_disconnect(handle)
        meter?.passOut()
        meter = nil
    }

    private func check(_ body: () -> Int32) throws(EventError) {
        let code = body()
        let error = Errno.last
        guard code != MOSQ_ERR_SUCCESS.code else { return }
        throw failure(code, error)
    }

    /// Why, in the broker's words where it gave some, else the system's, else the library's.
    private func failure(_ code: Int32, _ error: Errno) -> EventError {
        let reason: String
        switch mosq_err_t(code) {
        case _ where state.pointee.refusal != 0: reason = Self.refusal(state.pointee.refusal)
        case MOSQ_ERR_ERRNO:
            reason = error.number == 0 ? "the connection failed" : error.description
        case MOSQ_ERR_EAI: reason = "there is no host of this name"
        case MOSQ_ERR_CONN_LOST, MOSQ_ERR_NO_CONN: reason = "the broker closed the connection"
        case MOSQ_ERR_CONN_REFUSED: reason = "the broker refuses, and does not say why"
        case MOSQ_ERR_KEEPALIVE: reason = "the broker has said nothing for \(Self.keepAlive) seconds"
        case MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET: reason = "what answers speaks no MQTT"
        case MOSQ_ERR_TLS:
            reason = "no TLS with it: its certificate is not trusted, not for this name, or it speaks none"
        default: reason = String(cString: mosquitto_strerror(code))
        }
        return .cannotPublish(address: address.name, reason: reason)
    }

    /// What a refusal means (MQTT 3.1.1, 3.2.2.3).
    private static func refusal(_ code: Int32) -> String {
        switch code {
        case 1: "the broker refuses: it speaks another version of MQTT"
        case 2: "the broker refuses our name for ourselves"
        case 3: "the broker refuses: it is not available"
        case 4: "the broker refuses: wrong user name or password"
        case 5:
            "the broker refuses: not allowed: give user and password (mqtt://user@host, --mqtt-password-file)"
        default: "the broker refuses, with the code \(code)"
        }
    }
}

extension mosq_err_t {
    fileprivate var code: Int32 { rawValue }
}
#endif
