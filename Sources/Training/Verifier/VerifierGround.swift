import FaceDetection
import Faces
import Imaging
import NeuralNetwork

/// A picture that windows without a face are cut from.
package struct VerifierGround {
    /// The picture.
    package let image: GrayImage
    /// The one face in it, or nil.
    package let face: DetectedFace?

    /// Takes both.
    package init(image: GrayImage, face: DetectedFace?) {
        self.image = image
        self.face = face
    }

    /// The six windows of a part of the picture that a judge is surest are faces, moved and turned to where they look
    /// most like one: what a search of windows all over a picture would come out with. None shows much of the face.
    package func mistakes(
        of judge: some FaceJudge, _ random: inout Xoshiro256StarStar
    ) -> [DetectedFace] {
        var windows: [(face: DetectedFace, probability: Float)] = []
        let short = Float(min(image.width, image.height))
        let part = short * random.uniform(in: face == nil ? 0.4...1 : 0.8...1)
        let (left, top) = (
            Int(random.uniform() * (Float(image.width) - part)),
            Int(random.uniform() * (Float(image.height) - part))
        )
        for share: Float in [1, 0.7, 0.5] {
            let side = Int(part * share * random.uniform(in: 0.85...1.15))
            guard side >= 20 else { continue }
            let step = side / 5
            for y in stride(from: top + step, through: top + Int(part) - step, by: step) {
                for x in stride(from: left + step, through: left + Int(part) - step, by: step) {
                    let window = DetectedFace(
                        box: Rectangle(x: x - side / 2, y: y - side / 2, width: side, height: side),
                        tilt: Double(random.uniform(in: -12...12)))
                    if face?.touches(window) == true { continue }
                    let probability = judge.probability(of: window, in: image)
                    if probability > 0.3 { windows.append((window, probability)) }
                }
            }
        }
        windows.sort { $0.probability > $1.probability }
        return windows.prefix(6).compactMap { window in
            let found = judge.refined(window.face, in: image, turns: true, rounds: 3).face
            return face?.touches(found) == true ? nil : found
        }
    }
}

extension DetectedFace {
    /// Whether a window shows so much of a face, or so nearly only a face, that it could pass for one.
    fileprivate func touches(_ window: DetectedFace) -> Bool { box.intersectionOverUnion(window.box) > 0.2 }
}
