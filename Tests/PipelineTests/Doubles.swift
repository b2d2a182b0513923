import Capture
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Foundation
import Imaging
import Pipeline
import SchemaCheck
import Synchronization
import System
import Testing

/// A source of grey frames that does as its script says.
final class ScriptedSource: RecoverableSource, @unchecked Sendable {
    /// What one call of `next` does.
    enum Step: Sendable {
        case frame
        /// A frame at a time of the source's clock, in milliseconds.
        case frameAt(Int)
        /// Bytes fewer than a frame needs.
        case brokenFrame
        case pause(milliseconds: Int)
        case lost(reason: String)
        case notice(SourceNotice)
        /// Frames have this size from now on.
        case resize(width: Int, height: Int)
        /// The source has this name from now on.
        case rename(String)
    }

    private(set) var name = "scripted"
    private(set) var width = 320
    private(set) var height = 240
    let frameRate: Double? = 30
    var canComeBack = true

    private let lock = NSLock()
    private var steps: ArraySlice<Step>
    private var isCancelled = false
    private var absences: Int
    private var refusals: Int
    private var notice: SourceNotice?
    private var number = 0
    private var time: UInt64?
    private let isLive: Bool

    /// - Parameters:
    ///   - absences: how often it is not there when it is reopened.
    ///   - refusals: how often it is there after that, but can't be opened.
    ///   - isLive: true to give frames the clock's time, false to give them that of a clip.
    init(_ steps: [Step], absences: Int = 0, refusals: Int = 0, isLive: Bool = false) {
        self.steps = steps[...]
        self.absences = absences
        self.refusals = refusals
        self.isLive = isLive
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        while true {
            let step: Step? = lock.withLock { isCancelled ? nil : steps.popFirst() }
            switch step {
            case nil: return false
            case .pause(let milliseconds): usleep(UInt32(milliseconds * 1000))
            case .lost(let reason): throw .lost(source: name, reason: reason)
            case .notice(let new): notice = new
            case .resize(let width, let height): (self.width, self.height) = (width, height)
            case .rename(let name): self.name = name
            case .frame, .frameAt, .brokenFrame:
                number += 1
                frame.number = number
                frame.monotonicTime = MonotonicClock.now
                if case .frameAt(let milliseconds) = step { time = UInt64(milliseconds) * 1_000_000 }
                frame.sourceTime = isLive ? frame.monotonicTime : time ?? UInt64(number - 1) * 33_333_333
                frame.width = width
                frame.height = height
                frame.format = .gray
                frame.bytesPerRow = width
                let isWhole = if case .brokenFrame = step { false } else { true }
                frame.bytes = [UInt8](repeating: UInt8(number & 255), count: isWhole ? width * height : 7)
                return true
            }
        }
    }

    func cancel() { lock.withLock { isCancelled = true } }

    func takeNotice() -> SourceNotice? {
        defer { notice = nil }
        return notice
    }

    func reopen() throws(CaptureError) {
        if absences > 0 {
            absences -= 1
            throw .lost(source: name, reason: "it is not there")
        }
        if refusals > 0 {
            refusals -= 1
            throw .cannotOpen(source: name, reason: "busy")
        }
    }
}

/// A source that is lost at once, and hangs when it is opened again.
final class HangingSource: RecoverableSource, Sendable {
    let name = "hanging"
    let width = 320
    let height = 240
    let frameRate: Double? = 30
    let canComeBack = true
    private let cancellation = Cancellation()

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        if cancellation.isRaised { return false }
        throw .lost(source: name, reason: "unplugged")
    }

    func reopen() throws(CaptureError) { _ = cancellation.sleep(until: .never) }

    func cancel() { cancellation.raise() }
}

/// Finds the same face in each frame, after a while.
final class ScriptedFinder: FaceFinding, Sendable {
    private let microseconds = Guarded<UInt32>(0)
    var delay: UInt32 {
        get { microseconds.withLock { $0 } }
        set { microseconds.withLock { $0 = newValue } }
    }
    let faces: [DetectedFace]

    init(_ faces: [DetectedFace] = [DetectedFace(box: Rectangle(x: 100, y: 80, width: 90, height: 90))]) {
        self.faces = faces
    }

    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        if delay > 0 { usleep(delay) }
        faces = self.faces
    }
}

/// Says `happy` of every face.
struct Happy: EmotionNaming {
    func recognize(
        _ faces: [DetectedFace], looks: [Look], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities]
    ) {
        probabilities = faces.map { _ in
            EmotionProbabilities(lanes: SIMD8(0.02, 0.02, 0.02, 0.88, 0.02, 0.02, 0.02, 0))
        }
    }
}

/// Says `happy` of every face, and `sad` from some look on.
final class Saddened: EmotionNaming {
    private let looksBefore: Int
    private let looks = Mutex(0)

    init(after looks: Int) { looksBefore = looks }

    func recognize(
        _ faces: [DetectedFace], looks: [Look], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities]
    ) {
        let isSad = self.looks.withLock { count in
            count += 1
            return count > looksBefore
        }
        let lanes: SIMD8<Float> =
            isSad
            ? SIMD8(0.02, 0.02, 0.02, 0.02, 0.88, 0.02, 0.02, 0)
            : SIMD8(0.02, 0.02, 0.02, 0.88, 0.02, 0.02, 0.02, 0)
        probabilities = faces.map { _ in EmotionProbabilities(lanes: lanes) }
    }
}

/// Keeps the lines it is sent.
final class Lines: EventSink {
    private let lines = Mutex<[String]>([])
    private let news = Mutex<[[String]]>([])

    func send(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        for fault in SchemaCheck.faults(of: text) { Issue.record("\(fault) in \(text)") }
        lines.withLock { $0.append(text) }
    }

    func send(_ line: [UInt8], inView: [UInt8]) {
        send(line)
        let known = String(decoding: inView, as: UTF8.self).split(separator: "\n").map { "\($0)\n" }
        news.withLock { $0.append(known) }
    }

    var all: [String] { lines.withLock { $0 } }

    /// What a reader who came after each line would be told.
    var inView: [[String]] { news.withLock { $0 } }

    /// The names of the events, with the state of sources.
    var names: [String] {
        all.compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let name = object?["event"] as? String
            return (object?["state"] as? String).map { "\(name ?? "") \($0)" } ?? name
        }
    }
}
