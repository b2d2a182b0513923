/// What each epoch of a run gave.
package struct TrainingHistory: Sendable, Equatable {
    /// One epoch.
    package struct Epoch: Sendable, Equatable {
        /// Counted from 1.
        package var epoch: Int
        /// The learning rate at its end.
        package var learningRate: Double
        /// The mean loss over its steps, on varied images, with dropout.
        package var trainLoss: Double
        /// The accuracy over its steps, on varied images, with dropout.
        package var trainAccuracy: Double
        /// The mean loss on the validation images at its end.
        package var validationLoss: Double
        /// The accuracy on the validation images at its end.
        package var validationAccuracy: Double
        /// How long its steps took.
        package var seconds: Double
        /// Images a second of its steps.
        package var imagesPerSecond: Double

        /// Takes all values.
        package init(
            epoch: Int, learningRate: Double, trainLoss: Double, trainAccuracy: Double,
            validationLoss: Double,
            validationAccuracy: Double, seconds: Double, imagesPerSecond: Double
        ) {
            self.epoch = epoch
            self.learningRate = learningRate
            self.trainLoss = trainLoss
            self.trainAccuracy = trainAccuracy
            self.validationLoss = validationLoss
            self.validationAccuracy = validationAccuracy
            self.seconds = seconds
            self.imagesPerSecond = imagesPerSecond
        }
    }

    /// The epochs so far.
    package var epochs: [Epoch] = []

    /// A run that has not begun.
    package init() {}
}

extension TrainingHistory {
    /// The columns of a run's `log.csv`.
    package static let columns =
        "epoch,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds,images_per_second"

    /// Where every number of a run lies: one that came to another was ended by it.
    static let range = 0..<1e9

    /// The text of `log.csv`: the columns' names, then a line an epoch.
    package var csv: String {
        var text = Self.columns + "\n"
        for entry in epochs {
            let numbers = [
                entry.learningRate, entry.trainLoss, entry.trainAccuracy, entry.validationLoss,
                entry.validationAccuracy, entry.seconds, entry.imagesPerSecond,
            ]
            text += "\(entry.epoch)," + numbers.map { "\($0)" }.joined(separator: ",") + "\n"
        }
        return text
    }

    /// Reads what ``csv`` wrote; nil where a line is not of that form.
    package init?(csv: String) {
        self.init()
        let lines = csv.split(whereSeparator: \.isNewline)
        guard lines.first.map(String.init) == Self.columns else { return nil }
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = fields.dropFirst().compactMap { Double($0) }.filter(Self.range.contains)
            guard numbers.count == 7, fields.count == 8, let epoch = Int(fields[0]) else { return nil }
            epochs.append(
                Epoch(
                    epoch: epoch, learningRate: numbers[0], trainLoss: numbers[1], trainAccuracy: numbers[2],
                    validationLoss: numbers[3], validationAccuracy: numbers[4], seconds: numbers[5],
                    imagesPerSecond: numbers[6]))
        }
    }
}
