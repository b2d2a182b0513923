import CAllocationCounter
import FaceDetection
import Faces
import FaceVerification
import Foundation
import Imaging
import NeuralNetwork
import Testing

@Suite("the second look")
struct FaceVerifierTests {
    private static let project = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(3).joined(separator: "/")
    private let verifier: FaceVerifier
    private var image = GrayImage()
    private let face = DetectedFace(box: Rectangle(x: 174, y: 63, width: 102, height: 102))

    init() throws {
        verifier = try FaceVerifier(modelAt: Self.project + "/models/verifier.safetensors")
        try ImageFile.readGray(path: Self.project + "/Tests/Fixtures/astronaut.png", into: &image)
    }

    @Test("keeps the astronaut's face, and throws out at least half of what else a cascade takes for one")
    func tellsTheFace() throws {
        let path = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"
        var parameters = DetectionParameters()
        (parameters.minSize, parameters.minNeighbors) = (24, 1)
        var faces = try FaceDetector(cascadeAt: path).detect(in: image, parameters: parameters)
        let alarms = faces.count { $0.box.intersectionOverUnion(face.box) < 0.5 }
        try #require(alarms >= 3)
        #expect(verifier.probability(of: face, in: image) > 0.9)
        verifier.verify(&faces, in: image)
        #expect(faces.contains { $0.box.intersectionOverUnion(face.box) > 0.5 })
        #expect(faces.count { $0.box.intersectionOverUnion(face.box) < 0.5 } <= alarms / 2)
    }

    @Test("takes out what is no face, and keeps the order of the rest")
    func verifies() {
        var near = face
        near.box.x += 3
        let other = DetectedFace(box: Rectangle(x: 30, y: 380, width: 90, height: 90))
        var faces = [other, face, other, near]
        verifier.verify(&faces, in: image)
        #expect(faces == [face, near])
    }

    @Test("takes a page's grain for no face, and a face in the dark for one")
    func contrast() {
        var page = GrayImage(width: 200, height: 200)
        for index in page.pixels.indices { page.pixels[index] = index % 7 == 0 ? 228 : 240 }
        let window = DetectedFace(box: Rectangle(x: 20, y: 20, width: 150, height: 150))
        #expect(verifier.probability(of: window, in: page) == 0)
        #expect(verifier.steadyProbability(of: window, in: page) == 0)

        var dark = image
        for index in dark.pixels.indices { dark.pixels[index] /= 8 }
        #expect(verifier.probability(of: face, in: dark) > 0.5)
    }

    @Test("sees a face from beside it and mirrored, too")
    func steady() {
        #expect(verifier.steadyProbability(of: face, in: image) > 0.9)
        let sleeve = DetectedFace(box: Rectangle(x: 30, y: 380, width: 90, height: 90))
        #expect(verifier.steadyProbability(of: sleeve, in: image) < 0.5)
    }

    @Test("allocates nothing after the first face")
    func allocatesNothing() throws {
        var faces = [face]
        verifier.verify(&faces, in: image)
        let before = allocations_of_this_thread()
        for _ in 0..<10 { verifier.verify(&faces, in: image) }
        // Read before it is expected, since expecting allocates.
        let after = allocations_of_this_thread()
        #expect(after == before)
    }

    @Test("refuses a model file of another network")
    func refusesOthers() throws {
        let path = NSTemporaryDirectory() + "raut-no-verifier-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SafeTensors(entries: [.init(name: "head.weight", shape: [1], values: [0])]).write(to: path)
        #expect(throws: ModelFileError.self) { try FaceVerifier(modelAt: path) }
    }

    @Test("has a network that learns: the loss of a batch falls, and a saved one gives the same logits")
    func learns() throws {
        let network = VerifierNetwork.network(seed: 3)
        let execution = Execution()
        let images = Tensor([4, VerifierNetwork.side, VerifierNetwork.side, 1])
        var random = Xoshiro256StarStar(seed: 4)
        for index in 0..<images.count { images[index] = random.normal() }
        let targets = Tensor([4, 2])
        for index in 0..<4 { targets[index * 2 + index % 2] = 1 }
        let optimizer = Optimizer(.adam, parameters: network.parameters)
        let gradient = Tensor()
        var losses: [Float] = []
        execution.isTraining = true
        for step in 0..<20 {
            execution.step = step
            losses.append(
                SoftmaxCrossEntropy.meanLoss(
                    logits: network.forward(images, execution)[0], targets: targets, gradient: gradient))
            network.backward([gradient], execution)
            optimizer.update(rate: 0.003, execution)
        }
        #expect(losses[19] < losses[0] / 3)

        let path = NSTemporaryDirectory() + "raut-verifier-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try VerifierNetwork.modelFile(network, metadata: [:]).write(to: path)
        execution.isTraining = false
        let logits = network.forward(images, execution)[0].elements
        let read = try VerifierNetwork.network(modelAt: path).network
        #expect(read.forward(images, execution)[0].elements == logits)
    }
}
