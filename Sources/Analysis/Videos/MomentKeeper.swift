import Capture
import EmotionRecognition
import Faces
import Imaging

/// Keeps for each face a picture of where each emotion was strongest.
struct MomentKeeper {
    /// By the face's number.
    private(set) var moments: [Int: [Emotion: FaceRecord.Moment]] = [:]
    private var looked: [Int: Double] = [:]
    private let decoder = FrameDecoder()
    private var image = ColorImage()
    private var crop = ColorImage()

    /// Below this an emotion is no moment.
    private static let least: Float = 0.5
    /// A moment gives way to one that is at least so much stronger.
    private static let gain: Float = 0.02
    /// Seconds between two looks at a face: bounds the work.
    private static let pause = 0.2
    /// Faces with pictures: bounds the memory.
    private static let mostFaces = 200
    /// The longer side of a picture in pixels, at most.
    private static let side = 192

    /// Keeps the face where its emotion was never stronger.
    mutating func look(at face: TrackedFace, in frame: Frame, at seconds: Double) {
        let known = moments[face.number]?[face.emotion]?.confidence ?? Self.least - Self.gain
        guard face.confidence >= known + Self.gain, seconds - (looked[face.number] ?? -1) >= Self.pause,
            moments[face.number] != nil || moments.count < Self.mostFaces
        else { return }
        looked[face.number] = seconds
        guard (try? decoder.color(of: frame, into: &image)) != nil, let picture = picture(of: face) else {
            return
        }
        moments[face.number, default: [:]][face.emotion] = FaceRecord.Moment(
            seconds: seconds, confidence: face.confidence, picture: picture)
    }

    /// The face with a margin around it, made smaller by whole steps where it is large.
    private mutating func picture(of face: TrackedFace) -> [UInt8]? {
        let margin = face.box.width / 5
        let left = max(0, face.box.x - margin)
        let top = max(0, face.box.y - margin)
        let right = min(image.width, face.box.x + face.box.width + margin)
        let bottom = min(image.height, face.box.y + face.box.height + margin)
        guard right - left >= 8, bottom - top >= 8 else { return nil }
        let step = max(1, (max(right - left, bottom - top) + Self.side - 1) / Self.side)
        let (width, height) = ((right - left) / step, (bottom - top) / step)
        crop.setSize(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                let from = ((top + y * step) * image.width + left + x * step) * 3
                let to = (y * width + x) * 3
                for channel in 0..<3 { crop.pixels[to + channel] = image.pixels[from + channel] }
            }
        }
        return try? ImageFile.encodeJPEG(crop, quality: 80)
    }
}
