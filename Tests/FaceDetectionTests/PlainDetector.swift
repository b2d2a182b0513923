import FaceDetection
import Imaging

/// The detector without any art: every scale made whole, every window judged by itself. What the real one is compared
/// with.
struct PlainDetector {
    let cascade: HaarCascade

    /// Every window that passes, scale by scale, in reading order.
    func windows(in image: GrayImage, parameters: DetectionParameters) -> [Rectangle] {
        let window = (width: cascade.windowWidth, height: cascade.windowHeight)
        let scan = PlainScan(cascade)
        var reduction = PlainReduction()
        var integral = IntegralImage()
        let scales = ScanScale.list(
            width: image.width, height: image.height, window: window, parameters: parameters)
        return scales.flatMap { scale in
            var scaled = GrayImage(width: scale.width, height: scale.height)
            reduction.reduce(image, into: &scaled)
            integral.update(from: scaled, tilted: cascade.hasTiltedFeatures)
            return scan.passing(integral, step: scale.step)
                .map { scale.rectangle(x: $0.x, y: $0.y, window: window) }
        }
    }
}
