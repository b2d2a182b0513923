import Capture
import Drawing
import Faces
import Foundation
import Imaging
import Pipeline
import Testing

import Overlay

@Suite("the booth")
struct BoothTests {
    private let happy = EmotionProbabilities(lanes: SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0))
    private let surprised = EmotionProbabilities(lanes: SIMD8(0, 0, 0, 0.1, 0, 0.9, 0, 0))

    @Test("the game counts an emotion that is held, counts down to its photograph, and asks for the next")
    func game() {
        var game = Challenge(order: [.happy, .surprise])
        var (photographs, time) = (0, 0.0)
        func play(_ faces: [EmotionProbabilities], seconds: Double) {
            let end = time + seconds
            while time < end {
                if game.update(faces, at: time) == .photograph { photographs += 1 }
                time += 1.0 / 30
            }
        }
        play([surprised], seconds: 2)
        #expect(game.view.wanted == .happy && game.view.score == 0 && game.view.progress == 0)
        play([surprised, happy], seconds: 1)
        #expect(game.view.score == 1 && game.view.countdown == 3 && photographs == 0)
        play([], seconds: 3)
        #expect(photographs == 1 && game.view.countdown == nil && game.isResting)
        play([], seconds: 2)
        #expect(game.view.wanted == .surprise && !game.isResting)
        play([], seconds: Challenge.patience + 1)
        #expect(game.view.wanted == .happy && game.view.score == 1 && photographs == 1)
    }

    @Test("Tab goes through the faces from left to right, then back to the largest")
    func choose() {
        var scene = SceneView()
        let tracked = [(3, 500), (7, 40), (5, 300)].map { number, x in
            TrackedFace(
                number: number, box: Rectangle(x: x, y: 10, width: 90, height: 90), rawProbabilities: happy,
                probabilities: happy, emotion: .happy)
        }
        scene.update(tracked, at: 0)
        var chosen: [Int?] = []
        for _ in 0..<5 {
            scene.chooseNext()
            chosen.append(scene.chosen)
        }
        #expect(chosen == [7, 5, 3, nil, 7])
        scene.update([tracked[0]], at: 1)
        #expect(scene.chosen == nil)
        #expect(abs((scene.smile ?? 0) - 0.9) < 1e-6)
    }

    @Test("a snapshot never takes the place of another, and its path is whole")
    func snapshots() throws {
        let folder = NSTemporaryDirectory() + "raut-snapshots-\(getpid())/a/b"
        defer {
            try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "raut-snapshots-\(getpid())")
        }
        let snapshots = SnapshotFolder(folder, environment: [:])
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        let paths = try (0..<3).map { _ in try snapshots.reserve(now) }
        #expect(Set(paths).count == 3)
        #expect(paths.allSatisfy { $0.hasPrefix("/") && FileManager.default.fileExists(atPath: $0) })
        #expect(SnapshotFolder(nil, environment: ["HOME": "/home/a"]).path == "/home/a/Pictures")
        #expect(SnapshotFolder(nil, environment: ["HOME": "/home/a", "XDG_PICTURES_DIR": "/p"]).path == "/p")
        #expect(throws: ImageError.self) { try SnapshotFolder("/dev/null/x", environment: [:]).reserve() }
    }

    @Test("without a face a line says after a moment what to do: more light, closer, or face the camera")
    func hints() {
        var hints = HintFinder()
        #expect(hints.phrase(faceCount: 1, nil, at: 0) == nil)
        #expect(hints.phrase(faceCount: 0, .tooDark(mean: 9), at: 1) == nil)
        #expect(hints.phrase(faceCount: 0, .tooDark(mean: 9), at: 1.6) == .dark)
        #expect(hints.phrase(faceCount: 0, .tooSmall(side: 30), at: 2) == .closer)
        #expect(hints.phrase(faceCount: 0, nil, at: 2.5) == .facing)
        #expect(hints.phrase(faceCount: 2, nil, at: 2.6) == nil)
        #expect(hints.phrase(faceCount: 0, nil, at: 2.7) == nil)
    }

    @Test("one who came so near that the face is lost is asked to step back, for a while")
    func near() {
        var hints = HintFinder()
        #expect(hints.phrase(faceCount: 1, largest: 0.9, nil, at: 0) == nil)
        #expect(hints.phrase(faceCount: 0, largest: 0, nil, at: 1) == nil)
        #expect(hints.phrase(faceCount: 0, largest: 0, nil, at: 2) == .back)
        #expect(hints.phrase(faceCount: 0, largest: 0, .tooDark(mean: 9), at: 3) == .dark)
        #expect(hints.phrase(faceCount: 0, largest: 0, nil, at: 12) == .facing)
        #expect(hints.phrase(faceCount: 1, largest: 0.4, nil, at: 13) == nil)
        #expect(hints.phrase(faceCount: 0, largest: 0, nil, at: 16) == .facing)
    }
}
