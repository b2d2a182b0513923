import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import System

/// How the classes of the training images are brought to equal weight: FER2013 has 16 happy faces for each disgusted one.
package enum Balance: String, CaseIterable, Sendable {
    /// Images as they are.
    case none
    /// Images of the smaller classes are repeated until each class has as many as the largest.
    case over
    /// Images of the larger classes are left out until each class has as many as the smallest.
    case under
    /// The smaller classes are filled up with images between one of theirs and one of its five nearest neighbours of
    /// the same class (SMOTE, Chawla et al., 2002), on pixels.
    case smote
    /// Each image's loss is weighed by the inverse of its class's frequency, so that the mean weight is 1.
    case weights

    /// Neighbours that SMOTE chooses from, as in Chawla et al. (2002).
    package static let neighbours = 5

    /// The training images, balanced; the same for the same seed.
    package func apply(to data: FaceDataSet, seed: UInt64, pool: ThreadPool) -> FaceDataSet {
        guard self != .none, self != .weights else { return data }
        var random = Xoshiro256StarStar(seed: seed, 0xBA1A)
        let classes = data.indicesOfClasses.filter { !$0.isEmpty }
        let most = classes.map(\.count).max() ?? 0
        let least = classes.map(\.count).min() ?? 0
        switch self {
        case .none, .weights: return data
        case .under:
            return data.subset(classes.flatMap { $0.shuffled(using: &random).prefix(least) }.sorted())
        case .over:
            var chosen = Array(0..<data.count)
            for members in classes {
                // Each image as often as any other of its class, but for the rest.
                let missing = most - members.count
                for _ in 0..<missing / members.count { chosen += members }
                chosen += members.shuffled(using: &random).prefix(missing % members.count)
            }
            return data.subset(chosen)
        case .smote:
            var result = data
            for members in classes where members.count > 1 {
                data.synthesize(most - members.count, from: members, into: &result, &random, pool)
            }
            return result
        }
    }

    /// What each image's loss is multiplied by, a factor a class, or nil where all count alike.
    package func classWeights(of data: FaceDataSet) -> [Float]? {
        guard self == .weights else { return nil }
        let counts = data.indicesOfClasses.map(\.count)
        let present = counts.count { $0 > 0 }
        return counts.map { $0 == 0 ? 0 : Float(data.count) / Float(present * $0) }
    }
}

extension FaceDataSet {
    /// The indices of each class's images, in the order of ``Emotion``.
    package var indicesOfClasses: [[Int]] {
        var result: [[Int]] = Emotion.allCases.map { _ in [] }
        for (index, label) in labels.enumerated() where result.indices.contains(label) {
            result[label].append(index)
        }
        return result
    }

    /// Says which class has no image, for a network can't learn a face that it never sees.
    package func requireEveryClass(of part: String, path: String) throws(DataError) {
        for (emotion, members) in zip(Emotion.allCases, indicesOfClasses) where members.isEmpty {
            throw .invalidFile(
                path: path,
                reason: "no image of class \(emotion.rawValue) (\(emotion)) among its \(part) images")
        }
    }

    /// Appends images on the lines between members of a class and their neighbours, in turn.
    fileprivate func synthesize(
        _ count: Int, from members: [Int], into result: inout FaceDataSet,
        _ random: inout Xoshiro256StarStar, _ pool: ThreadPool
    ) {
        guard count > 0 else { return }
        let order = members.indices.shuffled(using: &random)
        // Only images that are drawn need their neighbours.
        let drawn = Array(order.prefix(count))
        let neighbours = NearestNeighbours(self, of: drawn.map { members[$0] }, among: members, pool: pool)
        for turn in 0..<count {
            let place = turn % drawn.count
            let (index, near) = (members[drawn[place]], neighbours.found[place])
            guard let other = near.randomElement(using: &random) else { continue }
            let share = random.uniform()
            let image = zip(pixels(of: index), pixels(of: other)).map { own, their -> UInt8 in
                let (a, b) = (Float(own), Float(their))
                return UInt8((a + share * (b - a)).rounded())
            }
            result.append(image: image, label: labels[index], usage: usages[index])
            if let votes { result.votes?.append(votes[index]) }
            result.copySource(of: index)
        }
    }
}

/// The nearest images of the same class by the distance of their pixels, found by comparing all: at most 4,965 of a
/// class at FER2013's largest but one.
private struct NearestNeighbours {
    /// For each image asked for, the indices of its nearest, nearest first.
    let found: [[Int]]

    init(_ data: FaceDataSet, of images: [Int], among members: [Int], pool: ThreadPool) {
        let rows = Rows(count: images.count)
        let size = FaceDataSet.pixelsPerImage
        data.memory.withUnsafeBufferPointer { pixels in
            // Read by all threads, written by none.
            nonisolated(unsafe) let pixels = pixels
            pool.split(images.count) { _, part in
                for place in part {
                    var nearest: [(distance: Int, index: Int)] = []
                    for member in members where member != images[place] {
                        let distance = Self.distance(
                            pixels, data.place(of: images[place]), data.place(of: member), size)
                        guard
                            nearest.count < Balance.neighbours
                                || distance < nearest[nearest.count - 1].distance
                        else { continue }
                        let slot = nearest.firstIndex { $0.distance > distance } ?? nearest.count
                        nearest.insert((distance, member), at: slot)
                        if nearest.count > Balance.neighbours { nearest.removeLast() }
                    }
                    rows.set(nearest.map(\.index), at: place)
                }
            }
        }
        found = rows.all
    }

    /// The squared distance of two images, 16 pixels at a time.
    private static func distance(_ pixels: UnsafeBufferPointer<UInt8>, _ a: Int, _ b: Int, _ count: Int)
        -> Int
    {
        guard let base = pixels.baseAddress else { return 0 }
        var sum = SIMD16<Int32>()
        for step in stride(from: 0, to: count, by: 16) {
            let first = UnsafeRawPointer(base + a + step).loadUnaligned(as: SIMD16<UInt8>.self)
            let second = UnsafeRawPointer(base + b + step).loadUnaligned(as: SIMD16<UInt8>.self)
            let difference =
                SIMD16<Int16>(truncatingIfNeeded: first) &- SIMD16<Int16>(truncatingIfNeeded: second)
            let wide = SIMD16<Int32>(truncatingIfNeeded: difference)
            sum &+= wide &* wide
        }
        return Int(sum.wrappedSum())
    }

    /// One row an image, each written once by one thread.
    private final class Rows: Sendable {
        private let rows: Guarded<[[Int]]>

        init(count: Int) { rows = Guarded(Array(repeating: [], count: count)) }

        var all: [[Int]] { rows.withLock { $0 } }

        func set(_ row: [Int], at place: Int) { rows.withLock { $0[place] = row } }
    }
}
