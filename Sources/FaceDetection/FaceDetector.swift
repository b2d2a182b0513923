import Imaging

/// Finds faces in grey pictures with a Haar cascade: the same boxes as OpenCV's
/// `CascadeClassifier::detectMultiScale` with the same cascade and parameters.
///
/// A detector keeps its working storage from call to call and is meant for one thread at a time.
public final class FaceDetector {
    /// The cascade in use.
    public let cascade: HaarCascade
    private let scan: PlainScan
    private let hasTiltedFeatures: Bool
    private var reduction = BilinearReduction()
    private var grouping = RectangleGrouping()
    private var scaled = GrayImage()
    private var integral = IntegralImage()
    private var windows: [Rectangle] = []

    /// Reads the cascade file, OpenCV's XML.
    public convenience init(cascadeAt path: String) throws(CascadeError) {
        self.init(cascade: try HaarCascade(contentsOf: path))
    }

    /// Makes a detector from a cascade already read.
    public init(cascade: HaarCascade) {
        self.cascade = cascade
        scan = PlainScan(cascade)
        hasTiltedFeatures = cascade.hasTiltedFeatures
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
        windows.removeAll(keepingCapacity: true)
        let whole = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
        let region = region.map { whole.intersection($0) } ?? whole
        let window = (width: cascade.windowWidth, height: cascade.windowHeight)
        let scales = ScanScale.list(
            width: region.width, height: region.height, window: window, parameters: parameters)
        for scale in scales {
            scaled.setSize(width: scale.width, height: scale.height)
            reduction.reduce(image, region: region, into: &scaled)
            integral.update(from: scaled, tilted: hasTiltedFeatures)
            for (x, y) in scan.passing(integral, step: scale.step) {
                windows.append(scale.rectangle(x: x, y: y, window: window))
            }
        }
        grouping.group(windows, minNeighbors: parameters.minNeighbors, into: &faces)
        for index in faces.indices {
            let clipped = faces[index].box.intersection(
                Rectangle(x: 0, y: 0, width: region.width, height: region.height))
            faces[index].box = Rectangle(
                x: clipped.x + region.x, y: clipped.y + region.y, width: clipped.width,
                height: clipped.height)
        }
    }
}
