import Foundation

/// FER+ (Barsoum et al., 2016): ten people's votes for each image of FER2013, in the same order.
public enum FERPlus {
    /// The columns of the votes, in the order of ``FERPlusVotes/counts``.
    static let columns = [
        "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt", "unknown",
        "NF",
    ]

    /// Reads the votes of a file into a data set that holds all rows of FER2013.
    public static func read(path: String, into data: inout FaceDataSet) throws(DataError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
        let lines = text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline)
        guard let header = lines.first else { throw .invalidFile(path: path, reason: "the file is empty") }
        let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var places: [Int] = []
        for column in columns {
            guard let place = names.firstIndex(of: column) else {
                throw .invalidRow(path: path, row: 1, reason: "no column '\(column)'")
            }
            places.append(place)
        }
        guard lines.count - 1 == data.count else {
            throw .invalidFile(
                path: path,
                reason: "\(lines.count - 1) rows, the images are \(data.count): both must be whole")
        }
        var votes: [FERPlusVotes] = []
        votes.reserveCapacity(data.count)
        for (row, line) in lines.enumerated().dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let counts = places.map { $0 < fields.count ? UInt8(fields[$0]) : nil }
            guard !counts.contains(nil) else {
                throw .invalidRow(
                    path: path, row: row + 1, reason: "a vote is missing or no number from 0 to 255")
            }
            votes.append(FERPlusVotes(counts: counts.compactMap { $0 }))
        }
        data.votes = votes
    }
}
