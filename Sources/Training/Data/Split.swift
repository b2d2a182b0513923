import EmotionRecognition
import Faces
import NeuralNetwork

/// How a data set is parted into training, validation and test images.
package enum Split: String, CaseIterable, Sendable {
    /// FER2013's own: Training, PublicTest, PrivateTest.
    case official
    /// 80 %, 10 % and 10 % at random, as in Sutarti and Syaqqialloh (2025); duplicates fall on both sides.
    case random
    /// 80 %, 10 % and 10 % at random within each class, but byte-identical images stay together.
    case grouped

    /// The three parts, as indices in rising order; the same for the same seed.
    package func parts(of data: FaceDataSet, seed: UInt64) -> (
        training: [Int], validation: [Int], test: [Int]
    ) {
        switch self {
        case .official:
            func indices(_ usage: Usage) -> [Int] { (0..<data.count).filter { data.usages[$0] == usage } }
            return (indices(.training), indices(.publicTest), indices(.privateTest))
        case .random:
            var random = Xoshiro256StarStar(seed: seed, 0x5917)
            let order = (0..<data.count).shuffled(using: &random)
            let tenth = data.count / 10
            return (
                order.dropFirst(2 * tenth).sorted(), order.prefix(tenth).sorted(),
                order.dropFirst(tenth).prefix(tenth).sorted()
            )
        case .grouped: return grouped(data, seed: seed)
        }
    }

    /// The three parts where the faces of some sources stay in the parts they are in, and the others are parted.
    func parts(
        of data: FaceDataSet, keepingThoseOf kept: Set<Int>, seed: UInt64
    ) -> (training: [Int], validation: [Int], test: [Int]) {
        guard self != .official, !kept.isEmpty else { return parts(of: data, seed: seed) }
        let open = (0..<data.count).filter { !kept.contains(data.source(of: $0)) }
        let dealt = parts(of: data.subset(open), seed: seed)
        let own = Split.official.parts(of: data, seed: seed)
        func joined(_ dealt: [Int], _ own: [Int]) -> [Int] {
            (dealt.map { open[$0] } + own.filter { kept.contains(data.source(of: $0)) }).sorted()
        }
        return (
            joined(dealt.training, own.training), joined(dealt.validation, own.validation),
            joined(dealt.test, own.test)
        )
    }

    /// Deals out each class's groups; a group whose images carry different labels counts to the class of its first.
    private func grouped(
        _ data: FaceDataSet, seed: UInt64
    ) -> (training: [Int], validation: [Int], test: [Int]) {
        var random = Xoshiro256StarStar(seed: seed, 0x5917)
        var classes: [[[Int]]] = Emotion.allCases.map { _ in [] }
        for group in data.duplicateGroups() { classes[data.labels[group[0]]].append(group) }
        var parts: (training: [Int], validation: [Int], test: [Int]) = ([], [], [])
        for groups in classes {
            let tenth = groups.reduce(0) { $0 + $1.count } / 10
            var (validation, test) = (0, 0)
            for group in groups.shuffled(using: &random) {
                if validation < tenth {
                    parts.validation += group
                    validation += group.count
                } else if test < tenth {
                    parts.test += group
                    test += group.count
                } else {
                    parts.training += group
                }
            }
        }
        return (parts.training.sorted(), parts.validation.sorted(), parts.test.sorted())
    }
}

/// How many images of a split's validation and test parts are also, byte for byte, among its training images.
package struct SplitLeak: Sendable, Equatable {
    /// Images trained on.
    package let training: Int
    /// Images validated with, and how many of them are copies of training images.
    package let validation: (count: Int, copies: Int)
    /// Images tested with, and how many of them are copies of training images.
    package let test: (count: Int, copies: Int)
    /// Which images of the test part are copies of training images, in the order of the test part.
    package let testIsCopy: [Bool]

    /// Counts the copies in the parts of a split.
    package init(_ parts: (training: [Int], validation: [Int], test: [Int]), of data: FaceDataSet) {
        var groupOf = [Int](repeating: 0, count: data.count)
        for (number, group) in data.duplicateGroups().enumerated() {
            for index in group { groupOf[index] = number }
        }
        let trained = Set(parts.training.map { groupOf[$0] })
        testIsCopy = parts.test.map { trained.contains(groupOf[$0]) }
        training = parts.training.count
        validation = (parts.validation.count, parts.validation.count { trained.contains(groupOf[$0]) })
        test = (parts.test.count, testIsCopy.count { $0 })
    }

    /// Equal counts and marks.
    package static func == (a: SplitLeak, b: SplitLeak) -> Bool {
        a.training == b.training && a.validation == b.validation && a.test == b.test
            && a.testIsCopy == b.testIsCopy
    }
}

extension FaceDataSet {
    /// Indices of byte-identical images together, in the order of their first image; most groups hold one.
    package func duplicateGroups() -> [[Int]] {
        var places: [ArraySlice<UInt8>: Int] = [:]
        var groups: [[Int]] = []
        for index in 0..<count {
            let image = pixels(of: index)
            if let place = places[image] {
                groups[place].append(index)
            } else {
                places[image] = groups.count
                groups.append([index])
            }
        }
        return groups
    }
}
