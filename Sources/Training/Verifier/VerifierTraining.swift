import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging
import NeuralNetwork

/// Trains the second look (``FaceVerification/FaceVerifier``): on faces of FER2013 and of photographs, and on what a
/// cascade takes for faces in pictures that show none.
package final class VerifierTraining {
    /// The network in training.
    package let network: Network
    private let faces: FaceDataSet
    private let execution: Execution
    private let seed: UInt64
    private let leastWindows: Int
    /// Faces cut out of photographs, with what is around them.
    private var photographed: [VerifierExample] = []
    /// Windows that cascades take for faces.
    private var mistaken: [VerifierExample] = []
    /// Windows at random, and parts of faces.
    private var random: [VerifierExample] = []
    /// The pictures that all these come from, to look in again for what the network takes for faces.
    private var grounds: [VerifierGround] = []
    private var cutter = VerifierExample.Cutter()

    /// Takes the faces, and a network to go on with where there is one.
    ///
    /// - Parameter leastWindows: How many windows an epoch has at least, however few were mined; it has as many faces.
    package init(
        faces: FaceDataSet, from network: Network? = nil, threads: Int, seed: UInt64 = 1,
        leastWindows: Int = 4_000
    ) {
        self.faces = faces
        self.seed = seed
        self.leastWindows = leastWindows
        self.network = network ?? VerifierNetwork.network(seed: seed)
        execution = Execution(threads: threads)
        execution.seed = seed
    }

    /// How many windows without a face were mined.
    package var minedCount: Int { mistaken.count + random.count }
    /// How many windows the network itself took for faces, on the way.
    package private(set) var mistakeCount = 0
    /// How many faces were cut out of photographs.
    package var photographCount: Int { photographed.count }

    /// Adds windows that a cascade lets pass in a picture without faces, upright, tilted and from the side, and some at
    /// random.
    package func mine(_ image: GrayImage, with detectors: [FaceDetector], _ wide: WideSearch) {
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
        windows += wide.candidates(in: image).shuffled(using: &random).prefix(200)
        grounds.append(VerifierGround(image: image, face: nil))
        for window in windows { mistaken.append(cutter.example(window, from: image)) }
        for _ in 0..<250 {
            let side = Int(random.uniform(in: 24...Float(max(25, min(image.width, image.height)))))
            let x = Int(random.uniform() * Float(image.width) - Float(side) / 2)
            let y = Int(random.uniform() * Float(image.height) - Float(side) / 2)
            let window = DetectedFace(
                box: Rectangle(x: x, y: y, width: side, height: side),
                tilt: Double(random.uniform(in: -30...30)))
            self.random.append(cutter.example(window, from: image))
        }
    }

    /// Adds the one face of a photograph, and parts and neighbourhoods of it that are none: an eye, a mouth, a shoulder,
    /// half a face.
    package func add(_ face: DetectedFace, of image: GrayImage) {
        photographed.append(cutter.example(face, from: image))
        if photographed.count % 8 == 0 { grounds.append(VerifierGround(image: image, face: face)) }
        var random = Xoshiro256StarStar(seed: seed, 0xFACE, photographed.count)
        let side = Float(max(face.box.width, face.box.height))
        let (x, y) = (
            Float(face.box.x) + Float(face.box.width) / 2, Float(face.box.y) + Float(face.box.height) / 2
        )
        for number in 0..<5 {
            var (middle, size) = (SIMD2(x, y), side)
            switch number {
            case 0, 1:
                // Within the face.
                size *= random.uniform(in: 0.25...0.5)
                middle += SIMD2(random.uniform(in: -0.3...0.3), random.uniform(in: -0.3...0.3)) * side
            case 2:
                size *= random.uniform(in: 1.9...3)
            default:
                // Beside it: a good half of a side away.
                let angle = random.uniform(in: 0...(2 * .pi))
                size *= random.uniform(in: 0.5...1.4)
                middle +=
                    SIMD2(cos(angle), sin(angle)) * max(side, size)
                    * random.uniform(in: 0.6...1.1)
            }
            let window = DetectedFace(
                box: Rectangle(
                    x: Int(middle.x - size / 2), y: Int(middle.y - size / 2), width: Int(size),
                    height: Int(size)), tilt: face.tilt)
            if window.box.width > 10 { self.random.append(cutter.example(window, from: image)) }
        }
    }

    /// Trains for some epochs of as many faces as other windows; `onEpoch` is told the mean loss and the share that was
    /// judged right.
    ///
    /// At each fifth of them the pictures are searched for windows that the network takes for faces, and it learns from
    /// those too.
    ///
    /// - Throws: ``TrainingError/lossIsNotFinite(epoch:step:)``.
    package func run(
        epochs: Int, batch: Int = 64, rate: Float = 0.002,
        onEpoch: (_ epoch: Int, _ loss: Double, _ accuracy: Double) -> Void
    ) throws {
        let perEpoch = 2 * min(max(minedCount, leastWindows), max(leastWindows, 12_000))
        let batches = VerifierBatches(
            faces: faces, photographed: photographed, mistaken: mistaken, random: random, size: batch,
            stepsPerEpoch: perEpoch / batch, seed: seed)
        let plan = TrainingLoop.Plan(
            epochs: epochs, learningRate: rate, schedule: .oneCycle, clip: nil, headWeights: [1])
        let loop = TrainingLoop(
            network, plan, optimizer: .adamW(decay: 0.01), averageDecay: nil, batches: batches, execution)
        let rounds = Set((1..<5).map { max(1, $0 * epochs / 5) })
        _ = try loop.run(
            shouldStop: { false }, onStep: {},
            onEpoch: {
                let done = $0.epoch + 1
                if rounds.contains(done), done < epochs {
                    let judge = FaceVerifier(network)
                    for (number, ground) in grounds.enumerated() {
                        var random = Xoshiro256StarStar(
                            seed: seed, 0x5EA2C4, done * grounds.count + number)
                        let windows = ground.mistakes(of: judge, &random)
                        batches.add(windows.map { cutter.example($0, from: ground.image) })
                        mistakeCount += windows.count
                    }
                }
                if done % 2 == 0 { batches.findHard(by: network.program()) }
                onEpoch(done, $0.loss, $0.accuracy)
            })
        execution.isTraining = false
    }
}

