import Capture
import Drawing
import EmotionRecognition
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
    package var http: HTTPSettings?
    /// Where events are kept, and for how many days.
    package var log: LogSettings?
    /// Whether SIGHUP means to read the options again instead of the end.
    package var isReloadable = false
    package var model: String?
    /// In which numbers the model works; what is fastest where nil.
    package var precision: Precision?
    package var cascade: String?
    package var recordPath: String?
    /// Where the times of each frame's stages are written.
    package var tracePath: String?
    /// How much is said; as the environment has it where nil.
    package var logLevel: LogLevel?
    /// Seconds between two lines of statistics.
    package var statisticsInterval: Double?

    /// Whether somebody may see the frames and not only what is found in them.
    package var showsColors: Bool { !isHeadless || recordPath != nil || http?.showsPicture ?? false }
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

/// Where a browser sees what happens, and who may look.
package struct HTTPSettings: Sendable, Equatable {
    package var address: HTTPAddress
    /// The file of the secret that readers must know.
    package var tokenPath: String?
    package var showsPicture = false

    /// A page at an address.
    package init(address: HTTPAddress, tokenPath: String? = nil, showsPicture: Bool = false) {
        self.address = address
        self.tokenPath = tokenPath
        self.showsPicture = showsPicture
    }
}

/// A folder that events are kept in.
package struct LogSettings: Sendable, Equatable {
    package var folder: String
    /// How many days are kept; nil for all.
    package var days: Int?

    /// A log in a folder.
    package init(folder: String, days: Int? = nil) {
        self.folder = folder
        self.days = days
    }
}

/// An MQTT broker, and the file of certificates that its own is checked by.
package struct Broker: Sendable, Equatable {
    package var address: MQTTAddress
    package var authorities: String?
    /// Whether Home Assistant is told of sensors.
    package var announces = false

    /// True for the same connection.
    func isSame(as other: Broker) -> Bool {
        address == other.address && authorities == other.authorities
    }

    /// Names a broker.
    package init(address: MQTTAddress, authorities: String? = nil, announces: Bool = false) {
        self.address = address
        self.authorities = authorities
        self.announces = announces
    }
}
