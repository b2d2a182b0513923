import Faces
import Imaging

/// Scans a picture and makes faces of the windows that pass: in one go, or coarsely first and then about what passed.
struct GroupedScan {
    /// How many places of a coarse scan are looked at closely: those where most windows passed. A face has more of them
    /// than a pattern that looks like one.
    private static let mostPlaces = 3
    /// How far about such a place it is looked, and from which size to which, as shares of its side: more than the coarse
    /// steps from window to window and from scale to scale.
    private static let (reach, smallest, largest) = (0.2, 0.8, 1.25)

    private var windows: [Rectangle] = []
    private var places: [DetectedFace] = []
    private var close: [DetectedFace] = []
    private var grouping = RectangleGrouping()

    /// Appends what a scan finds in a region of a picture to `faces`, in pixels of the region.
    ///
    /// - Parameters:
    ///   - near: the scan of the places that a coarse one found, of the same cascade.
    ///   - turn: how the picture was turned, where it was.
    mutating func find(
        with scan: CascadeScan, near: CascadeScan, in image: GrayImage, region: Rectangle, turn: Turn? = nil,
        parameters: DetectionParameters, into faces: inout [DetectedFace]
    ) {
        windows.removeAll(keepingCapacity: true)
        scan.search(image, region: region, turn: turn, parameters: parameters, into: &windows)
        guard parameters.isCoarse, parameters.minNeighbors > 0 else {
            return grouping.group(windows, minNeighbors: parameters.minNeighbors, into: &faces)
        }
        places.removeAll(keepingCapacity: true)
        grouping.groupAll(windows, into: &places)
        let first = faces.count
        for _ in 0..<min(places.count, Self.mostPlaces) {
            guard let best = places.indices.max(by: { places[$0].neighbors < places[$1].neighbors }) else {
                break
            }
            lookClosely(at: places[best].box, with: near, in: image, region, parameters)
            places[best].neighbors = 0
            for face in close {
                guard let known = faces[first...].firstIndex(where: { $0.isSameFace(as: face) }) else {
                    faces.append(face)
                    continue
                }
                if face.neighbors > faces[known].neighbors { faces[known] = face }
            }
        }
    }

    /// Replaces `close` by what every window about a place finds.
    private mutating func lookClosely(
        at box: Rectangle, with scan: CascadeScan, in image: GrayImage, _ region: Rectangle,
        _ parameters: DetectionParameters
    ) {
        let side = max(box.width, box.height)
        let margin = Int(Double(side) * Self.reach)
        let place = Rectangle(
            x: region.x + box.x - margin, y: region.y + box.y - margin, width: box.width + 2 * margin,
            height: box.height + 2 * margin
        ).intersection(region)
        var exact = parameters
        exact.isCoarse = false
        exact.minSize = max(parameters.minSize, Int(Double(side) * Self.smallest))
        exact.maxSize = min(parameters.maxSize ?? .max, Int(Double(side) * Self.largest))
        windows.removeAll(keepingCapacity: true)
        scan.search(image, region: place, parameters: exact, into: &windows)
        close.removeAll(keepingCapacity: true)
        grouping.group(windows, minNeighbors: parameters.minNeighbors, into: &close)
        for index in close.indices {
            close[index].box.x += place.x - region.x
            close[index].box.y += place.y - region.y
        }
    }
}
