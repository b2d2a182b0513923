import FaceDetection
import Faces
import Imaging
import Tracking

/// Looks for faces where they are likely: around those followed, at their size, in each frame; everywhere else in
/// slices, so that a steady scene costs a small part of a full scan.
///
/// What is searched depends on times and faces alone, not on how long anything took: the same frames are searched
/// the same way twice.
package struct FaceSearch {
    /// How a picture is searched; sizes are those of faces anywhere.
    package var parameters: DetectionParameters
    /// False to search each frame wholly.
    package var isSelective = true

    private var lastTime: UInt64?
    private var lastFrame = 0
    private var lastSliceTime: UInt64 = 0
    private var nextSlice = 0
    private var found: [DetectedFace] = []
    private var expected: [Expectation] = []

    private struct Expectation {
        var box: Rectangle
        var unseenFor: Double
    }

    /// Frames that the source gives further apart than this, in seconds, are searched wholly: slices would find a face too late.
    private static let longGap = 0.1
    /// Seconds from one slice to the next while faces are followed: a new face is found within three of these.
    private static let sliceInterval = 0.12
    /// A third of a full scan's work each, as multiples of the smallest size: the work at a size falls with its
    /// square. They overlap by two steps of scale, so that each face has all its neighbouring windows in one.
    private static let slices: [(from: Double, to: Double?)] = [(1, 1.48), (1.22, 2.1), (1.73, nil)]

    /// Tilted heads are looked for in one round of slices out of so many: a head is seldom tilted from its first to its
    /// last frame.
    private static let roundsPerTiltedRound = 3

    package init(parameters: DetectionParameters) {
        self.parameters = parameters
    }

    /// Forgets when it last searched: the next frame is searched wholly.
    package mutating func reset() { lastTime = nil }

    /// Replaces `faces` by those of a frame.
    package mutating func find(
        with finder: some FaceFinding, in image: GrayImage, frame: Int, at time: UInt64, tracker: FaceTracker,
        into faces: inout [DetectedFace]
    ) {
        // Frames given up because the machine is busy don't count: searching wholly then would keep it busy.
        let gap = lastTime.map { time > $0 ? Double(time - $0) * 1e-9 : 0 } ?? .infinity
        let interval = gap / Double(max(1, frame &- lastFrame))
        lastTime = time
        lastFrame = frame
        faces.removeAll(keepingCapacity: true)
        guard isSelective, interval < Self.longGap else {
            lastSliceTime = time
            finder.detect(in: image, region: nil, parameters: parameters, into: &faces)
            return
        }
        searchAroundFaces(with: finder, in: image, at: time, tracker: tracker, into: &faces)
        let sinceSlice = time > lastSliceTime ? Double(time - lastSliceTime) * 1e-9 : 0
        if tracker.isEmpty || sinceSlice >= Self.sliceInterval {
            lastSliceTime = time
            searchSlice(with: finder, in: image, into: &faces)
        }
    }

    private mutating func searchAroundFaces(
        with finder: some FaceFinding, in image: GrayImage, at time: UInt64, tracker: FaceTracker,
        into faces: inout [DetectedFace]
    ) {
        expected.removeAll(keepingCapacity: true)
        tracker.forEachExpected(at: time) { box, unseenFor in
            expected.append(Expectation(box: box, unseenFor: unseenFor))
        }
        for face in expected {
            let side = max(face.box.width, face.box.height)
            // The longer a face was missed, the further it may have gone.
            let margin = Int(Double(side) * min(1, 0.3 + face.unseenFor))
            var narrow = parameters
            narrow.minSize = max(parameters.minSize, side * 3 / 4)
            narrow.maxSize = min(parameters.maxSize ?? .max, side * 4 / 3)
            let region = Rectangle(
                x: face.box.x - margin, y: face.box.y - margin, width: face.box.width + 2 * margin,
                height: face.box.height + 2 * margin)
            // Turned copies cost twice as much again; most heads are upright in most frames.
            narrow.findsTilted = false
            finder.detect(in: image, region: region, parameters: narrow, into: &found)
            if found.isEmpty, parameters.findsTilted {
                narrow.findsTilted = true
                finder.detect(in: image, region: region, parameters: narrow, into: &found)
            }
            merge(into: &faces)
        }
    }

    private mutating func searchSlice(
        with finder: some FaceFinding, in image: GrayImage, into faces: inout [DetectedFace]
    ) {
        let slice = Self.slices[nextSlice % Self.slices.count]
        let round = nextSlice / Self.slices.count
        nextSlice = (nextSlice + 1) % (Self.slices.count * Self.roundsPerTiltedRound)
        let smallest = Double(max(parameters.minSize, 20))
        var sized = parameters
        sized.findsTilted = parameters.findsTilted && round == 0
        sized.minSize = Int(smallest * slice.from)
        if let to = slice.to { sized.maxSize = min(parameters.maxSize ?? .max, Int(smallest * to)) }
        finder.detect(in: image, region: nil, parameters: sized, into: &found)
        merge(into: &faces)
    }

    /// Adds what was found but for faces already there; of two boxes on a face the one with more neighbours stays.
    private mutating func merge(into faces: inout [DetectedFace]) {
        for face in found where face.box.area > 0 {
            guard let known = faces.firstIndex(where: { $0.box.intersectionOverUnion(face.box) > 0.3 }) else {
                faces.append(face)
                continue
            }
            if face.neighbors > faces[known].neighbors { faces[known] = face }
        }
    }
}
