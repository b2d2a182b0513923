import Analysis
import Capture
import EmotionRecognition
import Faces
import FaceDetection
import FaceVerification
import Foundation
import Pipeline
import Recording
import System

/// The videos of one command line, one after another through the pipeline that `run` has.
package struct VideoRun {
    /// Where the results go.
    package struct Outputs {
        var table: OutputFile?
        var lines: OutputFile?
        /// The folder of annotated copies.
        var copies: String?
        /// The page.
        var page: OutputFile?
        /// True where a copy takes the place of a file of its name.
        var replacesCopies = false

        package init(
            table: OutputFile? = nil, lines: OutputFile? = nil, copies: String? = nil,
            page: OutputFile? = nil, replacesCopies: Bool = false
        ) {
            (self.table, self.lines, self.copies, self.page) = (table, lines, copies, page)
            self.replacesCopies = replacesCopies
        }
    }

    let configuration: Pipeline.Configuration
    let cascade: String
    let recognizer: EmotionRecognizer
    let outputs: Outputs
    /// True to say on standard output what was found in each video.
    let printsSummary: Bool

    package init(
        configuration: Pipeline.Configuration, cascade: String, recognizer: EmotionRecognizer,
        outputs: Outputs, printsSummary: Bool
    ) {
        self.configuration = configuration
        self.cascade = cascade
        self.recognizer = recognizer
        self.outputs = outputs
        self.printsSummary = printsSummary
    }

    /// Works on all videos, goes on after one that can't be read, and returns the exit status.
    ///
    /// - Parameter stop: ends the video that is worked on, and those after it.
    package func perform(_ files: [String], until stop: EndRequest) throws -> Int32 {
        let table = Confined(RowWriter(FaceTable(includesRaw: true), outputs.table))
        try table.value.begin()
        var places = CopyNames(replaces: outputs.replacesCopies)
        var records: [VideoRecord] = []
        var status: Int32 = 0
        for file in files where !stop.isRequested {
            if FileSystem.isFolder(file) {
                Program.report(
                    "\(file): a folder: its pictures are taken for the frames of one video; each by itself: "
                        + "raut image \(file)")
            }
            do {
                let copy = try outputs.copies.map { try places.place(for: file, in: $0) }
                let record = try watch(file, copyTo: copy, table: table, stop)
                records.append(record)
                if printsSummary { try StandardOutput.write(Self.summary(of: record)) }
            } catch  where stop.isRequested {
                break
            } catch let error as CaptureError {
                Program.report("\(error)")
                status = 1
            } catch let error as RecordingError {
                Program.report("\(error)")
                status = 1
            }
        }
        if stop.isRequested {
            Program.report("stopped: what was not finished is not written")
            return 130
        }
        // Where nothing was read nothing is written, and what was there stays.
        guard !records.isEmpty else { return status }
        try outputs.table?.finish()
        try outputs.lines?.finish()
        if let page = outputs.page {
            try page.write(VideoPage.html(of: records))
            try page.finish()
        }
        return status
    }

    /// One video, with its copy.
    private func watch(
        _ file: String, copyTo path: String?, table: Confined<RowWriter>, _ stop: EndRequest
    ) throws -> VideoRecord {
        let source = try SourceOpener.open(
            SourceRequest(name: file, asFastAsPossible: true), stop.cancellation
        ).source
        let copy = try path.map { path in
            try AnnotatedVideo(of: file, at: path, frameRate: source.frameRate ?? 25)
        }
        var wishes = VideoWatcher.Wishes()
        if outputs.table != nil { wishes.rows = { try table.value.write($0) } }
        if let lines = outputs.lines.map({ Confined(RowWriter(FaceTable(), $0)) }) {
            wishes.lines = { try lines.value.write($0) }
        }
        wishes.keepsMoments = outputs.page != nil
        wishes.copy = copy?.recorder
        let stopping = Handle()
        let watcher = VideoWatcher(source, file: file, wishes: wishes) { stopping.stop() }
        let detector = try VerifyingDetector.standard(cascadeAt: cascade)
        let pipeline = try Pipeline(
            source: source, finder: detector, recognizer: recognizer, configuration: configuration, sinks: [],
            recorder: watcher)
        stopping.set(pipeline)
        // The copy is not kept then: its encoder is waited for no longer than it takes to tell it.
        stop.whenRequested { pipeline.stop(until: .after(0.1)) }
        defer { stop.whenRequested {} }
        follow(pipeline, watcher, of: VideoLength.seconds(of: file, stop.cancellation), file)
        let outcome = pipeline.wait()
        if let failure = watcher.failure {
            copy?.abandon()
            throw failure
        }
        if case .failed(let error) = outcome {
            copy?.abandon()
            throw error
        }
        if stop.isRequested {
            copy?.abandon()
        } else {
            try copy?.finish(frames: watcher.record.frames, stop.cancellation)
        }
        return watcher.record
    }

    /// Shows how far the video is until its end.
    private func follow(_ pipeline: Pipeline, _ watcher: VideoWatcher, of length: Double?, _ file: String) {
        let (bar, pause) = (ProgressBar(), Cancellation())
        let start = MonotonicClock.seconds
        while !pipeline.isOver, pause.sleep(seconds: 0.05) {
            let (frames, seconds, faces) = watcher.progress
            let pace = seconds / max(0.001, MonotonicClock.seconds - start)
            bar.show(
                length.map { seconds / max($0, 0.001) } ?? 0,
                "\(file.inOneLine)  \(counted(frames, "frame")), \(counted(faces, "face")), \(decimal(pace, 1))× real time"
            )
        }
        bar.clear()
    }

    /// What was found, for people.
    private static func summary(of record: VideoRecord) -> String {
        let shares = record.shares.filter { $0.value >= 0.005 }.sorted { $0.value > $1.value }
            .map { "\($0.key) \(percent($0.value))" }
        return "\(record.file.inOneLine)  \(record.width)×\(record.height), \(duration(record.seconds)), "
            + "\(counted(record.frames, "frame")), \(counted(record.faces.count, "face"))"
            + (shares.isEmpty ? "" : ": " + shares.joined(separator: ", ")) + "\n"
    }

    /// A table or a file of lines. The pipeline's thread writes it while this one waits, and this one after its end.
    private final class RowWriter {
        private var table: FaceTable
        private let file: OutputFile?

        init(_ table: FaceTable, _ file: OutputFile?) {
            self.table = table
            self.file = file
        }

        func begin() throws { try file?.write(table.header) }
        func write(_ rows: [FaceTable.Row]) throws {
            for row in rows { try file?.write(table.text(of: row)) }
        }
        func write(_ line: String) throws { try file?.write(line) }
    }

    /// The pipeline that a failure ends, known once it is there.
    private final class Handle: Sendable {
        private let pipeline = Guarded<Pipeline?>(nil)
        func set(_ pipeline: Pipeline) { self.pipeline.withLock { $0 = pipeline } }
        func stop() { pipeline.withLock { $0 }?.stop() }
    }
}

