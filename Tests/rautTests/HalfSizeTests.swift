import Analysis
import Capture
import EmotionRecognition
import Events
import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging
import Pipeline
import System
import Testing

import raut

/// The demo's frames as a camera's JPEGs, or as the grey pictures that these hold.
private final class JPEGCamera: FrameSource {
    let name = "camera"
    let frameRate: Double? = 30
    let width: Int
    let height: Int
    private let demo: any FrameSource
    private let isGray: Bool

    init(_ size: FrameSize, isGray: Bool) throws {
        (width, height) = (size.width, size.height)
        let request = SourceRequest(name: "demo", size: size, asFastAsPossible: true)
        demo = try SourceOpener.open(request).source
        self.isGray = isGray
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        var plain = Frame()
        guard try demo.next(into: &plain) else { return false }
        var color = ColorImage()
        try FrameDecoder().color(of: plain, into: &color)
        frame = plain
        frame.format = .mjpeg
        frame.bytes = (try? ImageFile.encodeJPEG(color, quality: 85)) ?? []
        guard isGray else { return true }
        var image = GrayImage()
        try FrameDecoder().gray(of: frame, into: &image)
        (frame.format, frame.bytes, frame.bytesPerRow) = (.gray, image.pixels, image.width)
        return true
    }

    func cancel() { demo.cancel() }
}

/// Notes how wide the pictures are that are searched.
private final class WidthNotingFinder: FaceFinding {
    private let detector: VerifyingDetector
    private let widths: Guarded<[Int]>

    init(_ detector: VerifyingDetector, _ widths: Guarded<[Int]>) {
        (self.detector, self.widths) = (detector, widths)
    }

    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        widths.withLock { if $0.last != image.width { $0.append(image.width) } }
        detector.detect(in: image, region: region, parameters: parameters, into: &faces)
    }

    func findWide(
        _ part: WideSearch.Part, sizes: WideSearch.Sizes, in image: GrayImage, known: [DetectedFace],
        parameters: DetectionParameters, into faces: inout [DetectedFace]
    ) {
        detector.findWide(
            part, sizes: sizes, in: image, known: known, parameters: parameters, into: &faces)
    }

    func follow(_ face: DetectedFace, in image: GrayImage) -> DetectedFace? {
        detector.follow(face, in: image)
    }
}

private final class FaceLines: EventSink {
    private struct Event: Decodable {
        struct Face: Decodable {
            var face: Int
            var box: [Int]
            var emotion: String
        }
        var event: String
        var faces: [Face]?
    }

    /// Of each frame its faces: number, box, emotion.
    let frames = Guarded<[[(number: Int, box: Rectangle, emotion: String)]]>([])

    func send(_ line: [UInt8]) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(line)), let faces = event.faces,
            event.event == "frame"
        else { return }
        frames.withLock { frames in
            frames.append(
                faces.map { face in
                    let box = Rectangle(
                        x: face.box[0], y: face.box[1], width: face.box[2], height: face.box[3])
                    return (face.face, box, face.emotion)
                })
        }
    }

    func send(_ line: [UInt8], inView: [UInt8]) { send(line) }
}

@Suite("A camera's JPEG decoded at half its size")
struct HalfSizeTests {
    /// What is told of the demo's frames, and how wide the pictures were that were searched, one after another.
    private func run(
        isGray: Bool
    ) throws -> (frames: [[(number: Int, box: Rectangle, emotion: String)]], widths: [Int]) {
        let widths = Guarded<[Int]>([])
        let lines = FaceLines()
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        configuration.detail = .frames
        configuration.frameLimit = 300
        let detector = try VerifyingDetector.standard(cascadeAt: Locations.cascade(nil))
        let pipeline = try Pipeline(
            source: JPEGCamera(FrameSize(width: 481, height: 361), isGray: isGray),
            finder: WidthNotingFinder(detector, widths),
            recognizer: try EmotionRecognizer(modelAt: Locations.model(nil)), configuration: configuration,
            sinks: [lines])
        #expect(pipeline.wait() == .ended)
        return (lines.frames.withLock { $0 }, widths.withLock { $0 })
    }

    @Test("gives the same faces as the whole, which do not jump where the size changes")
    func sameFaces() throws {
        let (halved, widths) = try run(isGray: false)
        let (whole, wholeWidths) = try run(isGray: true)
        #expect(wholeWidths == [481])
        #expect(Set(widths) == [241, 481] && (3...7).contains(widths.count), "\(widths)")
        #expect(halved.count == 300 && whole.count == 300)
        var (last, agreeing, compared) = (Rectangle?.none, 0, 0)
        for (number, (found, expected)) in zip(halved, whole).enumerated() where number >= 2 {
            guard found.count == 1, expected.count == 1 else {
                Issue.record("frame \(number + 1): \(found.count) faces, \(expected.count) in the whole")
                continue
            }
            let box = found[0].box
            #expect(found[0].number == 1)
            #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 481 && box.y + box.height <= 361)
            #expect(box.intersectionOverUnion(expected[0].box) > 0.75, "frame \(number + 1)")
            if let last { #expect(box.intersectionOverUnion(last) > 0.7, "frame \(number + 1)") }
            last = box
            compared += 1
            agreeing += found[0].emotion == expected[0].emotion ? 1 : 0
        }
        #expect(Double(agreeing) > 0.9 * Double(compared), "\(agreeing) of \(compared)")
    }
}
