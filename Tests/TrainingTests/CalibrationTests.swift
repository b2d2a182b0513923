import EmotionRecognition
import NeuralNetwork
import Testing
import Training

@Suite("Mean of models")
struct ModelMeanTests {
    private func model(seed: UInt64, widths: [Int] = [8, 8, 16, 16], dropout: Float = 0.4) -> SafeTensors {
        var configuration = NetworkConfiguration(.cnnBiLSTM)
        configuration.widths = widths
        configuration.hidden = 16
        configuration.dropout = dropout
        return EmotionNetwork(configuration, seed: seed).modelFile()
    }

    @Test("every weight and statistic is the mean of its own in each model, whatever dropout they had")
    func mean() throws {
        let models = [model(seed: 1), model(seed: 2, dropout: 0.1), model(seed: 3)]
        let mean = try EmotionNetwork(meanOf: models.map { (file: $0, path: "model") }).modelFile()
        #expect(mean.entries.map(\.name) == models[0].entries.map(\.name))
        for entry in mean.entries {
            let each = try models.map { try #require($0.entry(entry.name)).values }
            for index in entry.values.indices {
                let expected = each.reduce(0) { $0 + Double($1[index]) } / 3
                #expect(abs(Double(entry.values[index]) - expected) < 1e-6)
            }
        }
    }

    @Test("models count by their shares, whatever these add up to")
    func shares() throws {
        let models = [model(seed: 1), model(seed: 2), model(seed: 3)]
        let mean = try EmotionNetwork(
            meanOf: models.map { (file: $0, path: "model") }, shares: [3, 0, 1]
        ).modelFile()
        for entry in mean.entries {
            let each = try models.map { try #require($0.entry(entry.name)).values }
            for index in entry.values.indices {
                #expect(abs(entry.values[index] - (0.75 * each[0][index] + 0.25 * each[2][index])) < 1e-6)
            }
        }
    }

    @Test("running statistics are averaged too")
    func statistics() throws {
        var other = model(seed: 1)
        for place in other.entries.indices where other.entries[place].name.contains("running_mean") {
            other.entries[place].values = other.entries[place].values.map { _ in 3 }
        }
        let mean = try EmotionNetwork(meanOf: [(model(seed: 1), "a"), (other, "b")])
        let means = mean.statistics.filter { $0.name.contains("running_mean") }
        #expect(!means.isEmpty)
        #expect(means.allSatisfy { $0.value.elements.allSatisfy { $0 == 1.5 } })
    }

    @Test("a model of another shape, architecture or input is refused by name")
    func other() throws {
        let first = (file: model(seed: 1), path: "first")
        var unprepared = model(seed: 2)
        unprepared.metadata["preprocessing"] = "standardized"
        for file in [model(seed: 2, widths: [8, 8, 16, 24]), unprepared] {
            let words = message { try EmotionNetwork(meanOf: [first, (file, "second")]) }
            #expect(words?.contains("second") == true)
            #expect(words?.contains("first") == true)
        }
        #expect(throws: ModelFileError.self) { try EmotionNetwork(meanOf: []) }
    }
}

@Suite("Fitted posterior")
struct FittedPosteriorTests {
    @Test("the temperature serves each source of faces alike, however many faces it has")
    func sources() throws {
        let network = EmotionNetwork(NetworkConfiguration(.raut), seed: 2)
        // The network is always right about the first source's faces and always wrong about the second's.
        let recognizer = EmotionRecognizer(network)
        func labels(right: Bool, count: Int) -> FaceDataSet {
            var data = faces((0..<count).map { $0 % 7 })
            for index in 0..<count {
                let answers = Posterior().probabilities(recognizer.logits(data.image(index))).lanes
                let order = (0..<7).sorted { answers[$0] > answers[$1] }
                data.labels[index] = right ? order[0] : order[6]
            }
            return data
        }
        func temperature(right: Int, wrong: Int, from start: Posterior? = nil) throws -> Float {
            var data = labels(right: true, count: right)
            if wrong > 0 { data.append(labels(right: false, count: wrong), source: 1) }
            return try Posterior.fitted(
                to: network, training: faces([0, 1, 2, 3, 4, 5, 6]), validation: data, labelSmoothing: 0,
                exponent: 0, startingAt: start
            ).temperature
        }
        let sure = try temperature(right: 280, wrong: 0)
        let both = try temperature(right: 280, wrong: 280)
        #expect(both > sure)
        #expect(abs(try temperature(right: 280, wrong: 210) - both) < 0.3 * both)
        // A few faces move it little from what is expected, and a few more of them further.
        let few = try temperature(right: 6, wrong: 0)
        #expect(few < 1 && few > 0.9 && few > sure)
        #expect(try temperature(right: 24, wrong: 0) < few)
        var start = Posterior()
        start.temperature = 1.5
        #expect(abs(try temperature(right: 6, wrong: 0, from: start) - 1.5) < 0.15)
    }

    @Test("what is chosen for joining heads is in the posterior")
    func chosen() throws {
        let posterior = try Posterior.fitted(
            to: EmotionNetwork(NetworkConfiguration(.raut), seed: 2), training: faces([0, 1, 2, 3, 4, 5, 6]),
            validation: faces([0, 3]), labelSmoothing: 0.1, exponent: 0.25, ferplusShare: 0.7)
        #expect(posterior.frequencyExponent == 0.25 && posterior.ferplusShare == 0.7)
        #expect(posterior.labelSmoothing == 0.1)
    }
}

@Suite("Agreement offsets")
struct AgreementOffsetsTests {
    private func votes(_ emotion: Int, _ count: UInt8 = 9) -> FERPlusVotes {
        var counts = [UInt8](repeating: 0, count: 10)
        counts[emotion] = count
        return FERPlusVotes(counts: counts)
    }

    @Test("a head that prefers sad where people see neutral is set right, and the rest is left alone")
    func prejudice() {
        // Of 70 faces, ten an emotion, the logits of neutral ones favour sad by a little.
        var (logits, ballots): ([[Float]], [FERPlusVotes]) = ([], [])
        for face in 0..<70 {
            let emotion = face % 7
            var row = [Float](repeating: 0, count: 8)
            row[emotion] = 2
            if emotion == 6 { row[4] = 2.5 }
            logits.append(row)
            ballots.append(votes(emotion))
        }
        let offsets = AgreementOffsets(logits: logits, votes: ballots).values
        func right() -> Int {
            zip(logits, ballots).count { row, ballot in
                let moved = (0..<7).map { Double(row[$0]) + offsets[$0] }
                return moved.firstIndex(of: moved.max() ?? 0) == ballot.agreed(atLeast: 6)?.rawValue
            }
        }
        #expect(right() == 70)
        #expect(offsets[6] - offsets[4] > 0.5)
        for emotion in [0, 1, 2, 3, 5] { #expect(abs(offsets[emotion] - offsets[0]) < 0.01) }
        #expect(AgreementOffsets(provenBy: logits, votes: ballots).values == offsets)
    }

    @Test("offsets that help no face but those that chose them are not kept")
    func unproven() {
        // Logits that say nothing: whatever is fitted to some faces is chance for the others.
        var random = Xoshiro256StarStar(seed: 9)
        let ballots = (0..<210).map { votes($0 % 7) }
        let logits = ballots.map { _ in (0..<8).map { _ in random.uniform() } }
        #expect(AgreementOffsets(logits: logits, votes: ballots).values.contains { abs($0) > 0.01 })
        #expect(AgreementOffsets(provenBy: logits, votes: ballots).values.allSatisfy { $0 == 0 })
        // A head that is right already.
        let right = ballots.indices.map { face in (0..<8).map { Float($0 == face % 7 ? 2 : 0) } }
        #expect(AgreementOffsets(provenBy: right, votes: ballots).values.allSatisfy { $0 == 0 })
    }

    @Test("once moved by them, a head needs no more")
    func settled() {
        var random = Xoshiro256StarStar(seed: 5)
        let emotions = (0..<400).map { _ in Int(7 * random.uniform()) % 7 }
        let ballots = emotions.map { votes($0) }
        let prejudice: [Float] = [0.8, -0.5, 0, 0.3, -1, 0.2, 0, 0]
        let logits = emotions.map { emotion in
            prejudice.enumerated().map {
                $0.element + 3 * random.uniform() + ($0.offset == emotion ? 1.5 : 0)
            }
        }
        let offsets = AgreementOffsets(logits: logits, votes: ballots).values
        let moved = logits.map { row in
            row.enumerated().map { $0.offset < 7 ? $0.element + Float(offsets[$0.offset]) : $0.element }
        }
        let again = AgreementOffsets(logits: moved, votes: ballots).values
        #expect(offsets[4] - offsets[0] > 1)
        #expect(again.allSatisfy { abs($0) < 0.05 })
    }

    @Test("faces on which too few agree, and a set without any, change nothing")
    func nobodyAgrees() {
        let logits: [[Float]] = [[1, 2, 3, 4, 5, 6, 7, 8]]
        #expect(AgreementOffsets(logits: logits, votes: [votes(0, 5)]).values.allSatisfy { $0 == 0 })
        #expect(AgreementOffsets(logits: [], votes: []).values.allSatisfy { $0 == 0 })
    }
}
