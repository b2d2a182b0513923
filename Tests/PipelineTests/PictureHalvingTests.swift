import FaceDetection
import Faces
import Imaging
import Pipeline
import Testing
import Tracking

private let frame: UInt64 = 33_333_333

/// Whether a picture is halved after each frame, in which faces with these sides were seen.
private func decisions(_ sides: [[Int]], minSize: Int = 80) -> [Bool] {
    var (tracker, halving, changes) = (FaceTracker(), PictureHalving(), [FaceChange]())
    var parameters = DetectionParameters()
    parameters.minSize = minSize
    return sides.enumerated().map { number, sides in
        let time = UInt64(number) * frame
        let faces = sides.enumerated().map { place, side in
            DetectedFace(box: Rectangle(x: 400 * place, y: 50, width: side, height: side))
        }
        tracker.match(faces, at: time)
        tracker.update(tracker.toRecognize.map { _ in .uniform }, into: &changes)
        return halving.decide(for: tracker, at: time + frame, parameters: parameters)
    }
}

@Suite("When a JPEG is decoded at half its size")
struct PictureHalvingTests {
    @Test("while every face is large, and nobody is looked for alone")
    func large() {
        #expect(decisions([[], [150], [150], [150, 200]]) == [false, true, true, true])
        #expect(decisions([[150, 90], [150, 90]]) == [false, false])
    }

    @Test("a face at the border between large and small does not switch to and fro")
    func border() {
        // Where a face is expected follows what was seen with a delay.
        let halved = decisions([112, 130, 112, 96, 112].flatMap { Array(repeating: [$0], count: 8) })
        let settled = (0..<5).map { Set(halved[(8 * $0 + 6)..<(8 * $0 + 8)]) }
        #expect(settled == [[false], [true], [true], [false], [false]])
        #expect(zip(halved, halved.dropFirst()).count { $0 != $1 } == 2)
    }

    @Test("not while a face is missed, which is looked for in the whole picture then")
    func missed() {
        #expect(decisions([[150], [150], [], [], [150]]) == [true, true, false, false, true])
    }

    @Test("never where faces are looked for that half the size would make smaller than the cascade's window")
    func small() {
        #expect(decisions([[150], [150]], minSize: 47) == [false, false])
        #expect(decisions([[150], [150]], minSize: 48) == [true, true])
    }
}

@Suite("A face in a picture of half the size")
struct ReducedFaceTests {
    @Test("comes back to its place, a pixel off at most, and not over the border")
    func comesBack() {
        for (x, side) in [(0, 101), (7, 64), (-3, 55), (400, 241)] {
            let face = DetectedFace(box: Rectangle(x: x, y: x + 1, width: side, height: side), tilt: 26)
            let back = face.reduced(by: 2).enlarged(by: 2, width: 641, height: 643)
            #expect(abs(back.box.x - x) <= 1 && abs(back.box.y - x - 1) <= 1)
            #expect(abs(back.box.width - side) <= 1 && abs(back.box.height - side) <= 2)
            #expect(back.tilt == 26)
        }
        let last = DetectedFace(box: Rectangle(x: 200, y: 100, width: 121, height: 121))
        let box = last.enlarged(by: 2, width: 641, height: 441).box
        #expect(box == Rectangle(x: 400, y: 200, width: 241, height: 241))
    }

    @Test("is the same in one of the same size")
    func same() {
        let face = DetectedFace(box: Rectangle(x: 3, y: 5, width: 101, height: 99))
        #expect(face.reduced(by: 1) == face)
        #expect(face.enlarged(by: 1, width: 104, height: 104) == face)
    }
}
