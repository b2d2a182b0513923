import CKernels
import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork

/// Says which emotion a face shows: faces in, probabilities out.
///
/// Thread-safe: calls from several threads run side by side, each with memory of its own that is used again, so that
/// nothing is allocated per call after the first of a thread.
public final class EmotionRecognizer: @unchecked Sendable {
    /// The file's name without its ending: `raut` for `models/raut.safetensors`.
    public let modelName: String
    /// What the network is.
    public let configuration: NetworkConfiguration
    /// How its heads are joined.
    public let posterior: Posterior
    private let trunk: InferenceTrunk
    private let lstm: InferenceLSTM?
    private let layers: [InferenceDense]
    private let heads: [InferenceDense]
    private let lock = NSLock()
    private var idle: [Workspace] = []

    /// Reads a model file.
    ///
    /// - Throws: ``ModelFileError`` where it can't be used: what is wrong with it.
    public convenience init(modelAt path: String) throws(ModelFileError) {
        let file = try SafeTensors(path: path)
        let network = try EmotionNetwork(file, path: path)
        self.init(
            network, posterior: try Posterior(metadata: file.metadata, path: path),
            modelName: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
    }

    /// Takes a network as it is; later changes of its weights have no effect. Where the processor lacks the
    /// kernels, the portable ones are used.
    public init(
        _ network: EmotionNetwork, posterior: Posterior = Posterior(), modelName: String = "untitled",
        kernels: KernelSet = .best
    ) {
        self.modelName = modelName
        self.posterior = posterior
        configuration = network.configuration
        let side = NetworkConfiguration.side
        trunk = InferenceTrunk(network.trunk, height: side, width: side, channels: 1, kernels: kernels)
        lstm = network.lstm.map { InferenceLSTM($0, kernels: kernels) }
        layers = network.summary.layers.compactMap { $0 as? Dense }.map {
            InferenceDense($0, kernels: kernels)
        }
        heads = network.heads.map { InferenceDense($0, kernels: kernels) }
    }

    /// The probabilities of each face of a picture, in the order of the faces; `probabilities` is replaced.
    ///
    /// - Parameter looks: Which way round each face is looked at, in the same order; as it is, where none is given.
    public func recognize(
        _ faces: [DetectedFace], looks: [Look] = [], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities]
    ) {
        probabilities.removeAll(keepingCapacity: true)
        let workspace = takeWorkspace()
        defer { giveBack(workspace) }
        for (index, face) in faces.enumerated() {
            workspace.crop.cut(face, from: image, into: &workspace.face)
            let look = index < looks.count ? looks[index] : .asItIs
            probabilities.append(classify(workspace, look))
        }
    }

    /// The probabilities of one face that is already cut out; another size than 48×48 is resampled.
    public func classify(_ face: GrayImage) -> EmotionProbabilities {
        let workspace = takeWorkspace()
        defer { giveBack(workspace) }
        set(face, workspace)
        return classify(workspace)
    }

    /// The logits of each head for one face, or for its mirror image, before any posterior.
    public func logits(_ face: GrayImage, mirrored: Bool = false) -> [[Float]] {
        let workspace = takeWorkspace()
        defer { giveBack(workspace) }
        set(face, workspace)
        run(workspace, mirrored: mirrored)
        return workspace.logits
    }

    private func set(_ face: GrayImage, _ workspace: Workspace) {
        let side = NetworkConfiguration.side
        if face.width == side, face.height == side {
            workspace.face = face
        } else {
            let whole = DetectedFace(box: Rectangle(x: 0, y: 0, width: face.width, height: face.height))
            var exact = FaceCrop(margin: 0)
            exact.cut(whole, from: face, into: &workspace.face)
        }
    }

    private func classify(_ workspace: Workspace, _ look: Look = .asItIs) -> EmotionProbabilities {
        run(workspace, mirrored: look == .mirrored)
        let one = posterior.probabilities(workspace.logits)
        guard look == .bothWays else { return one }
        run(workspace, mirrored: true)
        return EmotionProbabilities(lanes: (one.lanes + posterior.probabilities(workspace.logits).lanes) / 2)
    }

    private func run(_ workspace: Workspace, mirrored: Bool) {
        let side = NetworkConfiguration.side
        let count = side * side
        guard workspace.face.pixels.count == count else {
            for head in workspace.logits.indices {
                for index in workspace.logits[head].indices { workspace.logits[head][index] = 0 }
            }
            return
        }
        for row in 0..<side {
            let line = workspace.pixels.pointer + row * side
            for column in 0..<side {
                line[column] = Float(
                    workspace.face.pixels[row * side + (mirrored ? side - 1 - column : column)])
            }
        }
        configuration.preprocessing.apply(
            workspace.pixels.pointer, count: count, into: workspace.memory.input)
        let map = trunk.apply(workspace.memory)
        let cells = trunk.height * trunk.width
        let features = workspace.features.pointer
        if let lstm {
            let (steps, width) = (cells, 2 * lstm.hidden)
            lstm.apply(
                map, steps: steps, scratch: workspace.scratch.pointer, into: workspace.sequence.pointer)
            let sequence = workspace.sequence.pointer
            if configuration.architecture == .raut {
                mean(sequence, steps, width, into: features)
                mean(map, cells, trunk.channels, into: features + width)
            } else {
                features.update(from: sequence + (steps - 1) * width, count: lstm.hidden)
                (features + lstm.hidden).update(from: sequence + lstm.hidden, count: lstm.hidden)
            }
        } else if let layer = layers.first {
            layer.apply(map, relu: true, into: features)
        }
        for (index, head) in heads.enumerated() {
            workspace.logits[index].withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                head.apply(features, relu: false, into: base)
            }
        }
    }

    private func mean(
        _ source: UnsafePointer<Float>, _ rows: Int, _ width: Int, into target: UnsafeMutablePointer<Float>
    ) {
        for column in 0..<width { target[column] = 0 }
        for row in 0..<rows {
            for column in 0..<width { target[column] += source[row * width + column] }
        }
        let share = 1 / Float(rows)
        for column in 0..<width { target[column] *= share }
    }

    private func takeWorkspace() -> Workspace {
        lock.withLock { idle.popLast() } ?? Workspace(self)
    }

    private func giveBack(_ workspace: Workspace) { lock.withLock { idle.append(workspace) } }

    /// The memory of one call.
    private final class Workspace {
        var face = GrayImage(width: NetworkConfiguration.side, height: NetworkConfiguration.side)
        var crop = FaceCrop()
        let pixels = Tensor([NetworkConfiguration.side, NetworkConfiguration.side])
        let memory: InferenceMemory
        let scratch: Tensor
        let sequence: Tensor
        let features: Tensor
        var logits: [[Float]]

        init(_ recognizer: EmotionRecognizer) {
            let trunk = recognizer.trunk
            let cells = trunk.height * trunk.width
            let width = 2 * (recognizer.lstm?.hidden ?? 0)
            memory = InferenceMemory(for: trunk)
            scratch = Tensor([recognizer.lstm?.scratchCount(steps: cells) ?? 0])
            sequence = Tensor([cells, width])
            features = Tensor([max(recognizer.heads.map(\.inputFeatures).max() ?? 0, width + trunk.channels)])
            logits = recognizer.heads.map { [Float](repeating: 0, count: $0.outputFeatures) }
        }
    }
}
