import Faces
import Imaging
import System

/// Finds faces that a cascade does not see in the picture as it is: cut by the border or filling the picture, small in a
/// small one, turned to the side, behind glasses or hands.
///
/// First the cascades search a copy of standard size with a margin (``WideCopy``), less choosy than in the first look; a
/// judge takes out what is no face. Where that finds nothing, the judge alone looks at windows all over the picture.
package final class WideSearch: Sendable {
    private let detector: FaceDetector
    /// What one live look is made by: the cascade alone, or the one for faces seen from the side.
    private let front: FaceDetector
    private let side: FaceDetector?
    private let state = Guarded(State())

    private struct State {
        var copy = WideCopy()
        var mirrored = GrayImage()
        var reduced = GrayImage()
        var candidates: [DetectedFace] = []
        var windows: [(face: DetectedFace, probability: Float)] = []
    }

    /// Makes a search by a cascade and one for faces seen from the side.
    package init(cascade: HaarCascade, profile: HaarCascade?) {
        detector = FaceDetector(cascade: cascade, profile: profile)
        front = FaceDetector(cascade: cascade)
        side = profile.map { FaceDetector(cascade: $0) }
    }

    /// A part of what is looked for in moving pictures: one a frame at most, so that no frame takes long.
    package enum Part: Int, CaseIterable, Sendable {
        /// Faces that look ahead: cut by the border or filling the picture.
        case ahead
        /// Faces turned to one side, and to the other.
        case left, right
    }

    /// The sizes of faces that a part looks for: half of them is half of its time. Both halves have those between.
    package enum Sizes: CaseIterable, Sendable {
        case all, small, large
    }

    /// Where the halves of the sizes overlap, as multiples of the smallest: by two steps of scale.
    private static let overlap = (from: 1.25, to: 1.52)

    /// Makes a search by a cascade and the file of one for faces seen from the side.
    package convenience init(cascade: HaarCascade, profileAt path: String) throws(CascadeError) {
        self.init(cascade: cascade, profile: try HaarCascade(contentsOf: path))
    }

    /// Adds faces that are not among those already found in a picture.
    ///
    /// In a picture with faces only what cascades are sure of is looked at a second time, which costs a few milliseconds;
    /// in one without, everything is tried.
    package func addFaces(
        to faces: inout [DetectedFace], in image: GrayImage, parameters: DetectionParameters,
        judge: some FaceJudge
    ) {
        state.withLock { state in
            guard state.copy.copy(image) else { return }
            let isAlone = faces.isEmpty
            let least = isAlone ? judge.thresholds.alone : judge.thresholds.beside
            findCandidates(parameters, isThorough: isAlone, &state)
            for index in state.candidates.indices {
                let face = state.copy.original(state.candidates[index])
                guard !isAlone || faces.count < 64 else { break }
                let isKnown = faces.contains { isAlone ? false : $0.isSameFace(as: face) }
                if !isKnown, judge.believes(face, in: image, from: least) {
                    faces.append(face)
                }
            }
            judge.removeNested(&faces, in: image)
            if faces.isEmpty { searchWindows(in: image, parameters, judge, &state, into: &faces) }
        }
    }

    /// Replaces `faces` by those that one part finds in a picture; a box may reach over the border.
    ///
    /// - Parameter known: faces already detected in it, which are left out: the judge's many looks at them would tell
    ///   nothing.
    package func find(
        _ part: Part, sizes: Sizes = .all, in image: GrayImage, known: [DetectedFace] = [],
        parameters: DetectionParameters, judge: some FaceJudge, into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
        state.withLock { state in
            guard let finder = part == .ahead ? front : side, state.copy.copy(image, side: WideCopy.liveSide)
            else { return }
            var wide = state.copy.fitted(parameters)
            wide.findsTilted = false
            let smallest = Double(wide.minSize)
            if sizes == .small { wide.maxSize = min(wide.maxSize ?? .max, Int(smallest * Self.overlap.to)) }
            if sizes == .large { wide.minSize = Int(smallest * Self.overlap.from) }
            if part == .right {
                let whole = Rectangle(
                    x: 0, y: 0, width: state.copy.image.width, height: state.copy.image.height)
                state.mirrored.mirror(state.copy.image, region: whole)
                finder.detect(in: state.mirrored, region: nil, parameters: wide, into: &state.candidates)
                for index in state.candidates.indices {
                    let box = state.candidates[index].box
                    state.candidates[index].box.x = whole.width - box.x - box.width
                }
            } else {
                finder.detect(in: state.copy.image, region: nil, parameters: wide, into: &state.candidates)
            }
            for candidate in state.candidates {
                let face = state.copy.original(candidate)
                // A face that was followed and not detected is detected here.
                guard !known.contains(where: { $0.neighbors > 0 && $0.isSameFace(as: face) }) else {
                    continue
                }
                if let face = judge.believed(face, in: image, from: judge.thresholds.beside) {
                    faces.append(face)
                }
            }
            judge.removeNested(&faces, in: image)
        }
    }

    /// The side of the largest face that is smaller than the parameters' smallest, down to half of it, in pixels; nil
    /// where none is seen. It costs about as much as a search for those that are large enough.
    package func sideOfTooSmallFace(
        in image: GrayImage, parameters: DetectionParameters, judge: some FaceJudge
    ) -> Int? {
        state.withLock { state in
            // The cascade's window is some 20 pixels wide.
            let factor = max(1, min(8, parameters.minSize / 2 / 20))
            state.reduced.average(
                image, region: Rectangle(x: 0, y: 0, width: image.width, height: image.height), factor: factor
            )
            var small = parameters
            small.findsTilted = false
            small.minSize = parameters.minSize / 2 / factor
            small.maxSize = max(1, parameters.minSize * 9 / 10 / factor)
            front.detect(in: state.reduced, region: nil, parameters: small, into: &state.candidates)
            var largest: Int?
            for candidate in state.candidates
            where judge.probability(of: candidate, in: state.reduced) >= judge.thresholds.beside {
                largest = max(largest ?? 0, candidate.box.width * factor)
            }
            return largest
        }
    }

    /// Windows of a picture that cascades may take for faces, whatever a judge says, in pixels of the picture.
    package func candidates(in image: GrayImage, parameters: DetectionParameters = .init()) -> [DetectedFace]
    {
        state.withLock { state in
            guard state.copy.copy(image) else { return [] }
            findCandidates(parameters, isThorough: true, &state)
            return state.candidates.map(state.copy.original)
        }
    }

    private func findCandidates(_ parameters: DetectionParameters, isThorough: Bool, _ state: inout State) {
        var wide = state.copy.fitted(parameters)
        wide.findsTilted = parameters.findsTilted && isThorough
        wide.minNeighbors = isThorough ? 1 : max(1, parameters.minNeighbors)
        detector.detect(
            in: state.copy.image, region: nil, parameters: wide, into: &state.candidates)
    }

    /// Looks at windows all over the picture, large ones first, and takes the best where it is a face without doubt.
    private func searchWindows(
        in image: GrayImage, _ parameters: DetectionParameters, _ judge: some FaceJudge, _ state: inout State,
        into faces: inout [DetectedFace]
    ) {
        state.windows.removeAll(keepingCapacity: true)
        let short = Double(min(image.width, image.height))
        guard Double(max(image.width, image.height)) <= 3 * short else { return }
        for share in [1.1, 0.95, 0.8, 0.66, 0.55, 0.45] {
            let side = Int(share * short)
            guard side >= parameters.minSize, side <= parameters.maxSize ?? .max else { continue }
            let step = max(1, side / 5)
            for y in stride(from: side / 5, through: image.height - side / 5, by: step) {
                for x in stride(from: side / 5, through: image.width - side / 5, by: step) {
                    let face = DetectedFace(
                        box: Rectangle(x: x - side / 2, y: y - side / 2, width: side, height: side))
                    state.windows.append((face, judge.probability(of: face, in: image)))
                }
            }
        }
        // The best few are moved to where they fit, turned too; a face shows in more than one window.
        state.windows.sort { $0.probability > $1.probability }
        var best: (face: DetectedFace, probability: Float)?
        for window in state.windows.prefix(4) where window.probability > 0.3 {
            let face = judge.refined(window.face, in: image, turns: parameters.findsTilted, rounds: 6).face
            let probability = judge.steadyProbability(of: face, in: image)
            let least = Self.fills(face, image) ? judge.thresholds.filling : judge.thresholds.unseen
            if probability >= least, probability > best?.probability ?? 0 { best = (face, probability) }
        }
        if let best { faces.append(best.face) }
    }

    /// Whether a face fills a picture.
    private static func fills(_ face: DetectedFace, _ image: GrayImage) -> Bool {
        Double(max(face.box.width, face.box.height)) >= fillingShare * Double(max(image.width, image.height))
    }

    /// From which share of the picture's longer side on a window fills it. Boxes are smaller than heads.
    private static let fillingShare = 0.5
}
