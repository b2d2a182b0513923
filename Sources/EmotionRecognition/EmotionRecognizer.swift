import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork
import System

/// Says which emotion a face shows: crop, program, posterior.
///
/// Calls from several threads run side by side, each with memory of its own that is used again, so that nothing is
/// allocated per call after the first of a thread.
package final class EmotionRecognizer: Sendable {
    /// The file's name without its ending: `raut` for `models/raut.safetensors`.
    package let modelName: String
    /// What the network is.
    package let configuration: NetworkConfiguration
    /// In which numbers it works.
    package let precision: Precision
    /// How its heads are joined.
    package let posterior: Posterior
    private let program: Program
    private let idle = Guarded<[Workspace]>([])

    /// Reads a model file.
    ///
    /// - Parameter precision: In which numbers it works; what is fastest on this processor where nil.
    /// - Throws: ``ModelFileError`` where it can't be used: what is wrong with it.
    package convenience init(
        modelAt path: String, precision: Precision? = .float
    ) throws(ModelFileError) {
        let file = try SafeTensors(path: path)
        let network = try EmotionNetwork(file, path: path)
        let precision = precision ?? .fastest(for: file)
        let program: Program
        switch precision {
        case .float: program = network.graph.program()
        case .int8:
            guard let ready = try network.graph.program(rangesIn: file, path: path) else {
                throw .invalid(path: path, reason: "it has no ranges for int8; raut quantize measures them")
            }
            program = ready
        }
        self.init(
            network.configuration, program, precision, try Posterior(metadata: file.metadata, path: path),
            modelName: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
    }

    /// Takes a network as it is; later changes of its weights have no effect. Where the processor lacks the
    /// kernels, the portable ones are used. With a quantization it works in integers.
    package convenience init(
        _ network: EmotionNetwork, posterior: Posterior = Posterior(), modelName: String = "untitled",
        kernels: KernelSet = .best, quantization: Quantization? = nil, integers: IntegerSet = .best
    ) {
        let program =
            if let quantization {
                network.graph.program(quantization: quantization, kernels: kernels, integers: integers)
            } else {
                network.graph.program(kernels: kernels)
            }
        self.init(
            network.configuration, program, quantization == nil ? .float : .int8, posterior,
            modelName: modelName)
    }

    private init(
        _ configuration: NetworkConfiguration, _ program: Program, _ precision: Precision,
        _ posterior: Posterior, modelName: String
    ) {
        (self.configuration, self.program, self.precision) = (configuration, program, precision)
        (self.posterior, self.modelName) = (posterior, modelName)
    }

    /// The probabilities of each face of a picture, in the order of the faces; `probabilities` is replaced.
    ///
    /// - Parameter looks: Which way round each face is looked at, in the same order; as it is, where none is given.
    package func recognize(
        _ faces: [DetectedFace], looks: [Look] = [], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities]
    ) {
        probabilities.removeAll(keepingCapacity: true)
        var workspace = takeWorkspace()
        for (index, face) in faces.enumerated() {
            workspace.take(face, from: image)
            let look = index < looks.count ? looks[index] : .asItIs
            probabilities.append(classify(&workspace, look))
        }
        giveBack(workspace)
    }

    /// The probabilities of one face that is already cut out; another size than 48×48 is resampled.
    package func classify(_ face: GrayImage) -> EmotionProbabilities {
        var workspace = takeWorkspace()
        workspace.take(face)
        let found = classify(&workspace, .asItIs)
        giveBack(workspace)
        return found
    }

    /// The logits of each head for one face, or for its mirror image, before any posterior.
    package func logits(_ face: GrayImage, mirrored: Bool = false) -> [[Float]] {
        var workspace = takeWorkspace()
        workspace.take(face)
        run(&workspace, mirrored: mirrored)
        // Copies: the thread sanitizer does not see that the next thread writes there only when they are let go.
        let logits = workspace.logits.map { $0.map { $0 } }
        giveBack(workspace)
        return logits
    }

    private func classify(_ workspace: inout Workspace, _ look: Look) -> EmotionProbabilities {
        run(&workspace, mirrored: look == .mirrored)
        let one = posterior.probabilities(workspace.logits)
        guard look == .bothWays else { return one }
        run(&workspace, mirrored: true)
        return EmotionProbabilities(lanes: (one.lanes + posterior.probabilities(workspace.logits).lanes) / 2)
    }

    /// Fills the workspace's logits from its face.
    private func run(_ workspace: inout Workspace, mirrored: Bool) {
        guard workspace.face.pixels.count == workspace.levels.count else {
            for head in workspace.logits.indices {
                for index in workspace.logits[head].indices { workspace.logits[head][index] = 0 }
            }
            return
        }
        prepare(workspace.face, mirrored: mirrored, &workspace.levels, into: &workspace.input)
        program.run(workspace.input, &workspace.memory)
        for head in workspace.logits.indices {
            for index in workspace.logits[head].indices {
                workspace.logits[head][index] = program.output(head, index, of: workspace.memory)
            }
        }
    }

    /// Makes the network's input of a face; `levels` holds its grey levels meanwhile.
    private func prepare(
        _ face: GrayImage, mirrored: Bool, _ levels: inout [Float], into input: inout [Float]
    ) {
        let side = NetworkConfiguration.side
        for row in 0..<side {
            for column in 0..<side {
                levels[row * side + column] =
                    Float(face.pixels[row * side + (mirrored ? side - 1 - column : column)])
            }
        }
        var target = input.mutableSpan
        configuration.preprocessing.apply(levels.span, into: &target)
    }

    private func takeWorkspace() -> Workspace { idle.withLock { $0.popLast() } ?? Workspace(program) }

    private func giveBack(_ workspace: Workspace) { idle.withLock { $0.append(workspace) } }

    /// The memory of one call.
    private struct Workspace: Sendable {
        /// Always 48×48.
        private(set) var face = GrayImage(width: NetworkConfiguration.side, height: NetworkConfiguration.side)
        var crop = FaceCrop()
        var levels: [Float]
        var input: [Float]
        var memory: ProgramMemory
        var logits: [[Float]]

        init(_ program: Program) {
            levels = [Float](repeating: 0, count: NetworkConfiguration.side * NetworkConfiguration.side)
            input = levels
            memory = ProgramMemory(for: program)
            logits = program.outputCounts.map { [Float](repeating: 0, count: $0) }
        }

        /// Cuts a face out of a picture.
        mutating func take(_ face: DetectedFace, from image: GrayImage) {
            crop.cut(face, from: image, into: &self.face)
        }

        /// Takes a face that is already cut out.
        mutating func take(_ picture: GrayImage) {
            if picture.width == NetworkConfiguration.side, picture.height == NetworkConfiguration.side {
                face = picture
            } else {
                let whole = Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
                var exact = FaceCrop(margin: 0)
                exact.cut(DetectedFace(box: whole), from: picture, into: &face)
            }
        }
    }
}
