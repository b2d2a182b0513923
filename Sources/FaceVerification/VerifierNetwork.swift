import FaceDetection
import Imaging
import NeuralNetwork

/// The network of the second look, described: a crop of 32×32 to two logits, no face and face.
///
/// Three convolutions with normalisation, ReLU and pooling, then one dense layer: 3.9 million multiply-adds.
package enum VerifierNetwork {
    /// Rows and columns of a crop.
    package static let side = 32
    /// Its name in model files.
    static let name = "face-verifier"
    /// Side of the square cut out, as a share of the face's box: a little of what is around tells much.
    static let reach = 1.0
    /// Channels after each convolution.
    private static let standardWidths = [24, 40, 64]

    /// The network with random weights from a seed.
    package static func network(seed: UInt64) -> Network {
        let network = unset(widths: standardWidths)
        Initialization.initialize(network.parameters, seed: seed)
        return network
    }

    /// The network of a model file, and the least probabilities that count as a face.
    ///
    /// - Throws: ``ModelFileError`` where the file can't be read, or is of another network.
    package static func network(
        modelAt path: String
    ) throws(ModelFileError) -> (network: Network, thresholds: FaceThresholds) {
        let file = try SafeTensors(path: path)
        guard file.metadata["architecture"] == name else {
            throw .invalid(path: path, reason: "it is no face verifier: its architecture is not \(name)")
        }
        // Narrower and wider ones are read alike.
        let widths = (1...3).map { file.entry("trunk.\($0).conv.weight")?.shape.first ?? 0 }
        guard widths.allSatisfy({ (1...256).contains($0) }) else {
            throw .invalid(path: path, reason: "it is no face verifier: it lacks three convolutions")
        }
        let network = unset(widths: widths)
        try network.load(file, path: path)
        var thresholds = FaceThresholds()
        for (key, place) in thresholdKeys {
            guard let text = file.metadata[key] else { continue }
            guard let value = Float(text), (0...1).contains(value) else {
                throw .invalid(path: path, reason: "its metadata say \(key) is '\(text.prefix(40))'")
            }
            thresholds[keyPath: place] = value
        }
        // A file that says nothing of windows that fill the picture was fitted with them among the others.
        if file.metadata["threshold_filling"] == nil { thresholds.filling = thresholds.unseen }
        return (network, thresholds)
    }

    /// The contents of a model file, with strings about the training.
    package static func modelFile(
        _ network: Network, thresholds: FaceThresholds = FaceThresholds(), metadata: [String: String]
    ) -> SafeTensors {
        var metadata = metadata
        metadata["architecture"] = name
        for (key, place) in thresholdKeys { metadata[key] = "\(thresholds[keyPath: place])" }
        return network.file(metadata: metadata)
    }

    private static var thresholdKeys: [(String, WritableKeyPath<FaceThresholds, Float>)] {
        [
            ("threshold_found", \.found), ("threshold_alone", \.alone), ("threshold_beside", \.beside),
            ("threshold_unseen", \.unseen), ("threshold_filling", \.filling),
            ("threshold_followed", \.followed),
        ]
    }

    /// What shows less than this is no face, whatever it looks like once its contrast is stretched: the grain of a page, a
    /// cloud. Of 800 photographed faces none has less than 0.12, for light makes a face brighter and its contrast larger alike.
    static let leastContrast: Float = 0.08

    /// Turns a crop's grey levels into what the network reads: mean 0, deviation 1, whatever the light.
    ///
    /// - Returns: The contrast: the grey levels' deviation as a share of their mean.
    @discardableResult
    package static func prepare(_ crop: GrayImage, into target: inout [Float]) -> Float {
        let count = Float(max(1, crop.pixels.count))
        var (sum, squares): (Float, Float) = (0, 0)
        for pixel in crop.pixels {
            sum += Float(pixel)
            squares += Float(pixel) * Float(pixel)
        }
        let mean = sum / count
        let deviation = max(0, squares / count - mean * mean).squareRoot()
        let scale = 1 / max(1, deviation)
        for (index, pixel) in crop.pixels.enumerated() { target[index] = (Float(pixel) - mean) * scale }
        return deviation / max(1, mean)
    }

    private static func unset(widths: [Int]) -> Network {
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
