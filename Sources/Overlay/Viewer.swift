import Drawing
import Faces
import Foundation
import Pipeline
import System

/// Shows a pipeline in a window: the newest picture at once, the faces as soon as they are known.
///
/// Belongs to the thread that makes it.
package final class Viewer {
    private let window: Window
    private let pipeline: Pipeline
    private let settings: ViewerSettings
    private var scene = SceneView()
    private var hints = HintFinder()
    private var challenge: Challenge?
    private var showsMeter = false
    private var isPaused = false
    private var isDirty = true
    private var framesShown = 0
    private var lastStatus = MonotonicClock.now
    private var messageEnd = 0.0
    /// What became of snapshots, to be said once they are taken.
    private var reports: [String] = []

    /// How often the numbers in the corner change, in nanoseconds: faster can't be read.
    private static let statusInterval: UInt64 = 500_000_000
    /// How long a line at the foot stays, in seconds.
    private static let messageTime = 5.0

    /// Joins a window to a pipeline made with `isViewed`.
    package init(_ window: Window, _ pipeline: Pipeline, settings: ViewerSettings) {
        self.window = window
        self.pipeline = pipeline
        self.settings = settings
        window.options.language = settings.language
        scene.keepsHistory = settings.isBooth
        showsMeter = settings.isBooth && !settings.plays
        if settings.plays {
            // Fear and disgust are hard to make on demand: they come last.
            let easy: [Emotion] = [.happy, .surprise, .angry, .sad, .neutral]
            challenge = Challenge(order: easy.shuffled() + [.fear, .disgust].shuffled())
        }
        if !settings.isBooth { say("H: \(settings.language.line(.keyHelp))") }
    }

    /// Shows pictures until the pipeline has ended or a person asks for the end.
    ///
    /// - Throws: ``WindowError/displayLost`` where the window's display is gone.
    package func run() throws(WindowError) {
        var lastDrawing = 0.0
        while !pipeline.isOver {
            let frame = pipeline.view()
            // Short, because the wait ends for keys, not for frames; a frame that is there is shown at once.
            for action in try window.actions(waitingUpTo: frame == nil ? 4 : 0) {
                if action == .quit { return }
                try perform(action)
            }
            if let isMirrored = settings.takeMirror() {
                window.isMirrored = isMirrored
                isDirty = true
            }
            let isStill = isPaused || challenge?.isResting ?? false
            if let frame {
                if !isStill { try window.setPicture(frame.frame) }
                framesShown += 1
                isDirty = isDirty || !isStill
            }
            let now = Self.seconds
            if !isPaused { try play(at: now) }
            updateNotes(at: now)
            guard isDirty || window.isMoving && now - lastDrawing >= window.motionInterval else { continue }
            isDirty = false
            lastDrawing = now
            try draw(at: now)
            window.present()
        }
    }

    private static var seconds: Double { Double(MonotonicClock.now) * 1e-9 }

    private func draw(at time: Double) throws(WindowError) {
        if !isPaused, !(challenge?.isResting ?? false) {
            scene.update(pipeline.currentScene.faces, at: time)
        }
        window.options.chosen = scene.chosen
        window.notes.smile = showsMeter ? scene.smile : nil
        try window.draw(scene.faces, at: time)
    }

    private func perform(_ action: WindowAction) throws(WindowError) {
        isDirty = true
        switch action {
        case .quit, .resized: break
        case .pause: isPaused.toggle()
        case .mirror: window.isMirrored.toggle()
        case .bars: window.options.showsBars.toggle()
        case .ribbon: scene.keepsHistory.toggle()
        case .smileMeter: showsMeter.toggle()
        case .nextFace: scene.chooseNext()
        case .fullScreen: window.toggleFullScreen()
        case .snapshot: try takeSnapshot()
        case .help:
            window.notes.keys =
                window.notes.keys.isEmpty
                ? WindowAction.keys.filter { !settings.isBooth || !$0.action.isKeptFromVisitors }
                    .map { Notes.Key($0.name, $0.phrase) } : []
        }
    }

    private func play(at now: Double) throws(WindowError) {
        guard var challenge else { return }
        let step = challenge.update(scene.faces.compactMap(\.probabilities), at: now)
        if challenge.view != self.challenge?.view { isDirty = true }
        self.challenge = challenge
        window.notes.challenge = challenge.view
        if step == .photograph, settings.keepsPhotographs { try takeSnapshot() }
    }

    private func takeSnapshot() throws(WindowError) {
        // Without the lines that are over it.
        let notes = window.notes
        window.notes = Notes()
        defer {
            window.notes = notes
            if let last = reports.popLast() { say(last) }
        }
        try draw(at: Self.seconds)
        let path: String
        do {
            path = try settings.snapshots.reserve()
        } catch {
            return reports.append("\(error)")
        }
        do {
            try window.snapshot(to: path)
            reports.append("\(settings.language.line(.saved)) \(path)")
        } catch {
            unlink(path)
            reports.append("\(error)")
        }
    }

    private func say(_ line: String) {
        window.notes.message = line
        messageEnd = Self.seconds + Self.messageTime
        isDirty = true
    }

    private func updateNotes(at time: Double) {
        let before = window.notes
        if time >= messageEnd { window.notes.message = "" }
        window.notes.model = window.notes.keys.isEmpty ? "" : settings.model()
        let language = settings.language
        window.notes.banner =
            pipeline.isSourceLost
            ? "\(pipeline.source.name) \(language.line(.lost))" : isPaused ? language.line(.paused) : ""
        window.notes.demo = pipeline.source.name == "demo" ? language.line(.demo) : ""
        let hint =
            isPaused || pipeline.isSourceLost
            ? nil
            : hints.phrase(
                faceCount: scene.faces.count, largest: window.share(ofHeight: scene.faces),
                pipeline.currentScene.hint, at: time)
        window.notes.hint = hint.map { language.line($0) } ?? ""
        let now = MonotonicClock.now
        if now &- lastStatus >= Self.statusInterval, !settings.isBooth {
            let rate = Double(framesShown) / (Double(now &- lastStatus) * 1e-9)
            window.notes.status = String(
                format: "%.1f frames/s   %.1f ms", rate, pipeline.currentScene.latency)
            framesShown = 0
            lastStatus = now
        }
        if window.notes != before { isDirty = true }
    }
}
