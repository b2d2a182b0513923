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
    /// The file's name without its ending: `raut` for `models/raut.safetensors`; where each run calls its file the same, the
    /// run's: `mine` for `runs/mine/model.safetensors`.
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
            modelName: Self.name(ofModelAt: path))
    }

    private static func name(ofModelAt path: String) -> String {
        let file = URL(fileURLWithPath: path).deletingPathExtension()
        let folder = file.deletingLastPathComponent().lastPathComponent
        return file.lastPathComponent == "model" && folder != "/" ? folder : file.lastPathComponent
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

    /// The probabilities of each face of a picture, each looked at as often as `looks` says, in the order of the faces.
    ///
    /// - Parameter threads: Threads that share the faces where they are many.
    package func recognize(
        _ faces: [DetectedFace], looks: PictureLooks, in image: GrayImage, threads: Int = 1
    ) -> [EmotionProbabilities] {
        // To start a thread is worth a few faces.
        let pool = ThreadPool(threads: min(threads, faces.count / 8))
        let parts = Guarded([[EmotionProbabilities]](repeating: [], count: pool.threads))
        pool.split(faces.count) { thread, range in
            var workspace = takeWorkspace()
            let found = faces[range].map { face in
                workspace.take(face, from: image)
                run(&workspace, looks)
                return posterior.probabilities(workspace.logits)
            }
            giveBack(workspace)
            parts.withLock { $0[thread] = found }
        }
        return parts.withLock { $0.flatMap { $0 } }
    }

    /// The probabilities of one face that is already cut out; another size than 48×48 is resampled.
    package func classify(_ face: GrayImage, looks: PictureLooks = .one) -> EmotionProbabilities {
        var workspace = takeWorkspace()
        workspace.take(face)
        run(&workspace, looks)
        let found = posterior.probabilities(workspace.logits)
        giveBack(workspace)
        return found
    }

    /// The logits of each head for one face, or for its mirror image, before any posterior.
    package func logits(_ face: GrayImage, mirrored: Bool = false) -> [[Float]] {
        logits(face) { run(&$0, PictureLooks.View(isMirrored: mirrored)) }
    }

    /// The mean of each head's logits over several looks at one face, before any posterior.
    package func logits(_ face: GrayImage, looks: PictureLooks) -> [[Float]] {
        logits(face) { run(&$0, looks) }
    }

    private func logits(_ face: GrayImage, _ run: (inout Workspace) -> Void) -> [[Float]] {
        var workspace = takeWorkspace()
        workspace.take(face)
        run(&workspace)
        // Copies: the thread sanitizer does not see that the next thread writes there only when they are let go.
        let logits = workspace.logits.map { $0.map { $0 } }
        giveBack(workspace)
        return logits
    }

    private func classify(_ workspace: inout Workspace, _ look: Look) -> EmotionProbabilities {
        run(&workspace, PictureLooks.View(isMirrored: look == .mirrored))
        let one = posterior.probabilities(workspace.logits)
        guard look == .bothWays else { return one }
        run(&workspace, PictureLooks.View(isMirrored: true))
        return EmotionProbabilities(lanes: (one.lanes + posterior.probabilities(workspace.logits).lanes) / 2)
    }

    /// Fills the workspace's logits with the mean of several looks at its face.
    private func run(_ workspace: inout Workspace, _ looks: PictureLooks) {
        let views = looks.views
        run(&workspace, views[0])
        guard views.count > 1 else { return }
        for place in workspace.sums.indices {
            for index in workspace.sums[place].indices {
                workspace.sums[place][index] = workspace.logits[place][index]
            }
        }
        for view in views.dropFirst() {
            run(&workspace, view)
            for place in workspace.sums.indices {
                for index in workspace.sums[place].indices {
                    workspace.sums[place][index] += workspace.logits[place][index]
                }
            }
        }
        for place in workspace.sums.indices {
            for index in workspace.sums[place].indices {
                workspace.logits[place][index] = workspace.sums[place][index] / Float(views.count)
            }
        }
    }

    /// Fills the workspace's logits from its face.
    private func run(_ workspace: inout Workspace, _ view: PictureLooks.View) {
        guard workspace.face.pixels.count == workspace.levels.count else {
            for head in workspace.logits.indices {
                for index in workspace.logits[head].indices { workspace.logits[head][index] = 0 }
            }
            return
        }
        prepare(workspace.face, view, &workspace.levels, into: &workspace.input)
        program.run(workspace.input, &workspace.memory)
        for head in workspace.logits.indices {
            for index in workspace.logits[head].indices {
                workspace.logits[head][index] = program.output(head, index, of: workspace.memory)
            }
        }
    }

    /// Makes the network's input of a face; `levels` holds its grey levels meanwhile.
    private func prepare(
        _ face: GrayImage, _ view: PictureLooks.View, _ levels: inout [Float], into input: inout [Float]
    ) {
        let side = NetworkConfiguration.side
        for row in 0..<side {
            for column in 0..<side {
                levels[row * side + column] =
                    Float(face.pixels[row * side + (view.isMirrored ? side - 1 - column : column)])
            }
        }
        if view.isSmoothed { Self.smooth(&levels, side: side, through: &input) }
        var target = input.mutableSpan
        configuration.preprocessing.apply(levels.span, into: &target)
    }

    /// Smooths a square of grey levels along its rows, then down its columns; beyond its border its pixels go on.
    private static func smooth(_ levels: inout [Float], side: Int, through rows: inout [Float]) {
        // Three points of a Gaussian whose deviation is half a pixel; the next would weigh a thousandth.
        let (middle, beside): (Float, Float) = (0.787, 0.1065)
        for row in 0..<side {
            let start = row * side
            for column in 0..<side {
                let (left, right) = (max(0, column - 1), min(side - 1, column + 1))
                rows[start + column] =
                    middle * levels[start + column] + beside * (levels[start + left] + levels[start + right])
            }
        }
        for row in 0..<side {
            let (above, below) = (max(0, row - 1) * side, min(side - 1, row + 1) * side)
            for column in 0..<side {
                let sum = rows[above + column] + rows[below + column]
                levels[row * side + column] = middle * rows[row * side + column] + beside * sum
            }
        }
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
        /// Sums of several looks' logits.
        var sums: [[Float]]

        init(_ program: Program) {
            levels = [Float](repeating: 0, count: NetworkConfiguration.side * NetworkConfiguration.side)
            input = levels
            memory = ProgramMemory(for: program)
            logits = program.outputCounts.map { [Float](repeating: 0, count: $0) }
            sums = logits
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
