#if Window
import Faces
import Foundation
import Overlay
import System
import Tracking

/// Shows a pipeline in a window: the newest picture at once, the faces as soon as they are known.
///
/// Belongs to the thread that makes it.
public final class Viewer {
    private let window: Window
    private let pipeline: Pipeline
    private let sourceName: String
    private var isPaused = false
    private var isDirty = true
    private var pausedFaces: [TrackedFace] = []
    private var framesShown = 0
    private var lastStatus = MonotonicClock.now
    private var messageEnd: UInt64 = 0

    /// How often the numbers in the corner change, in nanoseconds: faster can't be read.
    private static let statusInterval: UInt64 = 500_000_000
    /// How long a line at the foot stays, in nanoseconds.
    private static let messageTime: UInt64 = 4_000_000_000
    private static let keys = "q quit   space pause   m mirror   b bars   f full screen   s snapshot"

    /// Joins a window to a pipeline made with `isViewed`.
    public init(_ window: Window, _ pipeline: Pipeline, sourceName: String) {
        self.window = window
        self.pipeline = pipeline
        self.sourceName = sourceName
        say(Self.keys)
    }

    /// Shows pictures until the pipeline has ended or a person asks for the end.
    public func run() throws(WindowError) {
        while !pipeline.isOver {
            // Short, because the wait ends for keys, not for frames.
            for action in window.actions(waitingUpTo: 4) {
                if action == .quit { return }
                perform(action)
            }
            if let frame = pipeline.view(), !isPaused {
                try window.setPicture(frame.frame)
                framesShown += 1
                isDirty = true
            }
            updateNotes()
            guard isDirty else { continue }
            isDirty = false
            try window.draw(isPaused ? pausedFaces : pipeline.currentScene.faces)
            window.present()
        }
    }

    private func perform(_ action: WindowAction) {
        isDirty = true
        switch action {
        case .quit: break
        case .pause:
            isPaused.toggle()
            pausedFaces = pipeline.currentScene.faces
        case .mirror: window.isMirrored.toggle()
        case .bars: window.showsBars.toggle()
        case .fullScreen: window.toggleFullScreen()
        case .resized: break
        case .snapshot: takeSnapshot()
        }
    }

    private func takeSnapshot() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        let path = "raut-\(formatter.string(from: Date())).png"
        do {
            // Without the notes that are over it.
            let message = window.message
            window.message = ""
            try window.draw(isPaused ? pausedFaces : pipeline.currentScene.faces)
            window.message = message
            try window.snapshot(to: path)
            say("saved \(path)")
        } catch {
            say("\(error)")
        }
    }

    private func say(_ line: String) {
        window.message = line
        messageEnd = MonotonicClock.now &+ Self.messageTime
        isDirty = true
    }

    private func updateNotes() {
        let now = MonotonicClock.now
        if !window.message.isEmpty, now >= messageEnd {
            window.message = ""
            isDirty = true
        }
        let banner =
            pipeline.isSourceLost
            ? "\(sourceName) is lost, waiting for it to come back" : isPaused ? "paused" : ""
        if banner != window.banner {
            window.banner = banner
            isDirty = true
        }
        guard now &- lastStatus >= Self.statusInterval else { return }
        let rate = Double(framesShown) / (Double(now &- lastStatus) * 1e-9)
        window.status = String(format: "%.1f frames/s   %.1f ms", rate, pipeline.currentScene.latency)
        framesShown = 0
        lastStatus = now
        isDirty = true
    }
}
#endif
