import Faces
import Imaging

extension DetectedFace {
    /// Two boxes of which one lies in the other by more than this share of its area are one face's.
    private static let nesting = 0.4

    /// Whether two boxes can't be two faces': they overlap by a good part, or one lies in the other.
    package func isSameFace(as other: DetectedFace) -> Bool {
        let common = box.intersection(other.box).area
        let smaller = min(box.area, other.box.area)
        return box.intersectionOverUnion(other.box) > 0.3 || Double(common) > Self.nesting * Double(smaller)
    }
}

extension FaceJudge {
    /// Leaves one box where several lie on a face or in one another: the one that looks most like a face.
    package func removeNested(_ faces: inout [DetectedFace], in image: GrayImage) {
        var first = 0
        while first < faces.count {
            var second = first + 1
            while second < faces.count {
                guard faces[first].isSameFace(as: faces[second]) else {
                    second += 1
                    continue
                }
                if probability(of: faces[second], in: image) > probability(of: faces[first], in: image) {
                    faces[first] = faces[second]
                }
                faces.remove(at: second)
                // What did not touch the one that went may touch the one that came.
                second = first + 1
            }
            first += 1
        }
    }
}
