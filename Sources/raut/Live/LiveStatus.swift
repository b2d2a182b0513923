import EmotionRecognition
import Events
import Faces
import Foundation
import Pipeline
import System

/// What a browser or a monitoring program may ask of a live session: its faces now, its figures, whether it is well. All
/// is asked of the pipeline when somebody wants to know.
final class LiveStatus: Sendable {
    private struct State {
        var pipeline: Pipeline?
        var model = ""
        var precision = Precision.float
        var began = MonotonicClock.now
    }

    private let state = Guarded(State())
    private let picture: LivePicture?
    /// Counts readers of the socket.
    private let socketReaders: @Sendable () -> Int

    /// Seconds without a frame after which it is not well.
    private static let patience = 5.0
    /// Upper bounds of the latency's buckets in seconds.
    private static let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

    /// - Parameters:
    ///   - picture: who makes the picture, where that is served.
    ///   - socketReaders: counts the readers of the event socket.
    init(picture: LivePicture?, socketReaders: @escaping @Sendable () -> Int) {
        self.picture = picture
        self.socketReaders = socketReaders
    }

    /// Tells of this pipeline from now on.
    func watch(_ pipeline: Pipeline, _ recognizer: EmotionRecognizer) {
        state.withLock {
            $0 = State(pipeline: pipeline, model: recognizer.modelName, precision: recognizer.precision)
        }
        picture?.watch(pipeline)
    }

    /// Why it is not well, or nil while frames come.
    var trouble: String? {
        let (pipeline, began) = state.withLock { ($0.pipeline, $0.began) }
        if pipeline?.isSourceLost == true { return "the source is lost, waiting for it to come back" }
        let last = max(began, pipeline?.counts.lastWorked ?? 0)
        let now = MonotonicClock.now
        let silence = now > last ? Double(now - last) / 1e9 : 0
        return silence > Self.patience ? "no frame for \(Int(silence)) seconds" : nil
    }

    /// The JSON object of `/state`.
    var json: String {
        let (pipeline, model, precision) = state.withLock { ($0.pipeline, $0.model, $0.precision) }
        let source = pipeline?.source
        let scene = pipeline?.currentScene
        let counts = pipeline?.counts ?? Statistics.Counts()
        var line = JSONLine()
        line.begin()
        line.member("time", EventTime.now)
        line.member("program", Program.nameAndVersion)
        line.member("model", model)
        line.member("precision", "\(precision)")
        line.key("labels")
        line.array(Emotion.allCases) { $0.string($1.description) }
        line.member("source", source?.name ?? "")
        line.member("width", source?.width ?? 0)
        line.member("height", source?.height ?? 0)
        if let trouble { line.member("trouble", trouble) }
        if picture != nil { line.member("picture", "stream.mjpg") }
        if let hint = scene?.hint { line.member("hint", "\(hint)") }
        line.member("frame", scene?.frame ?? 0)
        line.key("faces")
        line.array(scene?.faces ?? []) { line, face in
            line.openObject()
            EventEncoder.write(face, raw: false, &line)
            line.closeObject()
        }
        line.member("latency_ms", scene?.latency ?? 0, decimals: 2)
        line.key("frames")
        line.openObject()
        line.member("taken", counts.taken)
        line.member("dropped", counts.dropped)
        line.member("worked", counts.worked)
        line.member("broken", counts.broken)
        line.closeObject()
        line.member("memory_bytes", ProcessUsage.now.memory)
        line.end()
        return String(decoding: line.bytes, as: UTF8.self)
    }

    /// The text of `/metrics` in the format of Prometheus, version 0.0.4.
    var metrics: String {
        let (pipeline, model) = state.withLock { ($0.pipeline, $0.model) }
        let counts = pipeline?.counts ?? Statistics.Counts()
        let usage = ProcessUsage.now
        var text = ""
        func add(_ name: String, _ type: String, _ help: String, _ value: String, labels: String = "") {
            text +=
                "# HELP raut_\(name) \(help)\n# TYPE raut_\(name) \(type)\nraut_\(name)\(labels) \(value)\n"
        }
        add("frames_taken_total", "counter", "Frames that the source gave.", "\(counts.taken)")
        add(
            "frames_dropped_total", "counter", "Frames that a newer one replaced before they were worked on.",
            "\(counts.dropped)")
        add("frames_worked_total", "counter", "Frames worked on.", "\(counts.worked)")
        add("frames_broken_total", "counter", "Frames whose bytes were no picture.", "\(counts.broken)")
        text += "# HELP raut_latency_seconds From when a frame was taken to when its faces were known.\n"
        text += "# TYPE raut_latency_seconds histogram\n"
        for bound in Self.buckets {
            text +=
                "raut_latency_seconds_bucket{le=\"\(bound)\"} \(counts.latency.count(upTo: bound * 1000))\n"
        }
        text += "raut_latency_seconds_bucket{le=\"+Inf\"} \(counts.latency.count)\n"
        text += "raut_latency_seconds_sum \(counts.latency.total / 1000)\n"
        text += "raut_latency_seconds_count \(counts.latency.count)\n"
        add("faces", "gauge", "Faces in view.", "\(pipeline?.currentScene.faces.count ?? 0)")
        add("socket_readers", "gauge", "Readers of the event socket.", "\(socketReaders())")
        add("source_up", "gauge", "1 while frames come.", trouble == nil ? "1" : "0")
        add("memory_bytes", "gauge", "Resident memory of the process.", "\(usage.memory)")
        add("cpu_seconds_total", "counter", "Processor time of the process.", decimal(usage.seconds, 3))
        let label = model.replacing("\\", with: "").replacing("\"", with: "").replacing("\n", with: " ")
        add(
            "build_info", "gauge", "1, with the version and the model.", "1",
            labels: "{version=\"\(Program.version)\",model=\"\(label)\"}")
        return text
    }
}
