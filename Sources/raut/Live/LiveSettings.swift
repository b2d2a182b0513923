import Capture
import Events
import Pipeline

/// What `raut run` was asked for.
package struct LiveSettings: Sendable {
    /// Nothing but what is usual.
    package init() {}

    package var source = SourceRequest()
    package var pipeline = Pipeline.Configuration()
    package var isHeadless = false
    /// Events on standard output beside the window too.
    package var printsEvents = false
    /// No events on standard output even without a window.
    package var isQuiet = false
    package var isMirrored = false
    /// The demo may be shown where there is no camera, whoever started the program.
    package var mayShowDemo = false
    package var socketPath: String?
    package var socketAccess = SocketAccess()
    package var broker: Broker?
    package var http: HTTPSettings?
    /// Where events are kept, and for how many days.
    package var log: LogSettings?
    /// Whether SIGHUP means to read the options again instead of the end.
    package var isReloadable = false
    package var model: String?
    package var cascade: String?
    package var recordPath: String?
    /// Seconds between two lines of statistics.
    package var statisticsInterval: Double?
}

/// Where a browser sees what happens, and who may look.
package struct HTTPSettings: Sendable, Equatable {
    package var address: HTTPAddress
    /// The file of the secret that readers must know.
    package var tokenPath: String?
    package var showsPicture = false
}

/// A folder that events are kept in.
package struct LogSettings: Sendable, Equatable {
    package var folder: String
    /// How many days are kept; nil for all.
    package var days: Int?
}

/// An MQTT broker, and the file of certificates that its own is checked by.
package struct Broker: Sendable, Equatable {
    package var address: MQTTAddress
    package var authorities: String?

    /// Names a broker.
    package init(address: MQTTAddress, authorities: String? = nil) {
        self.address = address
        self.authorities = authorities
    }
}
