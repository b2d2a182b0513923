import Events
import Testing

@Suite("MQTT addresses")
struct MQTTAddressTests {
    @Test("scheme, host and topic are enough")
    func short() throws {
        let address = try MQTTAddress("mqtt://broker.local/kiosk/7")
        #expect(address.host == "broker.local")
        #expect(address.port == 1883)
        #expect(!address.isEncrypted)
        #expect(address.user == nil && address.password == nil)
        #expect(address.topic == "kiosk/7")
    }

    @Test("user, password and port are taken, escapes undone, and the password is never shown")
    func long() throws {
        let address = try MQTTAddress("mqtts://raut:p%40ss@[::1]:9999/a%20b")
        #expect(address.host == "::1")
        #expect(address.port == 9999)
        #expect(address.isEncrypted)
        #expect(address.user == "raut")
        #expect(address.password?.revealed == "p@ss")
        var dumped = ""
        dump(address, to: &dumped)
        for shown in ["\(address)", String(reflecting: address), dumped, "\([address])"] {
            #expect(!shown.contains("p@ss"))
        }
        #expect(address.topic == "a b")
        #expect(address.name == "mqtts://[::1]:9999/a b")
    }

    @Test("over TLS the usual port is 8883")
    func encryptedPort() throws {
        #expect(try MQTTAddress("mqtts://x/y").port == 8883)
    }

    @Test(
        "what names no broker or no topic is refused",
        arguments: [
            "", "x", "http://x/y", "mqtt://", "mqtt:///y", "mqtt://x", "mqtt://x/", "mqtt://x:0/y",
            "mqtt://x:70000/y", "mqtt://x/a/+/b", "mqtt://x/%23", "mqtt://x/$SYS", "mqtt://x/y#z",
            "mqtt://x/y?z",
            "mqtt://x/%00",
        ])
    func bad(text: String) {
        #expect(throws: EventError.self) { try MQTTAddress(text) }
    }

    @Test("a message about a wrong address does not repeat its password")
    func secret() {
        do {
            _ = try MQTTAddress("mqtt://raut:secret@x")
            Issue.record("no topic, and no error")
        } catch {
            #expect(!"\(error)".contains("secret"))
        }
    }
}
