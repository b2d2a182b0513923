import Capture
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Foundation
import Imaging
import Pipeline
import SchemaCheck
import System
import Testing
import TestSupport

/// A source of grey frames that does as its script says.
final class ScriptedSource: RecoverableSource, Sendable {
    /// What one call of `next` does.
    enum Step: Sendable {
        case frame
        /// A frame at a time of the source's clock, in milliseconds.
        case frameAt(Int)
        /// Bytes fewer than a frame needs.
        case brokenFrame
        case pause(milliseconds: Int)
        /// Nothing until a condition holds.
        case until(@Sendable () -> Bool)
        case lost(reason: String)
        case change(SourceChange)
        /// Frames have this size from now on.
        case resize(width: Int, height: Int)
        /// The source has this name from now on.
        case rename(String)
    }

    let frameRate: Double? = 30
    var canComeBack: Bool {
        get { state.withLock { $0.canComeBack } }
        set { state.withLock { $0.canComeBack = newValue } }
    }
    var name: String { state.withLock { $0.name } }
    var width: Int { state.withLock { $0.width } }
    var height: Int { state.withLock { $0.height } }

    private struct State {
        var name = "scripted"
        var width = 320
        var height = 240
        var canComeBack = true
        var steps: ArraySlice<Step>
        var absences: Int
        var refusals: Int
        var tries = 0
        var change: SourceChange?
        var number = 0
        var time: UInt64?
    }

    private let state: Guarded<State>
    private let cancellation = Cancellation()
    private let isLive: Bool
    /// How often it was reopened, or that was tried.
    var tries: Int { state.withLock { $0.tries } }

    /// - Parameters:
    ///   - absences: how often it is not there when it is reopened.
    ///   - refusals: how often it is there after that, but can't be opened.
    ///   - isLive: true to give frames the clock's time, false to give them that of a clip.
    init(_ steps: [Step], absences: Int = 0, refusals: Int = 0, isLive: Bool = false) {
        state = Guarded(State(steps: steps[...], absences: absences, refusals: refusals))
        self.isLive = isLive
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        while true {
            let step: Step? = cancellation.isRaised ? nil : state.withLock { $0.steps.popFirst() }
            switch step {
            case nil: return false
            case .pause(let milliseconds): _ = cancellation.sleep(seconds: Double(milliseconds) / 1000)
            case .until(let condition): _ = eventually { cancellation.isRaised || condition() }
            case .lost(let reason): throw .lost(source: name, reason: reason)
            case .change(let new): state.withLock { $0.change = new }
            case .resize(let width, let height):
                state.withLock { ($0.width, $0.height) = (width, height) }
            case .rename(let name): state.withLock { $0.name = name }
            case .frame, .frameAt, .brokenFrame:
                state.withLock { fill(&frame, step, &$0) }
                return true
            }
        }
    }

    private func fill(_ frame: inout Frame, _ step: Step?, _ state: inout State) {
        state.number += 1
        frame.number = state.number
        frame.monotonicTime = MonotonicClock.now
        if case .frameAt(let milliseconds) = step { state.time = UInt64(milliseconds) * 1_000_000 }
        frame.sourceTime = isLive ? frame.monotonicTime : state.time ?? UInt64(state.number - 1) * 33_333_333
        frame.width = state.width
        frame.height = state.height
        frame.format = .gray
        frame.bytesPerRow = state.width
        let isWhole = if case .brokenFrame = step { false } else { true }
        frame.bytes = [UInt8](
            repeating: UInt8(state.number & 255), count: isWhole ? state.width * state.height : 7)
    }

    func cancel() { cancellation.raise() }

    func takeChange() -> SourceChange? { state.withLock { $0.change.take() } }

    func reopen() throws(CaptureError) {
        try state.withLock { state throws(CaptureError) in
            state.tries += 1
            if state.absences > 0 {
                state.absences -= 1
                throw .lost(source: state.name, reason: "it is not there")
            }
            if state.refusals > 0 {
                state.refusals -= 1
                throw .cannotOpen(source: state.name, reason: "busy")
            }
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

/// Finds the same face in each frame: at once, after a while, or not before it is let go.
final class ScriptedFinder: FaceFinding, Sendable {
    private struct State {
        var delay = 0.0
        var isHeld = false
        var isSearching = false
    }

    private let state = Guarded(State())
    let faces: [DetectedFace]

    init(_ faces: [DetectedFace] = [DetectedFace(box: Rectangle(x: 100, y: 80, width: 90, height: 90))]) {
        self.faces = faces
    }

    /// How long a search takes, in seconds.
    var delay: Double {
        get { state.withLock { $0.delay } }
        set { state.change { $0.delay = newValue } }
    }

    /// Lets no search end any more.
    func hold() { state.change { $0.isHeld = true } }

    /// Lets searches end again.
    func release() { state.change { $0.isHeld = false } }

    /// Whether a search is held.
    var isStuck: Bool { state.withLock { $0.isHeld && $0.isSearching } }

    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        let delay = state.withLock { state in
            state.isSearching = true
            return state.delay
        }
        if delay > 0 { _ = Cancellation().sleep(seconds: delay) }
        _ = state.wait(until: .after(60)) { state -> Bool? in
            if state.isHeld { return nil }
            state.isSearching = false
            return true
        }
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
    private let looks = Guarded(0)

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
    private let lines = Guarded<[String]>([])
    private let news = Guarded<[[String]]>([])
    /// As the log has it.
    let wantsChanges: Bool

    init(wantsChanges: Bool = false) { self.wantsChanges = wantsChanges }

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

    var all: [String] { lines.withLock { $0.map { $0 } } }

    /// What a reader who came after each line would be told.
    var inView: [[String]] { news.withLock { $0.map { $0 } } }

    /// The names of the events, with the state of sources.
    var names: [String] {
        all.compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let name = object?["event"] as? String
            return (object?["state"] as? String).map { "\(name ?? "") \($0)" } ?? name
        }
    }
}
