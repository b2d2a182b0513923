import FaceDetection
import Faces
import Imaging
import Tracking

/// Looks for faces where they are likely: around those followed, at their size, in each frame; everywhere else in
/// pieces (``ScanPieces``), so that a steady scene costs a small part of a full scan.
///
/// What is searched depends on times and faces alone, not on how long anything took: the same frames are searched
/// the same way twice.
package struct FaceSearch {
    /// How a picture is searched; sizes are those of faces anywhere.
    package var parameters: DetectionParameters
    /// False to search each frame wholly.
    package var isSelective = true

    /// The numbers of faces that were followed but not looked for in the last frame: too many for its time.
    package private(set) var unsearched: [Int] = []

    /// Whether the last frame was searched wholly.
    package private(set) var hasSearchedWholly = false
    /// Whether a piece of it was searched besides the places around faces.
    package private(set) var hasSearchedElsewhere = false

    /// The side in pixels of a face that is too small to be followed, while none is; nil where none was seen of late.
    package private(set) var tooSmallSide: Int?

    /// How many times this picture is smaller than the frame, and the parameters in its pixels.
    private var factor = 1
    private var searched: DetectionParameters
    private var lastTime: UInt64?
    private var lastFrame = 0
    private var lastPieceTime: UInt64 = 0
    private var pieces = ScanPieces()
    private var lastSmallTime: UInt64 = 0
    private var lastSearched = 0
    private var found: [DetectedFace] = []
    private var expected: [FaceTracker.Expectation] = []
    /// When the second look last saw each face that is followed.
    private var judged: [(number: Int, time: UInt64)] = []

    /// Frames that the source gives further apart than this, in seconds, are searched wholly: pieces would find a face too late.
    private static let longGap = 0.1
    /// Seconds from one piece of the scan to the next while faces are followed.
    private static let pieceInterval = 0.06
    /// Pieces in a frame while none is.
    private static let piecesAlone = 2
    /// The part of a whole scan's work that the search around faces may take in a frame. Those who come too late for it
    /// are looked for in the next one.
    private static let shareAroundFaces = 0.4
    /// A face that is detected where it was is looked at a second time only so often, in seconds: from frame to frame it
    /// stays one, or stops being one before anybody sees it.
    private static let judgingInterval = 0.19
    /// How long a face is followed that is not detected, in seconds.
    private static let followingTime = 3.0

    /// Seconds from one look for faces that are too small to the next, while none is followed.
    private static let smallInterval = 2.0
    /// Frames further apart than this, in seconds, leave time to try everything where no face is seen.
    private static let thoroughGap = 0.5

    package init(parameters: DetectionParameters) {
        self.parameters = parameters
        searched = parameters
    }

    /// Forgets when it last searched: the next frame is searched wholly.
    package mutating func reset() {
        lastTime = nil
        tooSmallSide = nil
    }

    /// Replaces `faces` by those of a frame, in pixels of the picture.
    ///
    /// - Parameter factor: how many times the picture is smaller than the frame, in whose pixels are sizes and the tracker's
    ///   faces.
    package mutating func find(
        with finder: some FaceFinding, in image: GrayImage, reducedBy factor: Int = 1, frame: Int,
        at time: UInt64, tracker: FaceTracker, into faces: inout [DetectedFace]
    ) {
        self.factor = factor
        searched = parameters.reduced(by: factor)
        // Frames given up because the machine is busy don't count: searching wholly then would keep it busy.
        let gap = lastTime.map { Self.seconds(from: $0, to: time) } ?? .infinity
        let interval = gap / Double(max(1, frame &- lastFrame))
        lastTime = time
        lastFrame = frame
        faces.removeAll(keepingCapacity: true)
        unsearched.removeAll(keepingCapacity: true)
        hasSearchedWholly = !isSelective || interval >= Self.longGap
        hasSearchedElsewhere = false
        guard !hasSearchedWholly else {
            lastPieceTime = time
            var whole = searched
            whole.isThorough = gap.isFinite && interval >= Self.thoroughGap
            finder.detect(in: image, region: nil, parameters: whole, into: &faces)
            tooSmallSide =
                faces.isEmpty && whole.isThorough
                ? sideOfTooSmallFace(with: finder, in: image) : nil
            return
        }
        searchAroundFaces(with: finder, in: image, at: time, tracker: tracker, into: &faces)
        guard !tracker.isEmpty else { return searchAlone(with: finder, in: image, at: time, into: &faces) }
        // Times of frames are rounded.
        guard Self.seconds(from: lastPieceTime, to: time) >= Self.pieceInterval else { return }
        lastPieceTime = time
        tooSmallSide = nil
        searchPiece(with: finder, in: image, isAlone: false, into: &faces)
    }

    /// Looks for the first face.
    private mutating func searchAlone(
        with finder: some FaceFinding, in image: GrayImage, at time: UInt64, into faces: inout [DetectedFace]
    ) {
        lastPieceTime = time
        if Self.seconds(from: lastSmallTime, to: time) >= Self.smallInterval {
            lastSmallTime = time
            tooSmallSide = sideOfTooSmallFace(with: finder, in: image)
            return
        }
        for _ in 0..<Self.piecesAlone { searchPiece(with: finder, in: image, isAlone: true, into: &faces) }
    }

    private func sideOfTooSmallFace(with finder: some FaceFinding, in image: GrayImage) -> Int? {
        finder.sideOfTooSmallFace(in: image, parameters: searched).map { $0 * factor }
    }

    private mutating func searchPiece(
        with finder: some FaceFinding, in image: GrayImage, isAlone: Bool, into faces: inout [DetectedFace]
    ) {
        // What is missed in one frame is found in another, of a picture that is never quite the same.
        var coarse = searched
        coarse.isCoarse = searched.minNeighbors > 0
        guard let piece = pieces.next(for: coarse, isAlone: isAlone) else { return }
        hasSearchedElsewhere = true
        switch piece {
        case .wide(let part, let sizes):
            finder.findWide(
                part, sizes: sizes, in: image, known: faces, parameters: coarse, into: &found)
        case .scan(let sized, let half):
            let region = half.map { $0.region(of: image, largestFace: sized.maxSize) }
            finder.detect(in: image, region: region, parameters: sized, into: &found)
        }
        merge(into: &faces)
    }

    private mutating func searchAroundFaces(
        with finder: some FaceFinding, in image: GrayImage, at time: UInt64, tracker: FaceTracker,
        into faces: inout [DetectedFace]
    ) {
        expected.removeAll(keepingCapacity: true)
        tracker.forEachExpected(at: time) { face in
            expected.append(face)
            expected[expected.count - 1].face = face.face.reduced(by: factor)
        }
        judged.removeAll { seen in !expected.contains { $0.number == seen.number } }
        // Those who were left out come first.
        let first = expected.firstIndex { $0.number > lastSearched } ?? 0
        var work = 0.0
        let smallest = Double(max(searched.minSize, 20))
        let limit =
            Self.shareAroundFaces * Double(image.width) * Double(image.height) / (smallest * smallest)
        for place in expected.indices {
            let face = expected[(first + place) % expected.count]
            if work > limit {
                unsearched.append(face.number)
                continue
            }
            lastSearched = face.number
            work += search(for: face, with: finder, in: image, at: time)
            merge(into: &faces)
        }
    }

    /// Replaces what was found by what is where a face is expected, and returns the work: pixels searched by the inverse
    /// square of the smallest size, to which a scan's time is proportional.
    private mutating func search(
        for face: FaceTracker.Expectation, with finder: some FaceFinding, in image: GrayImage, at time: UInt64
    ) -> Double {
        let box = face.face.box
        let side = max(box.width, box.height)
        // The longer a face was missed, the further it may have gone.
        let margin = Int(Double(side) * min(1, 0.2 + face.unseenFor))
        var narrow = searched
        // A face that was large enough is not let go for a few pixels less.
        narrow.minSize = max(searched.minSize * 4 / 5, side * 4 / 5)
        narrow.maxSize = min(searched.maxSize ?? .max, side * 5 / 4)
        let region = Rectangle(
            x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin,
            height: box.height + 2 * margin)
        let smallest = Double(max(narrow.minSize, 20))
        let once = Double(region.area) / (smallest * smallest)
        // Turned copies cost twice as much again; most heads are upright in most frames.
        narrow.findsTilted = false
        narrow.isJudged = needsJudging(face, at: time)
        finder.detect(in: image, region: region, parameters: narrow, into: &found)
        // What is new beside it nobody has looked at twice.
        if !narrow.isJudged { found.removeAll { !$0.isSameFace(as: face.face) } }
        guard found.isEmpty else { return once }
        narrow.isJudged = true
        if face.undetectedFor < Self.followingTime, let followed = finder.follow(face.face, in: image) {
            found.append(followed)
            return 2 * once
        }
        guard searched.findsTilted else { return once }
        narrow.findsTilted = true
        finder.detect(in: image, region: region, parameters: narrow, into: &found)
        return 4 * once
    }

    /// Whether a face is due for a second look, which is then taken as done.
    private mutating func needsJudging(_ face: FaceTracker.Expectation, at time: UInt64) -> Bool {
        guard let place = judged.firstIndex(where: { $0.number == face.number }) else {
            judged.append((face.number, time))
            return true
        }
        let age = Self.seconds(from: judged[place].time, to: time)
        guard face.undetectedFor < Self.longGap, age < Self.judgingInterval else {
            judged[place].time = time
            return true
        }
        return false
    }

    /// Adds what was found but for faces already there; of two boxes on a face the one with more neighbours stays.
    private mutating func merge(into faces: inout [DetectedFace]) {
        for face in found where face.box.area > 0 {
            guard let known = faces.firstIndex(where: { $0.isSameFace(as: face) }) else {
                faces.append(face)
                continue
            }
            if face.neighbors > faces[known].neighbors { faces[known] = face }
        }
    }

    private static func seconds(from earlier: UInt64, to later: UInt64) -> Double {
        later > earlier ? Double(later - earlier) * 1e-9 : 0
    }
}
