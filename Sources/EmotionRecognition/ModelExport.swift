import Foundation
import NeuralNetwork
import System

extension EmotionNetwork {
    /// Writes the network in the format of ONNX (https://onnx.ai), operator set 17, for other programs.
    ///
    /// Its input `face` is `[batch, 1, 48, 48]`, prepared as the metadata's `preprocessing` says; its outputs are the
    /// logits of each head, `head_fer2013` `[batch, 7]` and where there is one `head_ferplus` `[batch, 8]`.
    ///
    /// - Parameter facts: Strings that go into the file's metadata beside the configuration.
    /// - Throws: ``ModelFileError/unwritable(path:reason:)``.
    package func exportONNX(to path: String, facts: [String: String] = [:]) throws(ModelFileError) {
        let data = graph.onnx(
            name: configuration.architecture.rawValue, input: "face",
            outputs: configuration.heads.map { "head_\($0.rawValue)" },
            metadata: configuration.metadata.merging(facts) { own, _ in own })
        do {
            try data.withUnsafeBytes { try AtomicFile.write($0, to: path) }
        } catch {
            throw .unwritable(path: path, reason: FileReason.of(error))
        }
    }
}
