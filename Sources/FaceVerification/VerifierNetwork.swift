import Imaging
import NeuralNetwork

/// The network of the second look, described: a crop of 32×32 to two logits, no face and face.
///
/// Three convolutions with normalisation, ReLU and pooling, then one dense layer: 1.2 million multiply-adds.
public enum VerifierNetwork {
    /// Rows and columns of a crop.
    public static let side = 32
    /// Its name in model files.
    static let name = "face-verifier"
    /// Side of the square cut out, as a share of the face's box: a little of what is around tells much.
    static let reach = 1.0
    private static let widths = [16, 24, 32]

    /// The network with random weights from a seed.
    public static func network(seed: UInt64) -> Network {
        let network = unset()
        Initialization.initialize(network.parameters, seed: seed)
        return network
    }

    /// The network of a model file.
    ///
    /// - Throws: ``ModelFileError`` where the file can't be read, or is of another network.
    public static func network(modelAt path: String) throws(ModelFileError) -> Network {
        let file = try SafeTensors(path: path)
        guard file.metadata["architecture"] == name else {
            throw .invalid(path: path, reason: "it is no face verifier: its architecture is not \(name)")
        }
        let network = unset()
        try network.load(file, path: path)
        return network
    }

    /// The contents of a model file, with strings about the training.
    public static func modelFile(_ network: Network, metadata: [String: String]) -> SafeTensors {
        network.file(metadata: metadata.merging(["architecture": name]) { $1 })
    }

    /// Turns a crop's grey levels into what the network reads: mean 0, deviation 1, whatever the light.
    public static func prepare(_ crop: GrayImage, into target: inout [Float]) {
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

    private static func unset() -> Network {
        var layers: [any Layer] = []
        var channels = 1
        for (index, width) in widths.enumerated() {
            let convolution = Convolution2D(
                name: "trunk.\(index + 1).conv", inputChannels: channels, outputChannels: width)
            convolution.needsInputGradient = index > 0
            layers.append(convolution)
            layers.append(
                BatchNormalization2D(
                    name: "trunk.\(index + 1).bn", channels: width, relu: true, pools: true))
            channels = width
        }
        let head = Dense(
            name: "head", inputFeatures: 16 * channels, outputFeatures: 2, flattenedChannels: channels)
        return Network(inputShape: [side, side, 1], body: Sequential(layers), heads: [head])
    }
}
