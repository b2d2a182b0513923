import Capture
import Drawing
import Events
import Pipeline
import System

/// The options of `raut run`.
package struct RunOptions: OptionGroup {
    package let source = SourceOptions()
    package let detection = DetectionOptions()
    package let search = LiveSearchOptions()
    package let model = ModelOptions()
    package let view = ViewOptions()
    package let events = EventOptions()
    package let browser = BrowserOptions()
    package let log = LogOptions()
    package let program = ProgramOptions()

    package init() {}
}

/// Where frames come from.
package struct SourceOptions: OptionGroup {
    package static let title = "where frames come from"

    package let source = Option(
        "source", .path("SOURCE"),
        help: "camera, picture, folder, video, URL, '-' or 'demo' (the first camera)")
    package let orDemo = Option(
        "or-demo", help: "the demo where there is no camera, as a person at a terminal gets it")
    package let size = Option(
        "size", .sides(1...16384) { FrameSize(width: $0, height: $1) }, help: "size of the frames asked for")
    package let rate = Option("fps", .number("N", 0.01...1000), help: "frames a second asked for")
    package let rotate = Option(
        "rotate", .choice("DEGREES", of: ["90", "180", "270"]),
        help: "turn the picture clockwise, of a camera that hangs on its side")
    package let flip = Option("flip", help: "swap left and right in the picture, after it is turned")
    package let frames = Option("frames", .whole("N", 1...Int.max), help: "end after N frames")
    package let loop = Option("loop", help: "begin a file or folder again when it ends")
    package let asFastAsPossible = Option(
        "as-fast-as-possible", help: "work on every frame of a file, without its pace")

    package init() {}
}

/// How a live search differs from that of a picture.
package struct LiveSearchOptions: OptionGroup {
    package static let title = "searching frame by frame"

    package let threads = Option(
        "threads", .whole("N", 1...64), standard: 1, help: "threads that share a scan")
    package let fullScan = Option(
        "full-scan", help: "search all of each frame, not only around known faces and in slices")

    package init() {}
}

/// What is shown and kept of the picture.
package struct ViewOptions: OptionGroup {
    package static let title = "the picture"

    package let headless = Option(
        "headless", help: "no window: events as JSON lines on standard output")
    package let mirror = Option(
        "mirror", help: "show the window's picture as a mirror does (a camera's is, unless --no-mirror)")
    package let noMirror = Option("no-mirror", help: "show a camera's picture as it comes")
    package let kiosk = Option(
        "kiosk", help: "full screen, no pointer, no screen saver, and no key that ends the program or writes")
    package let play = Option("play", help: "a game in the window: show me an emotion, with a score")
    package let snapshots = Option(
        "snapshots", .path("DIR"),
        help: "where the key S writes pictures (~/Pictures); with --play, keep the game's photographs there")
    package let language: Option<Language?> = Option(
        "language", .choice("LANGUAGE"),
        help: "of labels and lines in the window (the environment's, else English)")
    package let record = Option(
        "record", .path("DIR-or-FILE"), help: "keep what the window shows: a video, or pictures in a folder")

    package init() {}
}

/// Which events are told, and to whom.
package struct EventOptions: OptionGroup {
    package static let title = "events"

    package let events = Option(
        "events", .choice("WHICH"), standard: EventDetail.changes,
        help: "a line when a face appears, changes or leaves; or a line a frame; or one every so often")
    package let every = Option(
        "every", .number("SECONDS", 1...86_400), standard: 60, help: "how often a summary is told")
    package let raw = Option(
        "raw", help: "with each face also the probabilities of the last look at it alone")
    package let json = Option("json", help: "events on standard output beside the window too")
    package let quiet = Option("quiet", help: "no events on standard output")
    package let socket = Option("socket", .path("PATH"), help: "events to readers of this Unix socket")
    package let socketMode = Option(
        "socket-mode", .permissions("MODE"), standard: 0o660, help: "who may connect, in octal")
    package let socketGroup = Option(
        "socket-group", .text("GROUP"), help: "the group that owns the socket file")
    package let mqtt = Option(
        "mqtt", .mqttAddress,
        help: "events to a broker: mqtt://[user:password@]host[:port]/topic, or mqtts://")
    package let mqttPassword = Option(
        "mqtt-password-file", .path("FILE"), help: "a file that holds the broker's password")
    package let mqttDiscovery = Option(
        "mqtt-discovery",
        help: "announce sensors to Home Assistant there: faces in view, mood, brightest emotion")
    package let mqttAuthorities = Option(
        "mqtt-ca", .path("FILE"), help: "certificates that an mqtts broker's is checked by (the system's)")

    package init() {}
}

/// What a browser sees.
package struct BrowserOptions: OptionGroup {
    package static let title = "in a browser"

    package let http = Option(
        "http", .httpAddress,
        help:
            "a page at http://localhost:PORT/ with /events, /state, /metrics and /healthz; for this machine "
            + "alone, unless another ADDRESS is named")
    package let tokenFile = Option(
        "http-token-file", .path("FILE"),
        help: "the secret that readers must know; needed where others can reach the address")
    package let picture = Option("http-picture", help: "show the picture, too, and serve /stream.mjpg")

    package init() {}
}

/// Where events are kept.
package struct LogOptions: OptionGroup {
    package static let title = "a log"

    package let folder = Option(
        "log-events", .path("DIR"),
        help: "keep what happens to faces there, a SQLite file a day: see raut report")
    package let keep = Option(
        "keep", .whole("DAYS", 1...36_500), help: "remove the files of older days (all are kept)")

    package init() {}
}

/// How the program itself runs.
package struct ProgramOptions: OptionGroup {
    package static let title = "the program"

    package let options = Option(
        "options", .path("FILE"), help: "more options, one a line; read again on SIGHUP")
    package let statistics = Option(
        "stats", .number("SECONDS", 0.1...86_400),
        help: "a line on standard error every so often: frames, latency, CPU, memory, stages")
    package let trace = Option(
        "trace", .path("FILE"),
        help: "when each stage of each frame began and how long it took, for chrome://tracing")
    package let log: Option<LogLevel?> = Option(
        "log", .choice("LEVEL"),
        help: "how much is said on standard error; RAUT_LOG=debug has every command say each step")

    package init() {}
}

extension OptionFormat where Value == HTTPAddress {
    /// Where pages are served.
    static var httpAddress: Self {
        Self("[ADDRESS:]PORT") { word throws(UnusableValue) in
            do throws(EventError) {
                return try HTTPAddress(word)
            } catch {
                throw UnusableValue("\(error)")
            }
        }
    }
}

extension OptionFormat where Value == MQTTAddress {
    /// The address of a broker and a topic.
    static var mqttAddress: Self {
        Self("URL", write: \.name) { word throws(UnusableValue) in
            do throws(EventError) {
                return try MQTTAddress(word)
            } catch {
                throw UnusableValue("\(error)")
            }
        }
    }
}
