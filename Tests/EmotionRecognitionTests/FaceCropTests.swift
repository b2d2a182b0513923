import CAllocationCounter
import FaceDetection
import Foundation
import Imaging
import Testing

import EmotionRecognition
import Faces

@Suite("Cutting faces out")
struct FaceCropTests {
    /// A smooth picture whose value at any point is known: brighter to the right by 1 a pixel and downwards by
    /// half of one.
    private func slope(width: Int = 200, height: Int = 160) -> GrayImage {
        var image = GrayImage(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width { image.pixels[y * width + x] = UInt8(min(255, x + y / 2)) }
        }
        return image
    }

    private func cut(_ face: DetectedFace, margin: Double, from image: GrayImage) -> GrayImage {
        var cutter = FaceCrop(margin: margin)
        var crop = GrayImage()
        cutter.cut(face, from: image, into: &crop)
        return crop
    }

    @Test("a box of 48 pixels without margin is its pixels")
    func pixels() {
        let image = slope()
        let crop = cut(
            DetectedFace(box: Rectangle(x: 30, y: 20, width: 48, height: 48)), margin: 0, from: image)
        for y in 0..<48 {
            #expect(
                Array(crop.pixels[(y * 48)..<(y * 48 + 48)])
                    == (0..<48).map { image.pixels[(y + 20) * 200 + 30 + $0] })
        }
    }

    @Test(
        "a box in a picture gives just what the picture of that box gives", arguments: [20, 47, 48, 49, 103])
    func translation(_ side: Int) {
        var image = GrayImage(width: 200, height: 160)
        for index in image.pixels.indices {
            image.pixels[index] = UInt8(truncatingIfNeeded: index &* index / 7)
        }
        var box = GrayImage(width: side, height: side)
        for y in 0..<side {
            let start: Int = (37 + y) * 200 + 71
            let row: ArraySlice<UInt8> = image.pixels[start..<(start + side)]
            box.pixels.replaceSubrange((y * side)..<((y + 1) * side), with: row)
        }
        let inside = DetectedFace(box: Rectangle(x: 71, y: 37, width: side, height: side))
        let whole = DetectedFace(box: Rectangle(x: 0, y: 0, width: side, height: side))
        #expect(cut(inside, margin: 0, from: image) == cut(whole, margin: 0, from: box))
    }

    @Test("a margin widens the box on every side by that share of it")
    func margin() {
        let image = slope()
        let wide = cut(
            DetectedFace(box: Rectangle(x: 46, y: 36, width: 40, height: 40)), margin: 0.2, from: image)
        let same = cut(
            DetectedFace(box: Rectangle(x: 38, y: 28, width: 56, height: 56)), margin: 0, from: image)
        #expect(wide == same)
    }

    @Test("what lies beyond the border is the border's last pixel")
    func border() {
        let image = slope()
        let crop = cut(
            DetectedFace(box: Rectangle(x: -24, y: -24, width: 48, height: 48)), margin: 0, from: image)
        #expect(crop.pixels[0] == image.pixels[0])
        #expect(crop.pixels[10 * 48 + 47] == image.pixels[23])
        #expect(crop.pixels[47 * 48 + 3] == image.pixels[23 * 200])
        #expect(crop.pixels[47 * 48 + 47] == image.pixels[23 * 200 + 23])
    }

    @Test("a head tilted clockwise comes out upright")
    func tilt() {
        // White where the top of the head is: turned by 90° clockwise, that is the right half of the picture.
        var image = GrayImage(width: 96, height: 96)
        for y in 0..<96 { for x in 48..<96 { image.pixels[y * 96 + x] = 200 } }
        let box = Rectangle(x: 0, y: 0, width: 96, height: 96)
        let crop = cut(DetectedFace(box: box, tilt: 90), margin: 0, from: image)
        #expect(crop.pixels[5 * 48 + 24] == 200)
        #expect(crop.pixels[42 * 48 + 24] == 0)
    }

    @Test("a tilt too small to see changes no pixel by more than rounding", arguments: [60, 96, 133])
    func tiltByNothing(_ side: Int) {
        let image = slope()
        let box = Rectangle(x: 20, y: 10, width: side, height: side)
        let upright = cut(DetectedFace(box: box), margin: 0, from: image)
        let tilted = cut(DetectedFace(box: box, tilt: 1e-6), margin: 0, from: image)
        let farthest = zip(upright.pixels, tilted.pixels).map { abs(Int($0) - Int($1)) }.max()
        #expect(farthest ?? 255 <= 1)
    }

    @Test("a turned slope is the same slope turned back", arguments: [-30.0, 12.5, 30])
    func slopeTurned(_ tilt: Double) throws {
        let image = slope()
        let crop = cut(
            DetectedFace(box: Rectangle(x: 60, y: 50, width: 60, height: 60), tilt: tilt), margin: 0,
            from: image)
        // The slope along the crop's rows by the chain rule, over 40 of 48 pixels of 60/48 source pixels each.
        let radians = tilt * .pi / 180
        let step = 60.0 / 48
        let expected = 40 * step * (cos(radians) + sin(radians) / 2)
        let found = Double(crop.pixels[24 * 48 + 44]) - Double(crop.pixels[24 * 48 + 4])
        #expect(abs(found - expected) <= 2)
    }

    @Test(
        "faces that move, grow, tilt and leave the picture are cut out without allocation after the first time"
    )
    func allocations() {
        let image = slope(width: 640, height: 480)
        var cutter = FaceCrop()
        var crop = GrayImage()
        let faces = (0..<40).map { step in
            DetectedFace(
                box: Rectangle(
                    x: step * 17 - 40, y: step * 9 - 30, width: 300 - step * 6, height: 300 - step * 6),
                tilt: step % 3 == 0 ? 15 : 0)
        }
        for face in faces { cutter.cut(face, from: image, into: &crop) }
        let before = allocations_of_this_thread()
        for face in faces { cutter.cut(face, from: image, into: &crop) }
        #expect(allocations_of_this_thread() == before)
    }
}

@Suite("How much a crop has changed")
struct CropChangeTests {
    private func crop(_ pixel: (Int) -> Int) -> GrayImage {
        var image = GrayImage(width: 48, height: 48)
        for index in image.pixels.indices { image.pixels[index] = UInt8(clamping: pixel(index)) }
        return image
    }

    @Test(
        "is 0 for the same picture and for one that is lighter everywhere, and grows with what is different")
    func grows() {
        let first = crop { 60 + $0 * 37 % 101 }
        #expect(first.change(to: first) == 0)
        #expect(first.change(to: crop { 90 + $0 * 37 % 101 }) < 0.01)
        let noisy = first.change(to: crop { 60 + $0 * 37 % 101 + $0 % 3 - 1 })
        let other = first.change(to: crop { 60 + ($0 + 24) * 61 % 101 })
        #expect(noisy > 0.01 && noisy < 0.1)
        #expect(other > 0.7)
    }

    @Test("between flat pictures is small, and between sizes infinite")
    func odd() {
        #expect(crop { _ in 7 }.change(to: crop { _ in 9 }) == 0)
        #expect(crop { 7 + $0 % 2 }.change(to: crop { 7 + ($0 + 1) % 2 }) < 0.2)
        #expect(crop { $0 }.change(to: GrayImage(width: 48, height: 47)) == .infinity)
        #expect(GrayImage().change(to: GrayImage()) == .infinity)
    }
}
