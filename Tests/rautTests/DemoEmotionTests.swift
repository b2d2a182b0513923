import Faces
import Foundation
import TestSupport
import Testing

@Suite(
    "the demo's faces",
    .enabled(if: access(program, X_OK) == 0, "raut is not built beside the tests")
)
struct DemoEmotionTests {
    /// The emotions in the order in which the demo shows them, and for how many frames each.
    private static let shown: [Emotion] = [.happy, .surprise, .neutral, .angry, .disgust, .fear, .sad]
    private static let frames = 64

    @Test(
        "each is found in every frame, and told within two thirds of a second for what it shows until the next"
    )
    func names() throws {
        let ran = try Ran([
            "run", "--source", "demo", "--headless", "--as-fast-as-possible", "--events", "frames",
            "--frames",
            "\(Self.shown.count * Self.frames)",
        ])
        #expect(ran.status == 0)
        var told = 0
        for line in try ran.objects() {
            guard let frame = line["frame"] as? Int, (frame - 1) % Self.frames >= 20 else { continue }
            let faces = line["faces"] as? [[String: Any]] ?? []
            let expected = Self.shown[(frame - 1) / Self.frames].description
            #expect(faces.map { $0["emotion"] as? String } == [expected], "frame \(frame)")
            told += 1
        }
        #expect(told == Self.shown.count * (Self.frames - 20))
    }
}
