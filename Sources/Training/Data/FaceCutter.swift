import Faces
import EmotionRecognition
import FaceDetection
import Foundation
import Imaging
import NeuralNetwork
import System

/// What became of a labelled picture.
enum CutFace: Sendable, Equatable {
    /// A face was found: its square upright and wider than the face, as ``FaceSurroundings`` keeps it.
    case found([UInt8])
    /// The picture is one face, `[48, 48]`.
    case whole([UInt8])
    /// No face was found.
    case none
    /// The picture can't be read.
    case unreadable(ImageError)
}

/// Finds the faces of labelled pictures, turns them upright and cuts them out as those of live pictures are.
struct FaceCutter {
    /// What finds them.
    let finder: FaceFinder
    private let pool: ThreadPool
    private let workers: [Worker]

    /// Sides of pictures that are taken for a face where none is found in them: a face that fills so small a picture
    /// leaves a detector nothing to tell it by.
    static let smallPicture = 128
    /// A picture further from a square than this is no face's.
    private static let largestAspect = 1.5

    init(_ finder: FaceFinder, threads: Int) {
        self.finder = finder
        pool = ThreadPool(threads: threads)
        workers = (0..<pool.threads).map { _ in Worker(finder) }
    }

    /// What each file holds, in their order; fewer where `shouldStop` said so.
    func cut(
        _ paths: [String], shouldStop: () -> Bool = { false }, onProgress: (_ done: Int) -> Void = { _ in }
    ) -> [CutFace] {
        var results: [CutFace] = []
        results.reserveCapacity(paths.count)
        // Small enough that progress shows, large enough that threads seldom wait for each other.
        let turn = 16 * pool.threads
        for start in stride(from: 0, to: paths.count, by: turn) {
            guard !shouldStop() else { break }
            let range = start..<min(paths.count, start + turn)
            let found = Guarded([Int: CutFace]())
            pool.split(range.count) { thread, part in
                for place in part {
                    let face = workers[thread].cut(paths[start + place])
                    found.withLock { $0[place] = face }
                }
            }
            let faces = found.withLock { $0 }
            for place in range.indices { results.append(faces[place - start] ?? .none) }
            onProgress(results.count)
        }
        return results
    }

    /// What one thread works with.
    private final class Worker {
        private let takesWhole: Bool
        private let search: FaceFinder.Search
        private let reader = ImageReader()
        private var image = GrayImage()
        private var resizer = ImageResizer()
        private var crop = FaceCrop(margin: 0)
        private var face = GrayImage(width: NetworkConfiguration.side, height: NetworkConfiguration.side)
        private var wide = GrayImage(width: FaceSurroundings.side, height: FaceSurroundings.side)

        init(_ finder: FaceFinder) {
            takesWhole = finder.takesWholePictures
            search = finder.search()
        }

        func cut(_ path: String) -> CutFace {
            do {
                try reader.readGray(path: path, into: &image)
            } catch {
                return .unreadable(error)
            }
            let isFramed = image.width == NetworkConfiguration.side && image.height == image.width
            guard !takesWhole, !isFramed else { return whole() }
            guard let found = FaceFinder.subject(of: search(image), in: image) else {
                let (short, long) = (min(image.width, image.height), max(image.width, image.height))
                let isSmall = long <= FaceCutter.smallPicture
                return isSmall && Double(long) <= FaceCutter.largestAspect * Double(short) ? whole() : .none
            }
            let (width, height) = (Double(found.box.width), Double(found.box.height))
            let scale = Double(FaceSurroundings.side) / Double(FaceCrop.side)
            resizer.resample(
                image, centerX: Double(found.box.x) + width / 2, centerY: Double(found.box.y) + height / 2,
                side: max(width, height) * (1 + 2 * FaceCrop.defaultMargin) * scale, tilt: found.tilt,
                into: &wide)
            return .found(wide.pixels)
        }

        private func whole() -> CutFace {
            if image.width == face.width, image.height == face.height { return .whole(image.pixels) }
            let box = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
            crop.cut(DetectedFace(box: box), from: image, into: &face)
            return .whole(face.pixels)
        }
    }
}