/// Batches of as many faces as other windows, each varied in its own way.
private final class VerifierBatches: BatchSource {
    /// What is left to the other class (label smoothing).
    private static let doubt: Float = 0.01

    let stepsPerEpoch: Int
    private let faces: FaceDataSet
    private let photographed: [VerifierExample]
    /// What cascades, and the network itself later on, take for faces.
    private var mistaken: [VerifierExample]
    private let random: [VerifierExample]
    private let seed: UInt64
    private let images: Tensor
    private let targets: Tensor
    /// Windows that the network still takes for faces.
    private var hard: [VerifierExample] = []
    private var prepared = [Float](repeating: 0, count: VerifierNetwork.side * VerifierNetwork.side)
    private var cutter = VerifierExample.Cutter()

    init(
        faces: FaceDataSet, photographed: [VerifierExample], mistaken: [VerifierExample],
        random: [VerifierExample], size: Int, stepsPerEpoch: Int, seed: UInt64
    ) {
        self.faces = faces
        self.photographed = photographed
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
            let crop = cutter.varied(example(isFace, &random), isFace: isFace, &random)
            VerifierNetwork.prepare(crop, into: &prepared)
            for pixel in 0..<pixels { images[index * pixels + pixel] = prepared[pixel] }
            // Not all the way, or windows that are nothing like the examples come out as sure as faces.
            targets[index * 2] = isFace ? Self.doubt : 1 - Self.doubt
            targets[index * 2 + 1] = isFace ? 1 - Self.doubt : Self.doubt
        }
        return Batch(images: images, targets: [targets], weights: nil)
    }

    /// Adds windows that the network takes for faces.
    func add(_ windows: [VerifierExample]) {
        mistaken += windows
        hard += windows
    }

    /// Looks at each window as it is, and notes those taken for a face (bootstrapping, Sung and Poggio, 1998).
    func findHard(by program: Program) {
        hard.removeAll(keepingCapacity: true)
        var memory = ProgramMemory(for: program)
        for example in [random, mistaken].joined() {
            VerifierNetwork.prepare(cutter.crop(example), into: &prepared)
            program.run(prepared, &memory)
            let isTaken = program.output(0, 1, of: memory) > program.output(0, 0, of: memory) - 2
            if isTaken { hard.append(example) }
        }
    }

    private func example(_ isFace: Bool, _ random: inout Xoshiro256StarStar) -> VerifierExample {
        func one(of examples: [VerifierExample]) -> VerifierExample? {
            examples.randomElement(using: &random)
        }
        if isFace {
            if random.uniform() < 0.4, let face = one(of: photographed) { return face }
            let index = Int.random(in: 0..<max(1, faces.count), using: &random)
            return VerifierExample(faces, index)
        }
        // What cascades take for faces is what will be judged; the rest keeps the network sane about it.
        let kind = random.uniform()
        if kind < 0.35, let window = one(of: hard) { return window }
        if kind < 0.7, let window = one(of: mistaken) { return window }
        return one(of: self.random) ?? one(of: mistaken) ?? VerifierExample(faces, 0)
    }
}
