import Faces
import Imaging

/// Makes one face of what scans at several angles found of it.
struct TiltMerging {
    /// Boxes that overlap more than this (IoU) are one face's.
    private static let overlap = 0.3

    private var isTaken: [Bool] = []

    /// Adds tilted candidates to faces found upright: each face's box is that of the angle that found it best, its tilt
    /// the mean of the angles, weighted by how well each did.
    mutating func merge(_ candidates: [DetectedFace], into faces: inout [DetectedFace]) {
        faces.append(contentsOf: candidates)
        // Few faces, and the order of equals kept: the simplest sort does.
        for index in faces.indices.dropFirst() {
            var place = index
            while place > 0, faces[place - 1].neighbors < faces[place].neighbors {
                faces.swapAt(place, place - 1)
                place -= 1
            }
        }
        isTaken.removeAll(keepingCapacity: true)
        for _ in faces { isTaken.append(false) }
        var kept = 0
        for index in faces.indices where !isTaken[index] {
            var face = faces[index]
            var (weight, sum) = (Double(face.neighbors), face.tilt * Double(face.neighbors))
            for other in faces.indices.dropFirst(index + 1) where !isTaken[other] {
                guard face.box.intersectionOverUnion(faces[other].box) > Self.overlap else { continue }
                isTaken[other] = true
                weight += Double(faces[other].neighbors)
                sum += faces[other].tilt * Double(faces[other].neighbors)
            }
            face.tilt = weight > 0 ? (sum / weight).rounded() : face.tilt
            faces[kept] = face
            kept += 1
        }
        faces.removeLast(faces.count - kept)
    }
}
