import EmotionRecognition
import Foundation
import NeuralNetwork

/// How training images are varied: a random affine map in one bilinear pass, brightness and contrast, erasing.
package struct Augmentation: Sendable, Equatable {
    /// Turned by up to so many degrees either way.
    package var rotation: Float
    /// Moved by up to this part of the side, each way.
    package var shift: Float
    /// Made larger or smaller by up to this part.
    package var zoom: Float
    /// Whether half of the images are mirrored.
    package var flip: Bool
    /// Contrast changed by up to this part.
    package var contrast: Float
    /// Brightness changed by up to this part of the range.
    package var brightness: Float
    /// How far grey levels are bent, as infrared lamps and dark skin do: half of the images have theirs, of 0 to 1, raised to
    /// a power whose logarithm is up to this either way.
    package var gamma: Float
    /// The chance that a rectangle is replaced by noise (random erasing, Zhong et al., 2020).
    package var erasing: Float
    /// What is done to a part of the images as a webcam would.
    package var degradation: Degradation
    /// How far a face found in a photograph is cut otherwise than it was found, as a detector's boxes differ from look to
    /// look: at 1 moved by up to 4 % of its side each way, 8 % larger or smaller, turned by up to 6 degrees.
    package var jitter: Float

    /// Takes all strengths; 0 or false for none.
    package init(
        rotation: Float = 0, shift: Float = 0, zoom: Float = 0, flip: Bool = false, contrast: Float = 0,
        brightness: Float = 0, erasing: Float = 0, degradation: Degradation = .none, jitter: Float = 0,
        gamma: Float = 0
    ) {
        self.rotation = rotation
        self.shift = shift
        self.zoom = zoom
        self.flip = flip
        self.contrast = contrast
        self.brightness = brightness
        self.erasing = erasing
        self.degradation = degradation
        self.jitter = jitter
        self.gamma = gamma
    }

    /// Images as they are.
    package static let none = Augmentation()
    /// Rotation, flip and shift, at the strengths that users of Keras' ImageDataGenerator usually take.
    package static let paper = Augmentation(rotation: 10, shift: 0.1, flip: true, jitter: 1)
    /// What the default network is trained with.
    package static let raut = Augmentation(
        rotation: 12, shift: 0.08, zoom: 0.12, flip: true, contrast: 0.3, brightness: 0.1, erasing: 0.35,
        degradation: .webcam, jitter: 1)

    /// The same without erasing and what a webcam does.
    var settled: Augmentation {
        var result = self
        result.erasing = 0
        result.degradation = .none
        return result
    }

    /// Every strength multiplied by a factor, but for the jitter, which is the detector's own; 0 gives images as they are.
    package func scaled(by factor: Float) -> Augmentation {
        guard factor > 0 else { return .none }
        return Augmentation(
            rotation: rotation * factor, shift: shift * factor, zoom: min(0.9, zoom * factor), flip: flip,
            contrast: min(1, contrast * factor), brightness: min(1, brightness * factor),
            erasing: min(1, erasing * factor), degradation: degradation.scaled(by: factor), jitter: jitter,
            gamma: gamma * factor)
    }

    /// Fills `target` with 48×48 grey levels (0…255, between whole ones) of a varied image; a face with surroundings is
    /// cut from them, and places outside of what is there take the nearest pixel of its border.
    package func apply(
        _ data: FaceDataSet, _ index: Int, using random: inout Xoshiro256StarStar,
        into target: UnsafeMutablePointer<Float>
    ) {
        let side = NetworkConfiguration.side
        var (angle, scale, moveX, moveY) = drawPlace(side: side, using: &random)
        let mirrored = flip && random.uniform() < 0.5
        let gain = 1 + random.uniform(in: -1...1) * contrast
        let offset = random.uniform(in: -1...1) * brightness * 255 + 128 * (1 - gain)
        let wide = data.surroundings.place(of: index)
        if wide != nil, jitter > 0 {
            let other = Self.detector.scaledPlace(by: jitter).drawPlace(side: side, using: &random)
            angle += other.angle
            scale *= other.scale
            moveX += other.moveX
            moveY += other.moveY
        }
        let map = Map(
            angle: angle, scale: scale, moveX: moveX, moveY: moveY, mirrored: mirrored, gain: gain,
            offset: offset)
        if let wide {
            map.fill(
                target, side: side, from: data.surroundings.pixels, at: wide, width: FaceSurroundings.side)
        } else {
            map.fill(
                target, side: side, from: data.memory, at: data.place(of: index), width: side)
        }
        if gamma > 0, random.uniform() < 0.5 {
            bend(target, count: side * side, power: exp(random.uniform(in: -1...1) * gamma))
        }
        degradation.apply(target, side: side, using: &random)
        if erasing > 0, random.uniform() < erasing { erase(target, side, &random) }
    }

    /// How a detector's boxes of one face differ, at a jitter of 1.
    private static let detector = Augmentation(rotation: 6, shift: 0.04, zoom: 0.08)

    private func scaledPlace(by factor: Float) -> Augmentation {
        Augmentation(rotation: rotation * factor, shift: shift * factor, zoom: min(0.9, zoom * factor))
    }

    private func drawPlace(
        side: Int, using random: inout Xoshiro256StarStar
    ) -> (angle: Float, scale: Float, moveX: Float, moveY: Float) {
        let angle = random.uniform(in: -1...1) * rotation * .pi / 180
        let scale = 1 / (1 + random.uniform(in: -1...1) * zoom)
        let moveX = random.uniform(in: -1...1) * shift * Float(side)
        return (angle, scale, moveX, random.uniform(in: -1...1) * shift * Float(side))
    }

    /// Where each pixel comes from, and how light it gets.
    private struct Map {
        var angle: Float
        var scale: Float
        var moveX: Float
        var moveY: Float
        var mirrored: Bool
        var gain: Float
        var offset: Float

        /// Fills `target`, `[side, side]`, from the middle of a square of `width` × `width` pixels that begins at `start`.
        func fill(
            _ target: UnsafeMutablePointer<Float>, side: Int, from source: [UInt8], at start: Int, width: Int
        ) {
            precondition(start >= 0 && source.count >= start + width * width)
            let center = Float(side - 1) / 2
            let inset = Float(width - side) / 2
            let (c, s) = (cos(angle) * scale, sin(angle) * scale)
            let sign: Float = mirrored ? -1 : 1
            let last = Float(width - 1)
            source.withUnsafeBufferPointer { pixels in
                for y in 0..<side {
                    let dy = Float(y) - center - moveY
                    for x in 0..<side {
                        let dx = sign * (Float(x) - center - moveX)
                        let sourceX = min(last, max(0, c * dx - s * dy + center + inset))
                        let sourceY = min(last, max(0, s * dx + c * dy + center + inset))
                        let (left, top) = (min(width - 2, Int(sourceX)), min(width - 2, Int(sourceY)))
                        let (fx, fy) = (sourceX - Float(left), sourceY - Float(top))
                        let place = start + top * width + left
                        let upper = Float(pixels[place]) * (1 - fx) + Float(pixels[place + 1]) * fx
                        let lower =
                            Float(pixels[place + width]) * (1 - fx) + Float(pixels[place + width + 1]) * fx
                        let value = upper * (1 - fy) + lower * fy
                        target[y * side + x] = min(255, max(0, gain * value + offset))
                    }
                }
            }
        }
    }

    private func bend(_ target: UnsafeMutablePointer<Float>, count: Int, power: Float) {
        for index in 0..<count { target[index] = 255 * pow(target[index] / 255, power) }
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
