import EmotionRecognition
import Foundation
import NeuralNetwork

/// How training images are varied: a random affine map in one bilinear pass, brightness and contrast, erasing.
public struct Augmentation: Sendable, Equatable {
    /// Turned by up to so many degrees either way.
    public var rotation: Float
    /// Moved by up to this part of the side, each way.
    public var shift: Float
    /// Made larger or smaller by up to this part.
    public var zoom: Float
    /// Whether half of the images are mirrored.
    public var flip: Bool
    /// Contrast changed by up to this part.
    public var contrast: Float
    /// Brightness changed by up to this part of the range.
    public var brightness: Float
    /// The chance that a rectangle is replaced by noise (random erasing, Zhong et al., 2020).
    public var erasing: Float
    /// What is done to a part of the images as a webcam would.
    public var degradation: Degradation

    /// Takes all strengths; 0 or false for none.
    public init(
        rotation: Float = 0, shift: Float = 0, zoom: Float = 0, flip: Bool = false, contrast: Float = 0,
        brightness: Float = 0, erasing: Float = 0, degradation: Degradation = .none
    ) {
        self.rotation = rotation
        self.shift = shift
        self.zoom = zoom
        self.flip = flip
        self.contrast = contrast
        self.brightness = brightness
        self.erasing = erasing
        self.degradation = degradation
    }

    /// Images as they are.
    public static let none = Augmentation()
    /// Rotation, flip and shift, at the strengths that users of Keras' ImageDataGenerator usually take.
    public static let paper = Augmentation(rotation: 10, shift: 0.1, flip: true)
    /// What the default network is trained with.
    public static let raut = Augmentation(
        rotation: 12, shift: 0.08, zoom: 0.12, flip: true, contrast: 0.3, brightness: 0.1, erasing: 0.35,
        degradation: .webcam)

    /// The same without erasing and what a webcam does.
    var settled: Augmentation {
        var result = self
        result.erasing = 0
        result.degradation = .none
        return result
    }

    /// Every strength multiplied by a factor; 0 gives images as they are.
    public func scaled(by factor: Float) -> Augmentation {
        guard factor > 0 else { return .none }
        return Augmentation(
            rotation: rotation * factor, shift: shift * factor, zoom: min(0.9, zoom * factor), flip: flip,
            contrast: min(1, contrast * factor), brightness: min(1, brightness * factor),
            erasing: min(1, erasing * factor), degradation: degradation.scaled(by: factor))
    }

    /// Fills `target` with 48×48 grey levels (0…255, between whole ones) of a varied image; places outside the image
    /// take the nearest pixel of its border.
    public func apply(
        _ data: FaceDataSet, _ index: Int, using random: inout Xoshiro256StarStar,
        into target: UnsafeMutablePointer<Float>
    ) {
        let side = NetworkConfiguration.side
        let start = index * FaceDataSet.pixelsPerImage
        precondition(index >= 0 && data.pixels.count >= start + FaceDataSet.pixelsPerImage)
        let angle = random.uniform(in: -1...1) * rotation * .pi / 180
        let scale = 1 / (1 + random.uniform(in: -1...1) * zoom)
        let (moveX, moveY) = (
            random.uniform(in: -1...1) * shift * Float(side), random.uniform(in: -1...1) * shift * Float(side)
        )
        let mirrored = flip && random.uniform() < 0.5
        let gain = 1 + random.uniform(in: -1...1) * contrast
        let offset = random.uniform(in: -1...1) * brightness * 255 + 128 * (1 - gain)
        let center = Float(side - 1) / 2
        let (c, s) = (cos(angle) * scale, sin(angle) * scale)
        let sign: Float = mirrored ? -1 : 1
        let last = Float(side - 1)
        data.pixels.withUnsafeBufferPointer { pixels in
            for y in 0..<side {
                let dy = Float(y) - center - moveY
                for x in 0..<side {
                    let dx = sign * (Float(x) - center - moveX)
                    let sourceX = min(last, max(0, c * dx - s * dy + center))
                    let sourceY = min(last, max(0, s * dx + c * dy + center))
                    let (left, top) = (min(side - 2, Int(sourceX)), min(side - 2, Int(sourceY)))
                    let (fx, fy) = (sourceX - Float(left), sourceY - Float(top))
                    let place = start + top * side + left
                    let upper = Float(pixels[place]) * (1 - fx) + Float(pixels[place + 1]) * fx
                    let lower = Float(pixels[place + side]) * (1 - fx) + Float(pixels[place + side + 1]) * fx
                    let value = upper * (1 - fy) + lower * fy
                    target[y * side + x] = min(255, max(0, gain * value + offset))
                }
            }
        }
        degradation.apply(target, side: side, using: &random)
        if erasing > 0, random.uniform() < erasing { erase(target, side, &random) }
    }

    /// Replaces a rectangle of 2 to 25 % of the area, at most 1 : 3, by noise.
    private func erase(_ target: UnsafeMutablePointer<Float>, _ side: Int, _ random: inout Xoshiro256StarStar)
    {
        let area = random.uniform(in: 0.02...0.25) * Float(side * side)
        let ratio = exp(random.uniform(in: -1.1...1.1))
        let height = min(side, max(1, Int((area * ratio).squareRoot())))
        let width = min(side, max(1, Int((area / ratio).squareRoot())))
        let top = Int(random.uniform() * Float(side - height + 1))
        let left = Int(random.uniform() * Float(side - width + 1))
        for y in top..<min(side, top + height) {
            for x in left..<min(side, left + width) { target[y * side + x] = random.uniform() * 255 }
        }
    }
}
