import FaceDetection
import Tracking

/// When a JPEG is decoded at half its width and height: while every face in view is so large that this leaves more pixels
/// than the network sees, and is detected. A new face of the smallest size that is looked for is found there, too.
///
/// See `docs/decisions/half-size.md`.
package struct PictureHalving {
    /// The side in pixels from which on a face is large enough, and below which it no longer is: between them lies what a
    /// box changes from frame to frame.
    private static let sides = (toBegin: 120, toGoOn: 104)
    /// The smallest faces looked for must have at least this side, in pixels: half of it is the cascade's window.
    private static let leastSize = 48
    /// How long a face may be missed before it is looked for in the whole picture, in seconds.
    private static let patience = 0.05

    private var isHalved = false

    /// Begins with the whole picture.
    package init() {}

    /// Whether the next picture is decoded at half its size.
    package mutating func decide(
        for tracker: borrowing FaceTracker, at time: UInt64, parameters: DetectionParameters
    ) -> Bool {
        var smallest = Int.max
        tracker.forEachExpected(at: time) { expected in
            let isSeen = max(expected.unseenFor, expected.undetectedFor) < Self.patience
            smallest = min(smallest, isSeen ? min(expected.face.box.width, expected.face.box.height) : 0)
        }
        let needed = isHalved ? Self.sides.toGoOn : Self.sides.toBegin
        isHalved = !tracker.isEmpty && smallest >= needed && parameters.minSize >= Self.leastSize
        return isHalved
    }
}

extension DetectionParameters {
    /// The same search in a picture that is so many times smaller both ways.
    func reduced(by factor: Int) -> DetectionParameters {
        var reduced = self
        reduced.minSize = minSize / factor
        reduced.maxSize = maxSize.map { max(1, $0 / factor) }
        return reduced
    }
}
