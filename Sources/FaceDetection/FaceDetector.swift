import CKernels
import Imaging
import Synchronization

/// Finds faces in grey pictures with a Haar cascade: the same boxes as OpenCV's
/// `CascadeClassifier::detectMultiScale` with the same cascade and parameters.
///
/// Working storage is kept from call to call, so that after the first picture of a size nothing is allocated. Calls
/// from several threads wait for each other.
public final class FaceDetector: Sendable {
    /// The cascade in use.
    public let cascade: HaarCascade
    private let state: Mutex<State>

    private struct State {
        let scan: CascadeScan
        var grouping = RectangleGrouping()
        var windows: [Rectangle] = []
    }

    /// Reads the cascade file, OpenCV's XML.
    public convenience init(cascadeAt path: String) throws(CascadeError) {
        self.init(cascade: try HaarCascade(contentsOf: path))
    }

    /// Makes a detector from a cascade already read.
    public convenience init(cascade: HaarCascade) {
        self.init(cascade: cascade, kernels: .best)
    }

    /// Which instructions the scan is made of.
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
    package init(cascade: HaarCascade, kernels: Kernels) {
        self.cascade = cascade
        state = Mutex(
            State(scan: CascadeScan(cascade, kernels: kernels.table ?? haar_kernels_portable().pointee)))
    }

    /// The faces of a picture.
    public func detect(in image: GrayImage, parameters: DetectionParameters = .init()) -> [DetectedFace] {
        var faces: [DetectedFace] = []
        detect(in: image, region: nil, parameters: parameters, into: &faces)
        return faces
    }

    /// Replaces `faces` by those of a picture, or of a region of it, keeping its storage.
    ///
    /// A region is searched as if it were a picture of its own; boxes are in pixels of the whole picture.
    public func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
        let whole = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
        let region = region.map { whole.intersection($0) } ?? whole
        guard region.area > 0 else { return }
        state.withLock { state in
            state.windows.removeAll(keepingCapacity: true)
            state.scan.search(image, region: region, parameters: parameters, into: &state.windows)
            state.grouping.group(state.windows, minNeighbors: parameters.minNeighbors, into: &faces)
        }
        for index in faces.indices {
            faces[index].box.x += region.x
            faces[index].box.y += region.y
            faces[index].box = faces[index].box.intersection(region)
        }
    }
}
