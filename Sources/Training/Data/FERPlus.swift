/// FER+ (Barsoum et al., 2016): ten people's votes for each image of FER2013, in the same order.
package enum FERPlus {
    /// The columns of the votes, in the order of ``FERPlusVotes/counts``.
    private static let columns = [
        "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt", "unknown",
        "NF",
    ]

    /// Reads the votes of a file into a data set that holds all rows of FER2013.
    package static func read(path: String, into data: inout FaceDataSet) throws(DataError) {
        var lines = try LineReader(path: path)
        let names = try lines.header()
        var fields: [Range<Int>] = []
        var places: [Int] = []
        for column in columns {
            guard let place = names.firstIndex(of: column) else {
                throw .invalidRow(path: path, row: 1, reason: "no column '\(column)'")
            }
            places.append(place)
        }
        let usage = names.firstIndex(of: "Usage")
        let isTrainingAlone = data.usages.allSatisfy { $0 == .training }
        var votes: [FERPlusVotes] = []
        votes.reserveCapacity(data.count)
        while let line = try lines.next() {
            if line.isEmpty { continue }
            func wrong(_ reason: String) -> DataError {
                .invalidRow(path: path, row: lines.row, reason: reason)
            }
            lines.fields(of: line, into: &fields)
            guard fields.count == names.count else {
                throw wrong("\(fields.count) columns, the header has \(names.count)")
            }
            var counts: [UInt8] = []
            for (name, place) in zip(columns, places) {
                let text = lines.text(fields[place])
                guard let count = UInt8(text) else {
                    throw wrong("the votes for \(name) are '\(text)', not 0 to 255")
                }
                counts.append(count)
            }
            if let usage, votes.count < data.count {
                let (name, expected) = (lines.text(fields[usage]), data.usages[votes.count].rawValue)
                guard name == expected else {
                    throw wrong(
                        "the Usage is '\(name)', the image's is \(expected): the files' rows don't match")
                }
            }
            guard votes.count == data.count else {
                votes.append(FERPlusVotes(counts: counts))
                continue
            }
            // Kaggle's train.csv ends where FER2013's other parts begin.
            if let usage, isTrainingAlone, lines.text(fields[usage]) != Usage.training.rawValue { break }
            throw .invalidFile(
                path: path,
                reason: "more than \(data.count) rows, the images are \(data.count): both must be whole")
        }
        guard votes.count == data.count else {
            throw .invalidFile(
                path: path, reason: "\(votes.count) rows, the images are \(data.count): both must be whole")
        }
        data.votes = votes
    }
}
