import NeuralNetwork

/// How a data set is parted into training, validation and test images.
public enum Split: String, CaseIterable, Sendable {
    /// FER2013's own: Training, PublicTest, PrivateTest.
    case official
    /// 80 %, 10 % and 10 % at random, as in Sutarti and Syaqqialloh (2025); duplicates fall on both sides.
    case random
    /// 80 %, 10 % and 10 % at random, but byte-identical images stay together.
    case grouped

    /// The three parts, as indices in rising order; the same for the same seed.
    public func parts(of data: FaceDataSet, seed: UInt64) -> (training: [Int], validation: [Int], test: [Int])
    {
        if self == .official {
            func indices(_ usage: Usage) -> [Int] { (0..<data.count).filter { data.usages[$0] == usage } }
            return (indices(.training), indices(.publicTest), indices(.privateTest))
        }
        var groups = self == .grouped ? data.duplicateGroups() : (0..<data.count).map { [$0] }
        var random = Xoshiro256StarStar(seed: seed, 0x5917)
        groups.shuffle(using: &random)
        let tenth = data.count / 10
        var parts: (training: [Int], validation: [Int], test: [Int]) = ([], [], [])
        for group in groups {
            if parts.validation.count < tenth {
                parts.validation += group
            } else if parts.test.count < tenth {
                parts.test += group
            } else {
                parts.training += group
            }
        }
        return (parts.training.sorted(), parts.validation.sorted(), parts.test.sorted())
    }
}

extension FaceDataSet {
    /// Indices of byte-identical images together, in the order of their first image; most groups hold one.
    public func duplicateGroups() -> [[Int]] {
        var places: [ArraySlice<UInt8>: Int] = [:]
        var groups: [[Int]] = []
        for index in 0..<count {
            let image = pixels[index * Self.pixelsPerImage..<(index + 1) * Self.pixelsPerImage]
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
