import NeuralNetwork
import Testing
import Training

@Suite("Splits")
struct SplitTests {
    /// 1,000 faces, of which each tenth is a copy of the one before it.
    private let data: FaceDataSet = {
        var data = faces((0..<1000).map { $0 * $0 % 7 })
        for index in stride(from: 10, to: 1000, by: 10) {
            let copy = Array(data.pixels[(index - 1) * 2304..<index * 2304])
            data.pixels.replaceSubrange(index * 2304..<(index + 1) * 2304, with: copy)
        }
        return data
    }()

    @Test("each image falls into one part, 80, 10 and 10 % of them", arguments: [Split.random, .grouped])
    func shares(_ split: Split) {
        let parts = split.parts(of: data, seed: 1)
        #expect((parts.training + parts.validation + parts.test).sorted() == Array(0..<1000))
        #expect(abs(parts.validation.count - 100) <= 7)
        #expect(abs(parts.test.count - 100) <= 7)
    }

    @Test("a seed gives the same parts each time, another seed others", arguments: [Split.random, .grouped])
    func seeds(_ split: Split) {
        #expect(split.parts(of: data, seed: 1) == split.parts(of: data, seed: 1))
        #expect(split.parts(of: data, seed: 1) != split.parts(of: data, seed: 2))
    }

    @Test("a random split puts copies on both sides, a grouped one none")
    func leak() {
        let random = SplitLeak(Split.random.parts(of: data, seed: 1), of: data)
        let grouped = SplitLeak(Split.grouped.parts(of: data, seed: 1), of: data)
        #expect(random.test.copies > 0)
        #expect(random.testIsCopy.count { $0 } == random.test.copies)
        #expect(grouped.test.copies == 0)
        #expect(grouped.validation.copies == 0)
    }

    @Test("a grouped split gives each class its share of each part")
    func stratified() {
        let parts = Split.grouped.parts(of: data, seed: 3)
        let all = data.indicesOfClasses.map(\.count)
        let test = data.subset(parts.test).indicesOfClasses.map(\.count)
        for (part, whole) in zip(test, all) where whole > 0 {
            #expect(abs(Double(part) - Double(whole) / 10) <= Double(whole) / 40 + 2)
        }
    }

    @Test("the official split follows the Usage column")
    func official() {
        var data = faces([0, 1, 2])
        data.usages = [.privateTest, .training, .publicTest]
        let parts = Split.official.parts(of: data, seed: 1)
        #expect(parts == ([1], [2], [0]))
    }
}

@Suite("Balance")
struct BalanceTests {
    private let pool = ThreadPool(threads: 2)
    private let data = faces(
        [Int](repeating: 3, count: 40) + [Int](repeating: 1, count: 7) + [Int](repeating: 5, count: 20))

    private func counts(_ balance: Balance) -> [Int] {
        balance.apply(to: data, seed: 1, pool: pool).indicesOfClasses.map(\.count)
    }

    @Test("oversampling, undersampling and SMOTE give each class that is there the same number")
    func counts() {
        #expect(counts(.none) == [0, 7, 0, 40, 0, 20, 0])
        #expect(counts(.over) == [0, 40, 0, 40, 0, 40, 0])
        #expect(counts(.under) == [0, 7, 0, 7, 0, 7, 0])
        #expect(counts(.smote) == [0, 40, 0, 40, 0, 40, 0])
    }

    @Test("oversampling repeats each image of a class equally often, up to one")
    func even() {
        let result = Balance.over.apply(to: data, seed: 1, pool: pool)
        let groups = result.duplicateGroups().filter { result.labels[$0[0]] == 1 }
        #expect(groups.count == 7)
        #expect(groups.allSatisfy { $0.count == 5 || $0.count == 6 })
    }

    @Test("SMOTE's images lie between one of the class and one of its five nearest")
    func between() {
        // Grey images: their neighbours are those of the nearest grey.
        var data = faces([Int](repeating: 0, count: 40))
        for grey in 0..<10 {
            data.pixels += [UInt8](repeating: UInt8(grey * 20), count: 2304)
            data.labels.append(1)
            data.usages.append(.training)
        }
        let result = Balance.smote.apply(to: data, seed: 1, pool: pool)
        let made = 50..<80
        #expect(result.count == 80)
        var between = 0
        for index in made {
            #expect(result.labels[index] == 1)
            let image = Set(result.pixels[index * 2304..<(index + 1) * 2304])
            #expect(image.count == 1)
            if let grey = image.first, grey % 20 != 0 { between += 1 }
        }
        #expect(between > 20)
        #expect(result.pixels[..<(50 * 2304)] == data.pixels[...])
    }

    @Test(
        "the same seed gives the same images, whatever the number of threads",
        arguments: [Balance.over, .smote])
    func seeds(_ balance: Balance) {
        let one = balance.apply(to: data, seed: 4, pool: ThreadPool(threads: 1))
        let three = balance.apply(to: data, seed: 4, pool: ThreadPool(threads: 3))
        #expect(one.pixels == three.pixels)
        #expect(one.pixels != balance.apply(to: data, seed: 5, pool: pool).pixels)
    }

    @Test("weights are inverse to the frequencies, 1 on the mean over the images")
    func weights() throws {
        let weights = try #require(Balance.weights.classWeights(of: data))
        #expect(weights[1] / weights[3] == Float(40) / 7)
        let sum = data.labels.reduce(Float(0)) { $0 + weights[$1] }
        #expect(abs(sum / 67 - 1) < 1e-5)
        #expect(Balance.over.classWeights(of: data) == nil)
    }

    @Test("a class without an image is named")
    func missingClass() throws {
        #expect(
            message { try data.requireEveryClass(of: "training", path: "a.csv") }
                == "a.csv: no image of class 0 (angry) among its training images")
        try faces(Array(0..<7)).requireEveryClass(of: "training", path: "a.csv")
    }
}
