import Capture
import Events
import FaceDetection
import Foundation
import Pipeline

/// `raut run`: live, from a source to a window, standard output and a socket.
package enum RunCommand {
    package static let command = Command(
        name: "run", summary: "faces and emotions live, in a window or as JSON lines",
        options: [
            Option(
                "source", "SOURCE",
                help: "camera, picture, folder, video, URL, '-' or 'demo' (first camera, else the demo)"),
            Option("headless", help: "no window: events as JSON lines on standard output"),
            Option(
                "events", "WHICH", choices: EventDetail.allCases.map(\.rawValue), standard: "changes",
                help: "a line when a face appears, changes or leaves, or a line a frame"),
            Option("raw", help: "with each face also the probabilities of the last frame alone"),
            Option("json", help: "events on standard output beside the window too"),
            Option("quiet", help: "no events on standard output"),
            Option("socket", "PATH", help: "events to readers of this Unix socket"),
            Option("socket-mode", "MODE", standard: "660", help: "who may connect, in octal"),
            Option("socket-group", "GROUP", help: "the group that owns the socket file"),
            Option(
                "mqtt", "URL",
                help: "events to a broker: mqtt://[user:password@]host[:port]/topic, or mqtts://"),
            Option(
                "mqtt-ca", "FILE", help: "certificates that an mqtts broker's is checked by (the system's)"),
            Option("options", "FILE", help: "more options, one a line; read again on SIGHUP"),
            Option("model", "MODEL", help: "the network, a file or its name"),
            Option("cascade", "CASCADE", standard: "alt2", help: "OpenCV's cascade file, or its name"),
            Option("size", "WIDTHxHEIGHT", help: "size of the frames asked for"),
            Option("fps", "N", help: "frames a second asked for"),
            Option("mirror", help: "show the window's picture as a mirror does"),
            Option(
                "record", "DIR-or-FILE", help: "keep what the window shows: a video, or pictures in a folder"),
            Option("frames", "N", help: "end after N frames"),
            Option("as-fast-as-possible", help: "work on every frame of a file, without its pace"),
            Option(
                "stats", "SECONDS",
                help: "a line on standard error every so often: frames, latency, CPU, memory"),
            Option(
                "scale-factor", "FACTOR", standard: "1.1",
                help: "how much larger each scale is than the one before"),
            Option("min-neighbors", "N", standard: "3", help: "windows a face needs around it"),
            Option("min-size", "PIXELS", standard: "80", help: "the smallest face"),
            Option("max-size", "PIXELS", help: "the largest face"),
            Option("threads", "N", standard: "1", help: "threads that share a scan"),
            Option("full-scan", help: "search all of each frame, not only around known faces and in slices"),
        ],
        example: "raut run --source clip.mp4 --headless --events frames"
    ) { arguments in
        try LiveSession { try settings(from: withFile(arguments)) }.run()
    }

    /// The arguments with those of the file that `--options` names before them, so that what is typed counts.
    package static func withFile(_ arguments: Arguments) throws -> Arguments {
        guard let path = arguments.string("options") else { return arguments }
        return try Arguments(OptionsFile.words(path: path, for: command) + arguments.words, for: command)
    }

    /// What the options say; wrong usage is found before anything is opened.
    package static func settings(from arguments: Arguments) throws -> LiveSettings {
        var settings = LiveSettings()
        settings.source.name = arguments.string("source")
        settings.source.size = try arguments.size("size").map {
            FrameSize(width: $0.width, height: $0.height)
        }
        settings.source.frameRate = try arguments.double("fps", in: 0.01...1000)
        settings.source.asFastAsPossible = arguments.flag("as-fast-as-possible")
        settings.isHeadless = arguments.flag("headless")
        settings.printsEvents = arguments.flag("json")
        settings.isQuiet = arguments.flag("quiet")
        settings.isMirrored = arguments.flag("mirror")
        settings.socketPath = arguments.string("socket")
        settings.socketAccess = try access(from: arguments)
        settings.broker = try arguments.string("mqtt").map { text in
            do throws(EventError) {
                return try Broker(address: MQTTAddress(text), authorities: arguments.string("mqtt-ca"))
            } catch {
                throw UsageError(description: "--mqtt \(error)")
            }
        }
        settings.isReloadable = arguments.string("options") != nil
        settings.model = arguments.string("model")
        settings.cascade = arguments.string("cascade")
        settings.recordPath = arguments.string("record")
        settings.statisticsInterval = try arguments.double("stats", in: 0.1...86_400)
        settings.pipeline = try pipeline(from: arguments)
        if settings.isQuiet, settings.printsEvents {
            throw UsageError(description: "--json and --quiet contradict one another")
        }
        return settings
    }

    private static func pipeline(from arguments: Arguments) throws -> Pipeline.Configuration {
        var configuration = Pipeline.Configuration()
        configuration.detection.scaleFactor = try arguments.double("scale-factor", in: 1.01...10) ?? 1.1
        configuration.detection.minNeighbors = try arguments.int("min-neighbors", in: 1...1000) ?? 3
        configuration.detection.minSize = try arguments.int("min-size", in: 1...100_000) ?? 80
        configuration.detection.maxSize = try arguments.int("max-size", in: 1...100_000)
        configuration.detection.threads = try arguments.int("threads", in: 1...64) ?? 1
        configuration.detail = arguments.string("events").flatMap(EventDetail.init) ?? .changes
        configuration.includesRaw = arguments.flag("raw")
        configuration.isPlayback = arguments.flag("as-fast-as-possible")
        configuration.searchesWholly = arguments.flag("full-scan")
        configuration.frameLimit = try arguments.int("frames", in: 1...Int.max)
        return configuration
    }

    private static func access(from arguments: Arguments) throws -> SocketAccess {
        var access = SocketAccess()
        if let text = arguments.string("socket-mode") {
            guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                throw UsageError(
                    description: "--socket-mode '\(text)': expected octal permissions such as 660")
            }
            access.mode = mode
        }
        access.group = arguments.string("socket-group")
        return access
    }
}
