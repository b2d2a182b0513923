import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Imaging
import NeuralNetwork

/// Trains the second look (``FaceVerification/FaceVerifier``) on faces of FER2013 and on what a cascade takes for
/// faces in pictures that show none.
public final class VerifierTraining {
    /// The network in training.
    public let network: Network
    private let faces: FaceDataSet
    private let execution: Execution
    private let seed: UInt64
    /// Windows that cascades take for faces, and windows at random.
    private var mistaken: [GrayImage] = []
    private var random: [GrayImage] = []
    private var resizer = ImageResizer()

    /// Takes the faces.
    public init(faces: FaceDataSet, threads: Int, seed: UInt64 = 1) {
        self.faces = faces
        self.seed = seed
        network = VerifierNetwork.network(seed: seed)
        execution = Execution(threads: threads)
        execution.seed = seed
    }

    /// How many windows without a face were mined.
    public var minedCount: Int { mistaken.count + random.count }

    /// Adds every window that a cascade lets pass in a picture without faces, upright and tilted, and some at random, a
    /// third larger than the window so that it can be moved about.
    public func mine(_ image: GrayImage, with detectors: [FaceDetector]) {
        var random = Xoshiro256StarStar(seed: seed, 0xFA15E, minedCount)
        var parameters = DetectionParameters()
        parameters.minSize = 24
        var windows: [DetectedFace] = []
        for detector in detectors {
            // Single windows are many and alike; groups show what would come out, the tilted ones with them.
            for (neighbors, most) in [(0, 150), (1, 300)] {
                parameters.minNeighbors = neighbors
                let found = detector.detect(in: image, parameters: parameters)
                windows += found.shuffled(using: &random).prefix(most)
            }
        }
        for window in windows { mistaken.append(cut(window, from: image)) }
        for _ in 0..<200 {
            let side = Int(random.uniform(in: 24...Float(max(25, min(image.width, image.height) / 2))))
            let x = Int(random.uniform() * Float(image.width - side))
            let y = Int(random.uniform() * Float(image.height - side))
            let window = DetectedFace(
                box: Rectangle(x: x, y: y, width: side, height: side),
                tilt: Double(random.uniform(in: -30...30)))
            self.random.append(cut(window, from: image))
        }
    }

    private func cut(_ window: DetectedFace, from image: GrayImage) -> GrayImage {
        var cut = GrayImage(width: 48, height: 48)
        resizer.resample(
            image, centerX: Double(window.box.x) + Double(window.box.width) / 2,
            centerY: Double(window.box.y) + Double(window.box.height) / 2,
            side: Double(window.box.width) * 4 / 3, tilt: window.tilt, into: &cut)
        return cut
    }

    /// Trains for some epochs of as many faces as other windows; `onEpoch` is told the mean loss and the share that was
    /// judged right.
    ///
    /// - Throws: ``TrainingError/lossIsNotFinite(epoch:step:)``.
    public func run(
        epochs: Int, batch: Int = 64, rate: Float = 0.002,
        onEpoch: (_ epoch: Int, _ loss: Double, _ accuracy: Double) -> Void
    ) throws {
        let perEpoch = 2 * min(max(minedCount, 4_000), 8_000)
        let batches = VerifierBatches(
            faces: faces, mistaken: mistaken, random: random, size: batch, stepsPerEpoch: perEpoch / batch,
            seed: seed)
        let plan = TrainingLoop.Plan(
            epochs: epochs, learningRate: rate, schedule: .oneCycle, clip: nil, headWeights: [1])
        let loop = TrainingLoop(
            network, plan, optimizer: .adamW(decay: 0.01), averageDecay: nil, batches: batches, execution)
        _ = try loop.run(
            shouldStop: { false }, onStep: {},
            onEpoch: { onEpoch($0.epoch + 1, $0.loss, $0.accuracy) })
        execution.isTraining = false
    }
}

/// Batches of as many faces as other windows, each varied in its own way.
private final class VerifierBatches: BatchSource {
    let stepsPerEpoch: Int
    private let faces: FaceDataSet
    private let mistaken: [GrayImage]
    private let random: [GrayImage]
    private let seed: UInt64
    private let images: Tensor
    private let targets: Tensor
    private var prepared = [Float](repeating: 0, count: VerifierNetwork.side * VerifierNetwork.side)
    private var resizer = ImageResizer()

    init(
        faces: FaceDataSet, mistaken: [GrayImage], random: [GrayImage], size: Int, stepsPerEpoch: Int,
        seed: UInt64
    ) {
        self.faces = faces
        self.mistaken = mistaken
        self.random = random
        self.seed = seed
        self.stepsPerEpoch = stepsPerEpoch
        images = Tensor([size, VerifierNetwork.side, VerifierNetwork.side, 1])
        targets = Tensor([size, 2])
    }

    func batch(epoch: Int, step: Int) -> Batch {
        var random = Xoshiro256StarStar(seed: seed, 0xBA7C, epoch * stepsPerEpoch + step)
        let pixels = prepared.count
        for index in 0..<images.shape[0] {
            let isFace = index % 2 == 0
            VerifierNetwork.prepare(example(isFace, &random), into: &prepared)
            for pixel in 0..<pixels { images[index * pixels + pixel] = prepared[pixel] }
            targets[index * 2] = isFace ? 0 : 1
            targets[index * 2 + 1] = isFace ? 1 : 0
        }
        return Batch(images: images, targets: [targets], weights: nil)
    }

    /// One example, moved, turned, scaled, mirrored, and in another light.
    private func example(_ isFace: Bool, _ random: inout Xoshiro256StarStar) -> GrayImage {
        var source = GrayImage(width: 48, height: 48)
        // What cascades take for faces is what will be judged; the rest keeps the network sane about it.
        let others = random.uniform() < 0.6 || self.random.isEmpty ? mistaken : self.random
        if isFace || others.isEmpty {
            let index = Int.random(in: 0..<faces.count, using: &random)
            let start = index * FaceDataSet.pixelsPerImage
            source.pixels = Array(faces.pixels[start..<start + FaceDataSet.pixelsPerImage])
        } else {
            source = others[Int.random(in: 0..<others.count, using: &random)]
        }
        // A face fills FER2013's frames; a mined window has a sixth of its side around it.
        let side = isFace ? random.uniform(in: 38...52) : random.uniform(in: 30...42)
        let reach: Float = isFace ? 3.5 : 3
        var crop = GrayImage(width: VerifierNetwork.side, height: VerifierNetwork.side)
        resizer.resample(
            source, centerX: Double(24 + random.uniform(in: -reach...reach)),
            centerY: Double(24 + random.uniform(in: -reach...reach)), side: Double(side),
            tilt: Double(random.uniform(in: -16...16)), into: &crop)
        if random.uniform() < 0.5 {
            let side = crop.width
            for y in 0..<side {
                for x in 0..<side / 2 { crop.pixels.swapAt(y * side + x, y * side + side - 1 - x) }
            }
        }
        let (gain, offset) = (random.uniform(in: 0.4...1.5), random.uniform(in: -50...50))
        let (noise, gamma) = (random.uniform(in: 0...8), random.uniform(in: -0.3...0.3))
        for index in crop.pixels.indices {
            let level = Float(crop.pixels[index])
            // A parabola over the grey scale bends it as a camera's gamma does.
            let bent = level + gamma * level * (255 - level) / 255
            let value = (bent - 128) * gain + 128 + offset + noise * random.normal()
            crop.pixels[index] = UInt8(min(255, max(0, value)))
        }
        return crop
    }
}
