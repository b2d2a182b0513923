import Capture
import Events
import FaceDetection
import Foundation
import Pipeline
import Recording
import System

/// `raut run`: live, from a source to a window, standard output and a socket.
package enum RunCommand {
    package static let command = Command(
        name: "run", summary: "faces and emotions live, in a window or as JSON lines",
        options: RunOptions.self,
        notes: LiveWindow.keys, example: "raut run --source clip.mp4 --headless --events frames"
    ) { arguments in
        LiveWindow.prepareProcess()
        StandardError.waits.store(false, ordering: .relaxed)
        var surroundings = LiveSurroundings.process
        // Nothing but events may stand there, whatever libraries print.
        if let output = try? StandardStreams.takeOutput() { surroundings.output = output }
        let session = LiveSession(in: surroundings) { ending in
            try settings(from: withFile(arguments, ending), ending)
        }
        try StopSignals.take(
            keepsIgnored: arguments.program.options == nil, onHangUp: { session.hangUp() },
            onStop: { session.stop() })
        return try session.run()
    }

    /// The arguments with those of the file that `--options` names, of which what is typed counts first.
    ///
    /// - Parameter ending: ends the wait for a pipe in a file's place.
    package static func withFile(
        _ arguments: Arguments<RunOptions>, _ ending: Cancellation? = nil
    ) throws -> Arguments<RunOptions> {
        guard let path = arguments.program.options else { return arguments }
        return try Arguments(
            arguments.words, for: command, standards: OptionsFile.words(path: path, for: command, ending))
    }

    /// What the options say; wrong usage is found before anything is opened.
    ///
    /// - Parameter ending: ends the wait for a pipe in the place of the file with the broker's password.
    package static func settings(
        from arguments: Arguments<RunOptions>, _ ending: Cancellation? = nil
    ) throws -> LiveSettings {
        let (source, view, events) = (arguments.source, arguments.view, arguments.events)
        var settings = LiveSettings()
        settings.source.name = source.source
        settings.source.size = source.size
        settings.source.frameRate = source.rate
        settings.source.asFastAsPossible = source.asFastAsPossible
        settings.source.turn = FrameTurn(
            clockwise: source.rotate.flatMap { Int($0) } ?? 0, isFlipped: source.flip)
        settings.isHeadless = view.headless
        settings.source.repeats = source.loop
        settings.view = try viewSettings(from: view)
        settings.recordPath = view.record
        if let path = view.record, !Recording.isFolder(path), FileSystem.kind(of: path) ?? .file == .file,
            !VideoName.isVideo(path), !path.lowercased().hasSuffix(".gif")
        {
            throw UsageError(
                description:
                    "--record \(path): expected a video, such as a.mp4 or a.mkv, or a folder for pictures")
        }
        settings.printsEvents = events.json
        settings.isQuiet = events.quiet
        settings.socketPath = events.socket
        settings.socketAccess.mode = events.socketMode
        settings.socketAccess.group = events.socketGroup
        settings.broker = try broker(from: events, ending)
        settings.mayShowDemo = source.orDemo
        settings.http = try http(from: arguments.browser)
        guard arguments.log.folder != nil || arguments.log.keep == nil else {
            throw UsageError(description: "--keep counts only with --log-events DIR")
        }
        settings.log = arguments.log.folder.map { LogSettings(folder: $0, days: arguments.log.keep) }
        settings.isReloadable = arguments.program.options != nil
        settings.statisticsInterval = arguments.program.statistics
        settings.tracePath = arguments.program.trace
        settings.logLevel = arguments.program.log
        settings.model = arguments.model.model
        settings.cascade = arguments.detection.cascade
        settings.pipeline = try pipeline(from: arguments)
        // A clip's lines are those of the table that `raut video` writes, on every processor.
        settings.precision = arguments.model.precision ?? (settings.pipeline.looksAtEachFrame ? .float : nil)
        if settings.isQuiet, settings.printsEvents {
            throw UsageError(description: "--json and --quiet contradict one another")
        }
        return settings
    }

    private static func viewSettings(from view: Arguments<ViewOptions>) throws(UsageError) -> ViewSettings {
        if view.mirror, view.noMirror {
            throw UsageError(description: "--mirror and --no-mirror contradict one another")
        }
        if view.headless, view.kiosk || view.play {
            throw UsageError(
                description: "--\(view.kiosk ? "kiosk" : "play") needs a window: leave --headless out")
        }
        var settings = ViewSettings()
        settings.isMirrored = view.mirror ? true : view.noMirror ? false : nil
        settings.isKiosk = view.kiosk
        settings.plays = view.play
        settings.snapshots = view.snapshots
        settings.language = view.language
        return settings
    }

    private static func broker(
        from events: Arguments<EventOptions>, _ ending: Cancellation?
    ) throws -> Broker? {
        guard var address = events.mqtt else {
            guard events.mqttPassword == nil else {
                throw UsageError(description: "--mqtt-password-file counts only with --mqtt URL")
            }
            guard !events.mqttDiscovery else {
                throw UsageError(description: "--mqtt-discovery counts only with --mqtt URL")
            }
            return nil
        }
        if let file = events.mqttPassword {
            guard address.user != nil else {
                throw UsageError(
                    description: "--mqtt-password-file: whose? name the user: mqtt://user@host/topic")
            }
            let path = credential(file)
            do {
                address.password = try Secret(contentsOf: path, ending)
            } catch {
                throw Failure(description: "\(path): cannot read the broker's password: \(error)")
            }
        }
        return Broker(
            address: address, authorities: events.mqttAuthorities, announces: events.mqttDiscovery)
    }

    /// A name without a slash is one of the files that systemd hands over by `LoadCredential`, where it did.
    private static func credential(_ name: String) -> String {
        let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] ?? ""
        return name.contains("/") || folder.isEmpty ? name : "\(folder)/\(name)"
    }

    private static func http(from arguments: Arguments<BrowserOptions>) throws(UsageError) -> HTTPSettings? {
        guard let address = arguments.http else {
            guard arguments.tokenFile == nil, !arguments.picture else {
                throw UsageError(
                    description: "--http-token-file and --http-picture count only with --http PORT")
            }
            return nil
        }
        guard address.isLoopback || arguments.tokenFile != nil else {
            throw UsageError(
                description: "--http \(address): others can reach it: that takes --http-token-file FILE")
        }
        return HTTPSettings(
            address: address, tokenPath: arguments.tokenFile, showsPicture: arguments.picture)
    }

    private static func pipeline(
        from arguments: Arguments<RunOptions>
    ) throws(UsageError) -> Pipeline.Configuration {
        var configuration = Pipeline.Configuration()
        configuration.detection = try arguments.detection.parameters(configuration.detection)
        configuration.detection.threads = arguments.search.threads
        configuration.detail = arguments.events.events
        configuration.summaryInterval = arguments.events.every
        guard configuration.detail == .summary || !arguments.events.isGiven(\.every) else {
            throw UsageError(description: "--every counts only with --events summary")
        }
        configuration.includesRaw = arguments.events.raw
        configuration.isPlayback = arguments.source.asFastAsPossible
        // What a line says of a clip's frame is of that frame, as in the table of a video.
        configuration.looksAtEachFrame = configuration.isPlayback && configuration.detail == .frames
        configuration.searchesWholly = arguments.search.fullScan
        configuration.frameLimit = arguments.source.frames
        return configuration
    }
}
