import FaceDetection
import Faces
import Foundation
import Imaging

/// Where on a face a network sees what it names: by how much the likeliest emotion's log-odds fall when a part of the
/// face is smoothed away (occlusion, after Zeiler and Fergus 2014, "Visualizing and understanding convolutional
/// networks"). Log-odds, for a probability near 1 hardly falls whatever is hidden.
///
/// It works for any architecture, asks for what users see, the joined probabilities, and costs 144 classifications a look.
package struct OcclusionMap: Equatable, Sendable {
    /// Cells along a side.
    package static let side = 12
    /// Pixels of the crop along a cell's side.
    private static let cell = FaceCrop.side / side
    /// Pixels that are smoothed away around a cell's middle: about an eye, or half of a mouth.
    private static let patch = 12

    /// The emotion that is explained.
    package let emotion: Emotion
    /// The mean fall of its log-odds over all patches that cover a cell, row by row; below 0 where the emotion is
    /// likelier without.
    package let falls: [Float]

    /// Asks a recogniser about a face of a picture.
    package init(
        of face: DetectedFace, in image: GrayImage, by recognizer: EmotionRecognizer,
        looks: PictureLooks = .one
    ) {
        var (cutter, crop) = (FaceCrop(), GrayImage())
        cutter.cut(face, from: image, into: &crop)
        self.init(of: crop, by: recognizer, looks: looks)
    }

    /// Asks a recogniser about a face of 48×48 pixels that is already cut out.
    package init(of crop: GrayImage, by recognizer: EmotionRecognizer, looks: PictureLooks = .one) {
        let whole = recognizer.classify(crop, looks: looks)
        let emotion = whole.mostLikely
        let side = Self.side
        var sums = [Float](repeating: 0, count: side * side)
        var counts = [Float](repeating: 0, count: side * side)
        for row in 0..<side {
            for column in 0..<side {
                let rows = Self.patchRange(around: row)
                let columns = Self.patchRange(around: column)
                let without = recognizer.classify(
                    Self.smoothed(crop, rows: rows, columns: columns), looks: looks)
                let fall = Self.logOdds(whole[emotion]) - Self.logOdds(without[emotion])
                for y in (rows.lowerBound / Self.cell)...((rows.upperBound - 1) / Self.cell) {
                    for x in (columns.lowerBound / Self.cell)...((columns.upperBound - 1) / Self.cell) {
                        sums[y * side + x] += fall
                        counts[y * side + x] += 1
                    }
                }
            }
        }
        self.emotion = emotion
        falls = zip(sums, counts).map { $0 / $1 }
    }

    /// How much a place of the crop matters, from 0 to 1, the largest fall of the face being 1; `across` and `down` run
    /// from 0 to 1.
    package func weight(across: Double, down: Double) -> Float {
        // Falls below a tenth are no more than the network's unrest.
        let greatest = max(0.1, falls.max() ?? 0)
        let last = Double(Self.side - 1)
        let x = min(last, max(0, across * Double(Self.side) - 0.5))
        let y = min(last, max(0, down * Double(Self.side) - 0.5))
        let (left, top) = (min(Int(x), Self.side - 2), min(Int(y), Self.side - 2))
        let (shareX, shareY) = (Float(x - Double(left)), Float(y - Double(top)))
        func row(_ row: Int) -> Float {
            let at = row * Self.side + left
            return falls[at] * (1 - shareX) + falls[at + 1] * shareX
        }
        return min(1, max(0, (row(top) * (1 - shareY) + row(top + 1) * shareY) / greatest))
    }

    private static func logOdds(_ probability: Float) -> Float {
        let bounded = min(0.9999, max(0.0001, probability))
        return log(bounded / (1 - bounded))
    }

    private static func patchRange(around index: Int) -> Range<Int> {
        let middle = index * cell + cell / 2
        return max(0, middle - patch / 2)..<min(FaceCrop.side, middle + patch / 2)
    }

    /// The crop with a patch filled by its own mean: what was to be seen there is gone, and no new edge is as strong.
    private static func smoothed(_ crop: GrayImage, rows: Range<Int>, columns: Range<Int>) -> GrayImage {
        var smoothed = crop
        var sum = 0
        for y in rows { for x in columns { sum += Int(crop.pixels[y * crop.width + x]) } }
        let mean = UInt8(sum / max(1, rows.count * columns.count))
        for y in rows { for x in columns { smoothed.pixels[y * crop.width + x] = mean } }
        return smoothed
    }
}
