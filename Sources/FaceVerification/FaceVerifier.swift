import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork
import Synchronization

/// The second look at what a cascade took for a face: a small network that has seen many faces, and many things that
/// cascades take for them.
///
/// Calls from several threads wait for each other. Nothing is allocated per call after the first.
public final class FaceVerifier: FaceJudge {
    /// From which probabilities on it is believed: as its model file says, since they belong to the network.
    public let thresholds: FaceThresholds

    private let program: Program
    private let workspace: Mutex<Workspace>

    /// The memory of one call.
    private struct Workspace: Sendable {
        var resizer = ImageResizer()
        var crop = GrayImage(width: VerifierNetwork.side, height: VerifierNetwork.side)
        var input = [Float](repeating: 0, count: VerifierNetwork.side * VerifierNetwork.side)
        var memory: ProgramMemory
    }

    /// Reads a model file.
    ///
    /// - Throws: ``ModelFileError`` where it can't be used: what is wrong with it.
    public convenience init(modelAt path: String) throws(ModelFileError) {
        let (network, thresholds) = try VerifierNetwork.network(modelAt: path)
        self.init(network, thresholds: thresholds)
    }

    /// Takes a network of ``VerifierNetwork`` as it is; later changes of its weights have no effect.
    public init(_ network: Network, thresholds: FaceThresholds = FaceThresholds()) {
        self.thresholds = thresholds
        let program = network.program()
        self.program = program
        workspace = Mutex(Workspace(memory: ProgramMemory(for: program)))
    }

    /// How probable it is that a box holds a face.
    public func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        workspace.withLock { workspace in
            let box = face.box
            workspace.resizer.resample(
                image, centerX: Double(box.x) + Double(box.width) / 2,
                centerY: Double(box.y) + Double(box.height) / 2,
                side: Double(max(box.width, box.height)) * VerifierNetwork.reach, tilt: face.tilt,
                into: &workspace.crop)
            VerifierNetwork.prepare(workspace.crop, into: &workspace.input)
            program.run(workspace.input, &workspace.memory)
            let noFace = program.output(0, 0, of: workspace.memory)
            let isFace = program.output(0, 1, of: workspace.memory)
            return 1 / (1 + exp(noFace - isFace))
        }
    }

    /// Takes out those that look like no face.
    public func verify(_ faces: inout [DetectedFace], in image: GrayImage) {
        var kept = 0
        for index in faces.indices where probability(of: faces[index], in: image) >= thresholds.found {
            faces[kept] = faces[index]
            kept += 1
        }
        faces.removeLast(faces.count - kept)
    }
}
