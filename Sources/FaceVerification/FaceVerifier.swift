import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork
import System

/// The second look at what a cascade took for a face: a small network that has seen many faces, and many things that
/// cascades take for them.
///
/// Calls from several threads wait for each other. Nothing is allocated per call after the first.
package final class FaceVerifier: FaceJudge {
    /// The least probabilities that count as a face; the model file has them, since they belong to the
    /// network.
    package let thresholds: FaceThresholds

    /// Where a steady look is taken: moved by steps of 6 % of the side, larger or smaller by 10 %.
    private static let places: [(x: Int, y: Int, grow: Int)] = [
        (0, 0, 0), (0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0),
    ]

    private let program: Program
    private let workspace: Guarded<Workspace>

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
    package convenience init(modelAt path: String) throws(ModelFileError) {
        let (network, thresholds) = try VerifierNetwork.network(modelAt: path)
        self.init(network, thresholds: thresholds)
    }

    /// Takes a network of ``VerifierNetwork`` as it is; later changes of its weights have no effect.
    package init(_ network: Network, thresholds: FaceThresholds = FaceThresholds()) {
        self.thresholds = thresholds
        let program = network.program()
        self.program = program
        workspace = Guarded(Workspace(memory: ProgramMemory(for: program)))
    }

    /// How probable it is that a box holds a face.
    package func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        workspace.withLock { workspace in
            guard cut(face, from: image, &workspace) else { return 0 }
            return Self.probability(logOdds: logOdds(&workspace))
        }
    }

    /// How probable it is by the mean log odds of 14 looks: as it is, larger, smaller and moved, each mirrored, too.
    package func steadyProbability(of face: DetectedFace, in image: GrayImage) -> Float {
        workspace.withLock { workspace in
            let (box, side) = (face.box, max(face.box.width, face.box.height))
            let (step, growth) = (max(1, side * 6 / 100), max(1, side / 10))
            var sum: Float = 0
            for place in Self.places {
                let grow = place.grow * growth
                var moved = face
                moved.box = Rectangle(
                    x: box.x + place.x * step - grow / 2, y: box.y + place.y * step - grow / 2,
                    width: box.width + grow, height: box.height + grow)
                guard cut(moved, from: image, &workspace) else { return 0 }
                sum += logOdds(&workspace)
                Self.mirror(&workspace.input)
                sum += logOdds(&workspace)
            }
            return Self.probability(logOdds: sum / Float(2 * Self.places.count))
        }
    }

    /// Prepares what the network reads of a box.
    ///
    /// - Returns: False where there is too little contrast for a face.
    private func cut(_ face: DetectedFace, from image: GrayImage, _ workspace: inout Workspace) -> Bool {
        let box = face.box
        workspace.resizer.resample(
            image, centerX: Double(box.x) + Double(box.width) / 2,
            centerY: Double(box.y) + Double(box.height) / 2,
            side: Double(max(box.width, box.height)) * VerifierNetwork.reach, tilt: face.tilt,
            into: &workspace.crop)
        let contrast = VerifierNetwork.prepare(workspace.crop, into: &workspace.input)
        return contrast >= VerifierNetwork.leastContrast
    }

    private func logOdds(_ workspace: inout Workspace) -> Float {
        program.run(workspace.input, &workspace.memory)
        return program.output(0, 1, of: workspace.memory) - program.output(0, 0, of: workspace.memory)
    }

    private static func probability(logOdds: Float) -> Float { 1 / (1 + exp(-logOdds)) }

    private static func mirror(_ input: inout [Float]) {
        let side = VerifierNetwork.side
        for y in 0..<side {
            for x in 0..<side / 2 { input.swapAt(y * side + x, y * side + side - 1 - x) }
        }
    }

    /// Takes out those that look like no face.
    package func verify(_ faces: inout [DetectedFace], in image: GrayImage) {
        var kept = 0
        for index in faces.indices where probability(of: faces[index], in: image) >= thresholds.found {
            faces[kept] = faces[index]
            kept += 1
        }
        faces.removeLast(faces.count - kept)
    }
}
