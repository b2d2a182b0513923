import Foundation
import System

/// A broker and a topic on it: `mqtt://[user:password@]host[:port]/topic`, or `mqtts://` over TLS.
package struct MQTTAddress: Sendable, Equatable {
    /// The broker's name or address.
    package let host: String
    /// Its port: 1883, or 8883 over TLS, where the address names none.
    package let port: Int
    /// Whether the connection is encrypted and the broker's certificate checked.
    package let isEncrypted: Bool
    /// Who logs in, or nil.
    package let user: String?
    /// With which password, or nil.
    package var password: Secret?
    /// What event lines are published under.
    package let topic: String

    /// Reads an address; characters that mean something else in it are written as `%2F`.
    ///
    /// - Throws: ``EventError/badAddress(_:reason:)``.
    package init(_ text: String) throws(EventError) {
        // A password is never repeated in a message.
        func bad(_ reason: String) -> EventError {
            .badAddress(text.contains("@") ? "the MQTT address" : text, reason: reason)
        }
        guard let parts = URLComponents(string: text) else { throw bad("it is no address") }
        switch parts.scheme {
        case "mqtt": isEncrypted = false
        case "mqtts": isEncrypted = true
        default: throw bad("it begins with neither mqtt:// nor mqtts://")
        }
        guard let host = parts.host, !host.isEmpty else { throw bad("it names no host") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isEncrypted ? 8883 : 1883)
        guard (1...65535).contains(port) else { throw bad("the port is not between 1 and 65535") }
        guard parts.query == nil, parts.fragment == nil else {
            throw bad("a topic's '?' is written %3F and its '#' is not allowed")
        }
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password.map { Secret($0) }
        topic = String(parts.path.drop { $0 == "/" })
        guard !topic.isEmpty else { throw bad("it names no topic: mqtt://host/topic") }
        // Room for /status and /hello behind it (MQTT 3.1.1, 1.5.3 and 4.7).
        guard topic.utf8.count <= 65_000, !topic.contains(where: { "+#\0".contains($0) }), topic.first != "$"
        else { throw bad("a topic holds no '+' or '#' and does not begin with '$'") }
    }

    /// The address without what must stay secret.
    package var name: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(isEncrypted ? "mqtts" : "mqtt")://\(shown):\(port)/\(topic)"
    }
}
