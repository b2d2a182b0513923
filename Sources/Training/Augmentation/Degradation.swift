import Foundation
import Imaging
import NeuralNetwork

/// What a webcam does to a face: light from one side, the blur of a small face blown up, noise of a dark room, the
/// blocks of JPEG.
///
/// Each comes with a chance of its own and at a random strength up to the one given, in the order in which a camera
/// does it.
package struct Degradation: Sendable, Equatable {
    /// How often each of them comes.
    package var chance: Float
    /// The most that one side is darker than the other, as a part of the light.
    package var light: Float
    /// The widest blur: the deviation of a Gaussian, in pixels.
    package var blur: Float
    /// The strongest noise: the deviation of a Gaussian, in grey levels.
    package var noise: Float
    /// The strongest compression: 100 less the lowest quality, as libjpeg counts it.
    package var compression: Float

    /// Takes all strengths; 0 for none.
    package init(
        chance: Float = 0, light: Float = 0, blur: Float = 0, noise: Float = 0, compression: Float = 0
    ) {
        self.chance = chance
        self.light = light
        self.blur = blur
        self.noise = noise
        self.compression = compression
    }

    /// Faces as they are.
    package static let none = Degradation()
    /// What the default network is trained with.
    package static let webcam = Degradation(
        chance: 0.15, light: 0.7, blur: 1.4, noise: 24, compression: 88)

    /// Every strength multiplied by a factor, as often as before.
    package func scaled(by factor: Float) -> Degradation {
        Degradation(
            chance: chance, light: min(1, light * factor), blur: blur * factor, noise: noise * factor,
            compression: min(99, compression * factor))
    }

    /// Spoils an image of `side` × `side` grey levels, 0…255, in place; does nothing, and draws nothing, without a
    /// chance.
    package func apply(
        _ pixels: UnsafeMutablePointer<Float>, side: Int, using random: inout Xoshiro256StarStar
    ) {
        guard chance > 0 else { return }
        if random.uniform() < chance {
            lightFromOneSide(
                pixels, side, strength: random.uniform() * light, direction: random.uniform() * 2 * .pi)
        }
        if random.uniform() < chance { blurred(pixels, side, deviation: random.uniform() * blur) }
        if random.uniform() < chance {
            let deviation = random.uniform() * noise
            for index in 0..<side * side {
                pixels[index] = min(255, max(0, pixels[index] + deviation * random.normal()))
            }
        }
        if compression > 0, random.uniform() < chance {
            compress(pixels, side, quality: 100 - Int(random.uniform() * compression))
        }
    }

    /// Full light at one border, less by `strength` at the one opposite.
    private func lightFromOneSide(
        _ pixels: UnsafeMutablePointer<Float>, _ side: Int, strength: Float, direction: Float
    ) {
        let center = Float(side - 1) / 2
        let (dx, dy) = (cos(direction) / Float(side), sin(direction) / Float(side))
        for y in 0..<side {
            for x in 0..<side {
                let place = (Float(x) - center) * dx + (Float(y) - center) * dy + 0.5
                pixels[y * side + x] *= 1 - strength * min(1, max(0, place))
            }
        }
    }

    /// A Gaussian blur, rows then columns; beyond the border stands its nearest pixel.
    private func blurred(_ pixels: UnsafeMutablePointer<Float>, _ side: Int, deviation: Float) {
        guard deviation > 0.2 else { return }
        let reach = 4
        var kernel = (0...reach).map { exp(-Float($0 * $0) / (2 * deviation * deviation)) }
        let sum = kernel[0] + 2 * kernel[1...].reduce(0, +)
        for index in kernel.indices { kernel[index] /= sum }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: side) { line in
            for (step, across) in [(1, side), (side, 1)] {
                for start in 0..<side {
                    let base = pixels + start * across
                    for place in 0..<side { line[place] = base[place * step] }
                    for place in 0..<side {
                        var total = kernel[0] * line[place]
                        for distance in 1...reach {
                            total +=
                                kernel[distance]
                                * (line[max(0, place - distance)] + line[min(side - 1, place + distance)])
                        }
                        base[place * step] = total
                    }
                }
            }
        }
    }

    /// Through a JPEG and back; left as it is where there is no memory for one.
    private func compress(_ pixels: UnsafeMutablePointer<Float>, _ side: Int, quality: Int) {
        var image = GrayImage(width: side, height: side)
        for index in 0..<side * side { image.pixels[index] = UInt8(min(255, max(0, pixels[index] + 0.5))) }
        guard let bytes = try? ImageFile.encodeJPEG(image, quality: quality),
            (try? JPEGDecoder().decode(bytes, into: &image)) != nil, image.pixels.count == side * side
        else { return }
        for index in 0..<side * side { pixels[index] = Float(image.pixels[index]) }
    }
}
