import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork

/// The layers of the second look: a crop of 32×32 to two logits, no face and face.
///
/// Three convolutions with normalisation, ReLU and pooling, then one dense layer: 1.2 million multiply-adds.
public final class VerifierNetwork {
    /// Rows and columns of a crop.
    public static let side = 32
    /// Side of the square cut out, as a share of the face's box: a little of what is around tells much.
    static let reach = 1.0
    private static let widths = [16, 24, 32]

    /// Convolution and pooling, to `[batch, 32, 4, 4]`.
    let trunk: Sequential
    /// The last layer.
    let head: Dense

    /// Builds the layers and sets their weights from a seed.
    public init(seed: UInt64 = 0) {
        var layers: [any Layer] = []
        var channels = 1
        for (index, width) in Self.widths.enumerated() {
            let convolution = Convolution2D(
                name: "trunk.\(index + 1).conv", inputChannels: channels, outputChannels: width)
            convolution.needsInputGradient = index > 0
            layers.append(convolution)
            layers.append(
                BatchNormalization2D(
                    name: "trunk.\(index + 1).bn", channels: width, relu: true, pools: true))
            channels = width
        }
        trunk = Sequential(layers)
        head = Dense(
            name: "head", inputFeatures: 16 * channels, outputFeatures: 2, flattenedChannels: channels)
        Initialization.initialize(parameters, seed: seed)
    }

    /// Reads a model file.
    public convenience init(modelAt path: String) throws(ModelFileError) {
        self.init()
        let file = try SafeTensors(path: path)
        func values(_ name: String, _ shape: [Int]) throws(ModelFileError) -> [Float] {
            guard let entry = file.entry(name), entry.shape == shape,
                entry.values.allSatisfy(\.isFinite)
            else { throw .invalid(path: path, reason: "it is no face verifier: tensor \(name) does not fit") }
            return entry.values
        }
        for parameter in parameters {
            parameter.setTorchValues(try values(parameter.name, parameter.torchShape), of: parameter.value)
        }
        for statistic in trunk.statistics {
            statistic.value.elements = try values(statistic.name, statistic.value.shape)
        }
    }

    /// All weights, in the order of the forward pass.
    public var parameters: [Parameter] { trunk.parameters + head.parameters }

    /// Two logits an image, `[batch, 2]`, for `[batch, 1, 32, 32]`.
    public func forward(_ images: Tensor, _ execution: Execution) -> Tensor {
        head.forward(trunk.forward(images, execution), execution)
    }

    /// Sets the gradients of all weights from those of the logits.
    public func backward(_ gradient: Tensor, _ execution: Execution) {
        let features = head.backward(gradient, execution)
        features.resize([features.shape[0], 4, 4, features.count / features.shape[0] / 16])
        _ = trunk.backward(features, execution)
    }

    /// The contents of a model file, with strings about the training.
    public func modelFile(metadata: [String: String]) -> SafeTensors {
        SafeTensors(
            entries: parameters.map {
                .init(name: $0.name, shape: $0.torchShape, values: $0.torchValues(of: $0.value))
            }
                + trunk.statistics.map {
                    .init(name: $0.name, shape: $0.value.shape, values: $0.value.elements)
                },
            metadata: metadata.merging(["architecture": "face-verifier"]) { $1 })
    }

    /// Turns a crop's grey levels into what the network reads: mean 0, deviation 1, whatever the light.
    public static func prepare(_ crop: GrayImage, into target: UnsafeMutablePointer<Float>) {
        let count = Float(max(1, crop.pixels.count))
        var (sum, squares): (Float, Float) = (0, 0)
        for pixel in crop.pixels {
            sum += Float(pixel)
            squares += Float(pixel) * Float(pixel)
        }
        let mean = sum / count
        let scale = 1 / max(1, (squares / count - mean * mean).squareRoot())
        for (index, pixel) in crop.pixels.enumerated() { target[index] = (Float(pixel) - mean) * scale }
    }
}

/// The second look at what a cascade took for a face: a small network that has seen many faces, and many things that
/// cascades take for them.
///
/// Thread-safe: calls wait for each other. Nothing is allocated per call after the first.
public final class FaceVerifier: @unchecked Sendable {
    /// The least probability of being a face that a face keeps its place with.
    public static let threshold: Float = 0.5

    private let trunk: InferenceTrunk
    private let head: InferenceDense
    private let lock = NSLock()
    private let memory: InferenceMemory
    private var resizer = ImageResizer()
    private var crop = GrayImage(width: VerifierNetwork.side, height: VerifierNetwork.side)
    private let logits = Tensor([2])

    /// Reads a model file.
    public convenience init(modelAt path: String) throws(ModelFileError) {
        self.init(try VerifierNetwork(modelAt: path))
    }

    /// Takes a network as it is; later changes of its weights have no effect.
    public init(_ network: VerifierNetwork) {
        let side = VerifierNetwork.side
        trunk = InferenceTrunk(network.trunk, height: side, width: side, channels: 1)
        head = InferenceDense(network.head)
        memory = InferenceMemory(for: trunk)
    }

    /// How probable it is that a box holds a face.
    public func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        lock.withLock {
            let box = face.box
            resizer.resample(
                image, centerX: Double(box.x) + Double(box.width) / 2,
                centerY: Double(box.y) + Double(box.height) / 2,
                side: Double(max(box.width, box.height)) * VerifierNetwork.reach, tilt: face.tilt, into: &crop
            )
            VerifierNetwork.prepare(crop, into: memory.input)
            head.apply(trunk.apply(memory), relu: false, into: logits.pointer)
            return 1 / (1 + exp(logits.pointer[0] - logits.pointer[1]))
        }
    }

    /// Takes out those that look like no face.
    public func verify(_ faces: inout [DetectedFace], in image: GrayImage) {
        var kept = 0
        for index in faces.indices where probability(of: faces[index], in: image) >= Self.threshold {
            faces[kept] = faces[index]
            kept += 1
        }
        faces.removeLast(faces.count - kept)
    }
}

/// A detector whose finds are looked at a second time.
public final class VerifyingDetector: Sendable {
    /// What finds.
    public let detector: FaceDetector
    /// What looks again, or nil to take all that is found.
    public let verifier: FaceVerifier?

    /// Takes both.
    public init(_ detector: FaceDetector, verifier: FaceVerifier?) {
        self.detector = detector
        self.verifier = verifier
    }

    /// Replaces `faces` by those of a picture, or of a region of it, keeping its storage.
    public func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        detector.detect(in: image, region: region, parameters: parameters, into: &faces)
        verifier?.verify(&faces, in: image)
    }
}
