import Analysis
import Capture
import EmotionRecognition
import FaceDetection
import Faces
import Foundation
import Imaging
import Testing

import raut

@Suite("the demo's faces")
struct DemoEmotionTests {
    @Test("each is found by the cascade, and the model that ships names all seven rightly")
    func names() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let recognizer = try EmotionRecognizer(modelAt: root.appending(path: "models/raut.safetensors").path)
        let detector = try FaceDetector(cascadeAt: Locations.cascade())
        let opened = try SourceOpener.open(SourceRequest(name: "demo", asFastAsPossible: true))
        var (frame, image) = (Frame(), GrayImage())
        var votes: [Int: [Emotion: Int]] = [:]
        for number in 1...448 {
            #expect(try opened.source.next(into: &frame))
            guard number % 9 == 0 else { continue }
            try FrameDecoder().gray(of: frame, into: &image)
            let faces = detector.detect(in: image)
            #expect(!faces.isEmpty, "frame \(number)")
            var probabilities: [EmotionProbabilities] = []
            recognizer.recognize(faces, in: image, into: &probabilities)
            guard let shown = probabilities.first else { continue }
            votes[(number - 1) / 64, default: [:]][shown.mostLikely, default: 0] += 1
        }
        let named = votes.sorted { $0.key < $1.key }
            .map { votes in votes.value.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key
            }
        #expect(named == [.happy, .surprise, .neutral, .angry, .disgust, .fear, .sad], "\(votes)")
    }
}
