import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging
import NeuralNetwork

/// A window that the second look learns from, with some of what is around it.
struct VerifierExample {
    /// What was cut out.
    var image: GrayImage
    /// The window's side in pixels of `image`, about its middle.
    var side: Float

    /// Rows and columns of a cut window.
    private static let cutSide = 56
    /// The cut's side to the window's.
    private static let room = 1.4

    init(image: GrayImage, side: Float) {
        self.image = image
        self.side = side
    }

    /// A face of FER2013, which fills its frame.
    init(_ faces: FaceDataSet, _ index: Int) {
        let pixels = Array(faces.pixels(of: index))
        self.init(image: GrayImage(width: 48, height: 48, pixels: pixels) ?? GrayImage(), side: 46)
    }

    /// Cuts windows out of pictures, and out of those the network's crops.
    struct Cutter {
        private var resizer = ImageResizer()
        private var crop = GrayImage(width: VerifierNetwork.side, height: VerifierNetwork.side)
        private var small = GrayImage()

        /// A window of a picture.
        mutating func example(_ window: DetectedFace, from image: GrayImage) -> VerifierExample {
            var cut = GrayImage(width: VerifierExample.cutSide, height: VerifierExample.cutSide)
            resizer.resample(
                image, centerX: Double(window.box.x) + Double(window.box.width) / 2,
                centerY: Double(window.box.y) + Double(window.box.height) / 2,
                side: Double(max(window.box.width, window.box.height)) * VerifierExample.room,
                tilt: window.tilt,
                into: &cut)
            return VerifierExample(
                image: cut, side: Float(Double(VerifierExample.cutSide) / VerifierExample.room))
        }

        /// The window as it is.
        mutating func crop(_ example: VerifierExample) -> GrayImage {
            let middle = Double(example.image.width) / 2
            resizer.resample(
                example.image, centerX: middle, centerY: middle, side: Double(example.side), into: &crop)
            return crop
        }

        /// The window moved, turned, scaled, mirrored, cut by a border, hidden in part, blurred, and in another light.
        mutating func varied(
            _ example: VerifierExample, isFace: Bool, _ random: inout Xoshiro256StarStar
        ) -> GrayImage {
            let middle = Float(example.image.width) / 2
            let reach = example.side * 0.08
            let place = (
                x: middle + random.uniform(in: -reach...reach), y: middle + random.uniform(in: -reach...reach)
            )
            // As coarse as a small or blurred face is.
            let detail = random.uniform() < 0.35 ? Int(random.uniform(in: 10...26)) : VerifierNetwork.side
            small.setSize(width: detail, height: detail)
            resizer.resample(
                example.image, centerX: Double(place.x), centerY: Double(place.y),
                side: Double(example.side * random.uniform(in: 0.82...1.16)),
                tilt: Double(random.uniform(in: -17...17)), into: &small)
            if detail == VerifierNetwork.side {
                crop = small
            } else {
                resizer.resample(
                    small, centerX: Double(detail) / 2, centerY: Double(detail) / 2, side: Double(detail),
                    into: &crop)
            }
            if random.uniform() < 0.5 { mirror() }
            if random.uniform() < 0.3 { cutByBorder(&random) }
            if random.uniform() < 0.25 { hidePart(&random) }
            light(&random)
            return crop
        }

        private mutating func mirror() {
            let side = crop.width
            for y in 0..<side {
                for x in 0..<side / 2 { crop.pixels.swapAt(y * side + x, y * side + side - 1 - x) }
            }
        }

        /// What a window over a picture's border holds: the border's pixels, repeated.
        private mutating func cutByBorder(_ random: inout Xoshiro256StarStar) {
            let side = crop.width
            func depth() -> Int { random.uniform() < 0.5 ? Int(random.uniform(in: 0...8)) : 0 }
            let (left, right, top, bottom) = (depth(), side - 1 - depth(), depth(), side - 1 - depth())
            let whole = crop.pixels
            for y in 0..<side {
                for x in 0..<side {
                    crop.pixels[y * side + x] =
                        whole[min(max(y, top), bottom) * side + min(max(x, left), right)]
                }
            }
        }

        /// A hand, a mask, dark glasses: an even or grainy patch.
        private mutating func hidePart(_ random: inout Xoshiro256StarStar) {
            let side = crop.width
            let (width, height) = (Int(random.uniform(in: 5...20)), Int(random.uniform(in: 4...13)))
            let (left, top) = (
                Int.random(in: 0..<side, using: &random), Int.random(in: 0..<side, using: &random)
            )
            let (level, grain) = (random.uniform(in: 0...255), random.uniform(in: 0...12))
            for y in max(0, top - height / 2)..<min(side, top + height / 2) {
                for x in max(0, left - width / 2)..<min(side, left + width / 2) {
                    crop.pixels[y * side + x] = UInt8(min(255, max(0, level + grain * random.normal())))
                }
            }
        }

        private mutating func light(_ random: inout Xoshiro256StarStar) {
            let side = crop.width
            let (gain, offset) = (random.uniform(in: 0.3...1.5), random.uniform(in: -50...50))
            let (noise, gamma) = (random.uniform(in: 0...8), random.uniform(in: -0.3...0.3))
            // From one side, in half of the cases.
            let fall = random.uniform() < 0.5 ? random.uniform(in: 0...0.8) : 0
            let angle = random.uniform(in: 0...(2 * .pi))
            let (right, down) = (cos(angle), sin(angle))
            for y in 0..<side {
                for x in 0..<side {
                    let along =
                        (Float(x) / Float(side) - 0.5) * right + (Float(y) / Float(side) - 0.5) * down
                    let level =
                        Float(crop.pixels[y * side + x]) * (1 - fall * (0.5 + along).clamped(to: 0...1))
                    // A parabola over the grey scale bends it as a camera's gamma does.
                    let bent = level + gamma * level * (255 - level) / 255
                    let value = (bent - 128) * gain + 128 + offset + noise * random.normal()
                    crop.pixels[y * side + x] = UInt8(min(255, max(0, value)))
                }
            }
        }
    }
}

extension Float {
    fileprivate func clamped(to range: ClosedRange<Float>) -> Float {
        Swift.min(range.upperBound, Swift.max(range.lowerBound, self))
    }
}
