/// The numbers behind the two tables of Sutarti and Syaqqialloh (2025), worked out from a run's epochs.
package struct HistoryStatistics: Sendable, Equatable {
    /// One row: what it is called, how it is defined, its value, and whether that is a share to show in percent.
    package struct Row: Sendable, Equatable {
        /// The paper's word for it.
        package let name: String
        /// How the number is worked out.
        package let definition: String
        /// The number.
        package let value: Double
        /// True for accuracies and their differences.
        package let isShare: Bool
        /// Which of two runs' numbers is the better one.
        package let better: Order
    }

    /// What makes a number better than another.
    package enum Order: Sendable, Equatable {
        /// The more, the better.
        case higher
        /// The less, the better.
        case lower
        /// The nearer to 0, the better.
        case nearZero
    }

    /// Table 1: final accuracy, fluctuation, gap, steadiness, overfitting.
    package let accuracy: [Row]
    /// Table 2: final loss, fluctuation, agreement, speed of descent, generalisation.
    package let loss: [Row]

    /// Works them out; nil for a run without a finished epoch.
    package init?(_ history: TrainingHistory) {
        let epochs = history.epochs
        guard let last = epochs.last else { return nil }
        let half = Array(epochs.suffix(max(2, epochs.count / 2)))
        let fifth = Array(epochs.suffix(max(2, epochs.count / 5)))
        let end = Array(epochs.suffix(5))
        let best = epochs.map(\.validationAccuracy).max() ?? 0
        accuracy = [
            Row(
                name: "Final accuracy", definition: "validation accuracy after the last epoch",
                value: last.validationAccuracy, isShare: true, better: .higher),
            Row(
                name: "Fluctuation",
                definition: "mean change of validation accuracy from epoch to epoch, either way, second half",
                value: Self.meanChange(half.map(\.validationAccuracy)), isShare: true, better: .lower),
            Row(
                name: "Gap to training",
                definition: "training less validation accuracy, mean of the last five epochs; training is "
                    + "measured on varied images with dropout",
                value: Self.mean(end.map { $0.trainAccuracy - $0.validationAccuracy }), isShare: true,
                better: .nearZero),
            Row(
                name: "Steadiness",
                definition:
                    "standard deviation of validation accuracy over the last fifth; lower is steadier",
                value: Self.deviation(fifth.map(\.validationAccuracy)), isShare: true, better: .lower),
            Row(
                name: "Overfitting", definition: "best validation accuracy of any epoch less the final one",
                value: best - last.validationAccuracy, isShare: true, better: .lower),
        ]
        let losses = epochs.map(\.validationLoss)
        loss = [
            Row(
                name: "Final loss", definition: "validation loss after the last epoch",
                value: last.validationLoss, isShare: false, better: .lower),
            Row(
                name: "Fluctuation",
                definition: "mean change of validation loss from epoch to epoch, either way, second half",
                value: Self.meanChange(half.map(\.validationLoss)), isShare: false, better: .lower),
            Row(
                name: "Agreement",
                definition: "Pearson's correlation of training and validation loss over all epochs",
                value: Self.correlation(epochs.map(\.trainLoss), losses), isShare: false, better: .higher),
            Row(
                name: "Speed of descent",
                definition: "epochs until validation loss has gone nine tenths of the way to its lowest",
                value: Double(Self.epochsToDescend(losses)), isShare: false, better: .lower),
            Row(
                name: "Generalisation",
                definition: "validation less training loss, mean of the last five epochs",
                value: Self.mean(end.map { $0.validationLoss - $0.trainLoss }), isShare: false,
                better: .nearZero),
        ]
    }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    private static func meanChange(_ values: [Double]) -> Double {
        mean(zip(values, values.dropFirst()).map { abs($1 - $0) })
    }

    private static func deviation(_ values: [Double]) -> Double {
        let middle = mean(values)
        return mean(values.map { ($0 - middle) * ($0 - middle) }).squareRoot()
    }

    private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
        let (a, b) = (mean(first), mean(second))
        let spread = deviation(first) * deviation(second)
        return spread > 0 ? mean(zip(first, second).map { ($0 - a) * ($1 - b) }) / spread : 0
    }

    private static func epochsToDescend(_ losses: [Double]) -> Int {
        guard let first = losses.first, let lowest = losses.min() else { return 0 }
        let goal = first - 0.9 * (first - lowest)
        return (losses.firstIndex { $0 <= goal } ?? 0) + 1
    }
}
