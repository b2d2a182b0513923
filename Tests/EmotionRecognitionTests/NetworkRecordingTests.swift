import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import Testing

/// A network's weights, some faces and what it says of them as one file, which `Tests/Kernels/replay_network.c` works out
/// again by the C kernels of another processor.
struct NetworkRecording {
    private(set) var bytes = Data()

    /// Records a network of the architecture `raut`: widths, cells, classes of each head; the weights in the order of the
    /// forward pass and as they lie in memory, the statistics; faces as the network takes them; their logits by the fastest
    /// kernels of this processor.
    init(_ network: EmotionNetwork, faces: [GrayImage]) {
        let configuration = network.configuration
        let classes = configuration.heads.map(\.classes)
        append([configuration.widths.count] + configuration.widths + [configuration.hidden])
        append([classes.count] + classes)
        for tensor in network.parameters.map(\.value) + network.statistics.map(\.value) {
            append([tensor.count])
            append(tensor.elements)
        }
        append([faces.count])
        let recognizer = EmotionRecognizer(network)
        let input = Tensor([1, NetworkConfiguration.side, NetworkConfiguration.side, 1])
        for face in faces {
            let pixels = face.pixels.map { Float($0) }
            var target = input.mutableSpan
            configuration.preprocessing.apply(pixels.span, into: &target)
            append(input.elements)
            append(recognizer.logits(face).flatMap { $0 })
        }
    }

    private mutating func append(_ values: [Int]) {
        for value in values { withUnsafeBytes(of: Int64(value)) { bytes.append(contentsOf: $0) } }
    }

    private mutating func append(_ values: [Float]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}

@Suite("recordings of a network, for other processors")
struct NetworkRecordingTests {
    /// `RAUT_RECORDINGS=FOLDER` says where they are written to; `make test-arm64` reads them.
    static let folder = ProcessInfo.processInfo.environment["RAUT_RECORDINGS"]

    /// Faces of noise, and smooth ones.
    private static var faces: [GrayImage] {
        (1...4).map { noiseFace(seed: UInt64($0)) }
            + (1...4).map { number in
                var face = GrayImage(width: 48, height: 48)
                for place in face.pixels.indices {
                    let (x, y) = (Double(place % 48), Double(place / 48))
                    let wave = sin(x / Double(number + 3)) + cos(y / Double(9 - number))
                    face.pixels[place] = UInt8(127 + 60 * wave)
                }
                return face
            }
    }

    @Test("are written where asked, of the model that ships", .enabled(if: folder != nil))
    func write() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../models/raut.safetensors").path
        let network = try EmotionNetwork(SafeTensors(path: path), path: path)
        let folder = try #require(Self.folder)
        try NetworkRecording(network, faces: Self.faces).bytes
            .write(to: URL(filePath: folder).appending(path: "raut.network"))
    }
}
