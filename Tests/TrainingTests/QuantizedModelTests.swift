import EmotionRecognition
import Foundation
import Testing

import Training

@Suite("The model that ships, in eight-bit integers")
struct QuantizedModelTests {
    private static var model: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../models/raut.safetensors"
        ).path
    }

    @Test(
        "is right on as many faces as in floats, within a fifth of a point",
        .enabled(if: fer2013 != nil, "RAUT_FER2013 is not set"),
        arguments: [Usage.publicTest, .privateTest])
    func accuracy(usage: Usage) throws {
        let faces = try FER2013.read(path: #require(fer2013)).part(usage)
        let predictions = try [Precision.float, .int8].map { precision in
            try ModelPredictions(
                EmotionRecognizer(modelAt: Self.model, precision: precision), on: faces, mirrored: false,
                threads: 2)
        }
        for head in [JudgedHead.fer2013, .joined] {
            let accuracies = try predictions.map {
                Evaluation(try #require($0[head]), labels: faces.labels).accuracy
            }
            #expect(accuracies[1] >= accuracies[0] - 0.002, "\(head): \(accuracies)")
        }
    }
}
