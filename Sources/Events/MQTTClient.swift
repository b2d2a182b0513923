#if MQTT
import CMosquitto
import Foundation
import Glibc
import System

/// A connection to an MQTT broker through libmosquitto, driven by one thread: Sendable unchecked, as who makes it hands
/// it to that thread.
package final class MQTTClient: @unchecked Sendable {
    private let address: MQTTAddress
    private let handle: OpaquePointer
    private let state: UnsafeMutablePointer<State>

    /// What libmosquitto's callbacks leave behind; they run within calls of the thread that drives it.
    private struct State {
        var isConnected = false
        var refusal: Int32 = 0
        var unacknowledged = 0
    }

    /// Messages that may wait for the broker's word.
    private static let window = 20
    /// Seconds of silence after which both sides ask whether the other is there.
    private static let keepAlive: Int32 = 30
    private static let library: Int32 = mosquitto_lib_init()

    /// Prepares a connection.
    package init(_ address: MQTTAddress, authorities: String?) throws(EventError) {
        guard Self.library == MOSQ_ERR_SUCCESS.code else {
            throw .cannotPublish(address: address.name, reason: "libmosquitto does not start")
        }
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        guard let handle = mosquitto_new(nil, true, state) else {
            state.deallocate()
            throw .cannotPublish(address: address.name, reason: Errno.last.description)
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
        mosquitto_publish_callback_set(handle) { _, context, _ in
            context?.assumingMemoryBound(to: State.self).pointee.unacknowledged -= 1
        }
        let offline = Array("offline".utf8)
        try check(
            mosquitto_will_set(handle, "\(address.topic)/status", Int32(offline.count), offline, 1, true))
        if let user = address.user { try check(mosquitto_username_pw_set(handle, user, address.password)) }
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

    /// True between the broker's welcome and the end of the connection.
    package var isConnected: Bool { state.pointee.isConnected }

    /// True where the broker has acknowledged nearly all messages.
    var hasRoom: Bool { state.pointee.unacknowledged < Self.window }

    /// True where the broker has acknowledged all messages.
    var isIdle: Bool { state.pointee.unacknowledged <= 0 }

    /// Opens the connection; the broker's welcome comes later. Waits as long as the network takes.
    package func connect() throws(EventError) {
        state.pointee = State()
        try check(mosquitto_connect(handle, address.host, Int32(address.port), Self.keepAlive))
    }

    /// Sends and takes what is there, after waiting for the broker or for `wake` to be readable.
    package func exchange(waitingFor wake: Int32, milliseconds: Int32) throws(EventError) {
        let wantsWrite = mosquitto_want_write(handle)
        var polls = [
            pollfd(
                fd: mosquitto_socket(handle), events: Int16(POLLIN) | (wantsWrite ? Int16(POLLOUT) : 0),
                revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        _ = Glibc.poll(&polls, 2, milliseconds)
        if polls[0].revents & Int16(POLLOUT) != 0 { try check(mosquitto_loop_write(handle, 1)) }
        if polls[0].revents & ~Int16(POLLOUT) != 0 { try check(mosquitto_loop_read(handle, 1)) }
        try check(mosquitto_loop_misc(handle))
        if state.pointee.refusal != 0 {
            throw .cannotPublish(
                address: address.name,
                reason:
                    "the broker refuses: \(String(cString: mosquitto_connack_string(state.pointee.refusal)))")
        }
    }

    /// Publishes a message, to a topic below the address' own where `below` says so; at least once.
    package func publish(
        _ bytes: some Collection<UInt8>, to below: String?, isRetained: Bool
    ) throws(EventError) {
        let topic = below.map { "\(address.topic)/\($0)" } ?? address.topic
        let payload = Array(bytes)
        state.pointee.unacknowledged += 1
        try check(mosquitto_publish(handle, nil, topic, Int32(payload.count), payload, 1, isRetained))
    }

    /// Says good-bye; waits a little for the broker to have taken everything.
    package func disconnect(within seconds: Double) {
        let end = MonotonicClock.now + UInt64(seconds * 1e9)
        while state.pointee.unacknowledged > 0, MonotonicClock.now < end {
            guard (try? exchange(waitingFor: -1, milliseconds: 10)) != nil else { return }
        }
        mosquitto_disconnect(handle)
    }

    private func check(_ code: Int32) throws(EventError) {
        guard code != MOSQ_ERR_SUCCESS.code else { return }
        let reason =
            code == MOSQ_ERR_ERRNO.code ? Errno.last.description : String(cString: mosquitto_strerror(code))
        throw .cannotPublish(address: address.name, reason: reason)
    }
}

extension mosq_err_t {
    fileprivate var code: Int32 { rawValue }
}
#endif
