import Imaging
import NeuralNetwork

/// In which numbers a network works while it names emotions.
package enum Precision: String, CaseIterable, Sendable {
    /// 32-bit floats.
    case float
    /// Eight-bit integers, all but the first layer, the cells of the LSTM and the heads.
    case int8

    /// What is fastest on this processor for certain: integers where it multiplies and adds bytes in one instruction and
    /// the model has ranges for them, which `raut quantize` measures.
    static func fastest(for file: SafeTensors) -> Precision {
        file.hasQuantization && IntegerSet.hasDotProduct ? .int8 : .float
    }
}

extension EmotionNetwork {
    /// How far what layers read reaches on faces of 48×48, every second of them mirrored.
    ///
    /// - Parameter goesOn: Asked after each face, with how many are done; where it says no, the others are left out.
    package func quantization(
        measuredOn faces: [GrayImage], goesOn: (Int) -> Bool = { _ in true }
    ) -> Quantization {
        let side = NetworkConfiguration.side
        let images = faces.enumerated().map { number, face in
            precondition(face.width == side && face.height == side)
            let levels = (0..<side * side).map { index in
                let column = number % 2 == 0 ? index % side : side - 1 - index % side
                return Float(face.pixels[index / side * side + column])
            }
            var image = levels
            var target = image.mutableSpan
            configuration.preprocessing.apply(levels.span, into: &target)
            return image
        }
        return graph.quantization(measuredOn: images, goesOn: goesOn)
    }

    /// The contents of a model file with ranges for inference in integers beside the weights.
    package func modelFile(extra: [String: String] = [:], quantization: Quantization) -> SafeTensors {
        graph.file(
            metadata: configuration.metadata.merging(extra) { own, _ in own }, quantization: quantization)
    }
}
