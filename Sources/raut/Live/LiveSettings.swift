import Capture
import Drawing
import Events
import Pipeline
import System

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
    package var view = ViewSettings()
    /// The demo may be shown where there is no camera, whoever started the program.
    package var mayShowDemo = false
    package var socketPath: String?
    package var socketAccess = SocketAccess()
    package var broker: Broker?
    /// Whether SIGHUP means to read the options again instead of the end.
    package var isReloadable = false
    package var model: String?
    package var cascade: String?
    package var recordPath: String?
    /// Where the times of each frame's stages are written.
    package var tracePath: String?
    /// How much is said; as the environment has it where nil.
    package var logLevel: LogLevel?
    /// Seconds between two lines of statistics.
    package var statisticsInterval: Double?
}

/// How the window shows a source.
package struct ViewSettings: Equatable, Sendable {
    /// True as a mirror does, false as it comes; nil for a mirror where the source is a camera.
    package var isMirrored: Bool?
    /// Full screen at once, and no key that ends the program or writes.
    package var isKiosk = false
    /// True for the game.
    package var plays = false
    /// The folder for snapshots; a person's own for pictures where nil.
    package var snapshots: String?
    /// The language of labels and lines; that of the environment where nil.
    package var language: Language?
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
