import CKernels
import Faces
import Imaging
import System

/// Finds faces in grey pictures with a Haar cascade: the same boxes as OpenCV's
/// `CascadeClassifier::detectMultiScale` with the same cascade and parameters, and where asked tilted heads and faces
/// seen from the side besides.
///
/// Working storage is kept from call to call, so that after the first picture of a size nothing is allocated. Calls
/// from several threads wait for each other.
package final class FaceDetector: Sendable {
    /// The cascade in use.
    package let cascade: HaarCascade
    /// The cascade for faces seen from the side, or nil where none is looked for.
    package let profile: HaarCascade?
    private let state: Guarded<State>

    private struct State {
        let upright: CascadeScan
        /// For small regions: what a scan is made ready for is kept from one to the next of about its size.
        let narrow: CascadeScan
        /// For turned copies, whose sizes are others.
        let tilted: CascadeScan
        /// For faces seen from the side: of the picture, and of a mirrored copy.
        let profile: CascadeScan?
        var grouped = GroupedScan()
        var reduced = GrayImage()
        var canvas = GrayImage()
        var candidates: [DetectedFace] = []
        var merging = TiltMerging()
    }

    /// The angles that pictures are turned by: the cascades find heads up to some 15 degrees off these.
    private static let tilts: [(side: DetectionParameters.Tilt, degrees: Double)] = [
        (.left, -26), (.right, 26),
    ]

    /// Reads the cascade file, OpenCV's XML, and that for faces seen from the side, where one is given.
    package convenience init(cascadeAt path: String, profileAt profile: String? = nil) throws(CascadeError) {
        var side: HaarCascade?
        if let profile { side = try HaarCascade(contentsOf: profile) }
        self.init(cascade: try HaarCascade(contentsOf: path), profile: side)
    }

    /// Makes a detector from cascades already read.
    package convenience init(cascade: HaarCascade, profile: HaarCascade? = nil) {
        self.init(cascade: cascade, profile: profile, kernels: .best)
    }

    /// The instruction set that a scan uses.
    package enum Kernels: CaseIterable, Sendable {
        case best, portable, avx2, avx512

        /// The kernels, or nil where this processor can't run them.
        var table: haar_kernels? {
            switch self {
            case .best: haar_kernels_best().pointee
            case .portable: haar_kernels_portable().pointee
            case .avx2: haar_kernels_avx2()?.pointee
            case .avx512: haar_kernels_avx512()?.pointee
            }
        }

        /// Whether this processor runs them.
        package var areSupported: Bool { table != nil }
    }

    /// Makes a detector that uses certain kernels, the portable ones where the processor lacks those.
    package init(cascade: HaarCascade, profile: HaarCascade? = nil, kernels: Kernels) {
        self.cascade = cascade
        self.profile = profile
        let table = kernels.table ?? haar_kernels_portable().pointee
        state = Guarded(
            State(
                upright: CascadeScan(cascade, kernels: table), narrow: CascadeScan(cascade, kernels: table),
                tilted: CascadeScan(cascade, kernels: table),
                profile: profile.map { CascadeScan($0, kernels: table) }))
    }

    /// The faces of a picture.
    package func detect(in image: GrayImage, parameters: DetectionParameters = .init()) -> [DetectedFace] {
        var faces: [DetectedFace] = []
        detect(in: image, region: nil, parameters: parameters, into: &faces)
        return faces
    }

    /// Replaces `faces` by those of a picture, or of a region of it, keeping its storage.
    ///
    /// A region is searched as if it were a picture of its own; boxes are in pixels of the whole picture.
    package func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
        let whole = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
        let region = region.map { whole.intersection($0) } ?? whole
        guard region.area > 0, !(parameters.cancellation?.isRaised ?? false) else { return }
        state.withLock { state in
            if parameters.onlyTilt == nil {
                let scan = region.area < whole.area / 3 ? state.narrow : state.upright
                state.grouped.find(
                    with: scan, near: state.narrow, in: image, region: region, parameters: parameters,
                    into: &faces)
            }
            guard parameters.minNeighbors > 0, !(parameters.cancellation?.isRaised ?? false) else { return }
            state.candidates.removeAll(keepingCapacity: true)
            if parameters.findsTilted {
                if Turn.isStrip(region) {
                    addTilted(inStrip: region, of: image, parameters: parameters, &state)
                } else {
                    addTilted(in: image, region: region, parameters: parameters, &state)
                }
            }
            if let profile = state.profile, parameters.onlyTilt == nil {
                addProfiles(profile, in: image, region: region, parameters: parameters, &state)
            }
            if parameters.findsTilted || state.profile != nil {
                state.merging.merge(state.candidates, into: &faces)
            }
        }
        for index in faces.indices {
            faces[index].box.x += region.x
            faces[index].box.y += region.y
            faces[index].box = faces[index].box.intersection(region)
        }
    }

    /// Looks for heads tilted to either side in a long strip, piece by piece.
    private func addTilted(
        inStrip strip: Rectangle, of image: GrayImage, parameters: DetectionParameters, _ state: inout State
    ) {
        for piece in Turn.pieces(of: strip, smallest: parameters.minSize) {
            guard !(parameters.cancellation?.isRaised ?? false) else { return }
            let first = state.candidates.count
            addTilted(in: image, region: piece, parameters: parameters, &state)
            for index in state.candidates.indices.dropFirst(first) {
                state.candidates[index].box.x += piece.x - strip.x
                state.candidates[index].box.y += piece.y - strip.y
            }
        }
    }

    /// Looks for heads tilted to either side.
    private func addTilted(
        in image: GrayImage, region: Rectangle, parameters: DetectionParameters, _ state: inout State
    ) {
        // The smallest face still covers the cascade's window, with a fifth to spare for the scales between.
        let room =
            Double(max(1, parameters.minSize)) / Double(max(cascade.windowWidth, cascade.windowHeight)) / 1.2
        let factor = max(1, min(8, Int(room)))
        state.reduced.average(image, region: region, factor: factor)
        var parameters = parameters
        parameters.minSize /= factor
        parameters.maxSize = parameters.maxSize.map { $0 / factor }
        for (side, tilt) in Self.tilts where parameters.onlyTilt == nil || parameters.onlyTilt == side {
            let turn = Turn(
                tilt: tilt, width: state.reduced.width, height: state.reduced.height, factor: factor)
            turn.draw(state.reduced, into: &state.canvas)
            let whole = Rectangle(x: 0, y: 0, width: turn.canvasWidth, height: turn.canvasHeight)
            let first = state.candidates.count
            state.grouped.find(
                with: state.tilted, near: state.narrow, in: state.canvas, region: whole, turn: turn,
                parameters: parameters, into: &state.candidates)
            for index in state.candidates.indices.dropFirst(first) {
                state.candidates[index].box = turn.unturned(state.candidates[index].box)
                state.candidates[index].tilt = tilt
            }
        }
    }

    /// Looks for faces seen from either side: OpenCV's cascade knows one of them, so the picture is mirrored for the
    /// other.
    private func addProfiles(
        _ profile: CascadeScan, in image: GrayImage, region: Rectangle, parameters: DetectionParameters,
        _ state: inout State
    ) {
        state.grouped.find(
            with: profile, near: profile, in: image, region: region, parameters: parameters,
            into: &state.candidates)
        state.canvas.mirror(image, region: region)
        let whole = Rectangle(x: 0, y: 0, width: region.width, height: region.height)
        let first = state.candidates.count
        state.grouped.find(
            with: profile, near: profile, in: state.canvas, region: whole, parameters: parameters,
            into: &state.candidates)
        for index in state.candidates.indices.dropFirst(first) {
            let box = state.candidates[index].box
            state.candidates[index].box.x = region.width - box.x - box.width
        }
    }
}