/// Names of annotated copies: the video's own, with a number where another file has it.
private struct CopyNames {
    /// True where files that are there already make room.
    let replaces: Bool
    private var taken: Set<String> = []

    init(replaces: Bool) { self.replaces = replaces }

    mutating func place(for file: String, in folder: String) throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw RecordingError.cannotWrite(path: folder, reason: "the folder can't be made")
        }
        let name = file.split(separator: "/").last.map(String.init) ?? "video"
        let (stem, ending) = Self.parts(name)
        let wanted = "\(folder)/\(stem).\(ending)"
        let path = NewFile.free(wanted) { taken.contains($0) || !replaces && NewFile.isKept($0) }
        if path != wanted, NewFile.isKept(wanted) {
            Program.report("\(wanted) is kept: the copy goes to \(path)")
        }
        taken.insert(path)
        return path
    }

    /// A copy is H.264, which these formats hold; others become `mp4`.
    private static func parts(_ name: String) -> (String, String) {
        guard let dot = name.dropFirst().lastIndex(of: ".") else { return (name, "mp4") }
        let ending = name[name.index(after: dot)...].lowercased()
        return (String(name[..<dot]), ["mp4", "mkv", "mov", "m4v"].contains(ending) ? ending : "mp4")
    }
}

/// How long a video is, for the progress bar alone.
enum VideoLength {
    /// In seconds; nil where `ffprobe` can't tell soon, or reading it twice would take frames away: of a pipe, or a
    /// stream that is served once.
    ///
    /// - Parameter cancellation: ends the wait for it.
    static func seconds(of file: String, _ cancellation: Cancellation) -> Double? {
        guard FileSystem.kind(of: file) == .file || file.hasPrefix("http://") || file.hasPrefix("https://"),
            let program = FileSystem.program("ffprobe"),
            let child = try? ChildProcess(
                program,
                ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
                    + [file.contains("://") ? file : "file:\(file)"])
        else { return nil }
        defer { child.end() }
        guard
            let bytes = try? OpenFile(descriptor: dup(child.output))
                .readAll(limit: 4096, patience: 5, cancellation)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return Double(text).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
    }
}
