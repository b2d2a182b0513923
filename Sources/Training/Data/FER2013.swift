import Faces

/// The data set FER2013 (Goodfellow et al., 2013) in its published layout, `emotion,pixels,Usage`, and as Kaggle has it
/// besides: `icml_face_data.csv` with spaces in its header, `train.csv` without the column Usage.
package enum FER2013 {
    /// Reads a file as ``read(path:contemptCount:patience:shouldStop:onProgress:)`` does; what it leaves out is not counted.
    package static func read(
        path: String, patience: Double = 10, shouldStop: () -> Bool = { false },
        onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DataError) -> FaceDataSet {
        var count = 0
        return try read(
            path: path, contemptCount: &count, patience: patience, shouldStop: shouldStop,
            onProgress: onProgress)
    }

    /// Reads a file, plain or packed with xz; the columns may stand in any order, their names and parts in any case, and
    /// emotions by number or by name. Without the column Usage all rows are Training.
    ///
    /// CK+ in this layout has an eighth emotion, contempt, as number 7: such rows are left out, as such folders are.
    ///
    /// - Parameters:
    ///   - contemptCount: Set to how many rows of contempt are left out.
    ///   - patience: Seconds that a pipe may say nothing.
    ///   - shouldStop: Asked now and then.
    ///   - onProgress: Told now and then how many of the file's bytes are read, of how many.
    /// - Throws: ``DataError`` with the row where a label, a pixel or a part is not what it should be;
    ///   ``DataError/stopped(path:)``.
    package static func read(
        path: String, contemptCount: inout Int, patience: Double = 10, shouldStop: () -> Bool = { false },
        onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DataError) -> FaceDataSet {
        contemptCount = 0
        var lines = try LineReader(path: path, patience: patience)
        let columns = try Columns(try lines.header(), path: path)
        var fields: [Range<Int>] = []
        var parts = Dictionary(uniqueKeysWithValues: Usage.allCases.map { ($0.rawValue, $0) })
        var result = FaceDataSet()
        var length = 0
        var image = [UInt8](repeating: 0, count: FaceDataSet.pixelsPerImage)
        while let line = try lines.next() {
            if line.isEmpty { continue }
            let row = lines.row
            func wrong(_ reason: String) -> DataError { .invalidRow(path: path, row: row, reason: reason) }
            lines.fields(of: line, into: &fields)
            guard fields.count == columns.count else {
                throw wrong("\(fields.count) columns, the header has \(columns.count)")
            }
            let label = lines.text(fields[columns.emotion])
            if label == "7" || label.lowercased() == "contempt" {
                contemptCount += 1
                continue
            }
            guard let emotion = Int(label).map(Emotion.init(rawValue:)) ?? EmotionFolder.emotion(named: label)
            else { throw wrong("the emotion is '\(label)', not 0 to 6 or one of the seven's names") }
            let name = columns.usage.map { lines.text(fields[$0]) } ?? Usage.training.rawValue
            guard let part = parts[name] ?? EmotionFolder.usage(named: name) else {
                throw wrong("the Usage is '\(name)', not Training, PublicTest or PrivateTest")
            }
            parts[name] = part
            switch parse(lines.bytes, fields[columns.pixels], into: &image) {
            case .count(FaceDataSet.pixelsPerImage): break
            case .count(let count): throw wrong("\(count) pixels, not 48×48 = 2304")
            case .tooLarge(let pixel): throw wrong("pixel \(pixel) is above 255")
            case .notNumber(let pixel): throw wrong("pixel \(pixel) is no whole number from 0 to 255")
            }
            length += line.count
            if result.count == 64, let size = lines.progress?.total {
                // A million rows are 2.3 GB: growing by doubling would take as much again.
                result.reserve(size / (length / 65) * 21 / 20)
            }
            result.append(image: image, label: emotion.rawValue, usage: part)
            if result.count % 256 == 0 {
                guard !shouldStop() else { throw .stopped(path: path) }
                if let (done, total) = lines.progress { onProgress(done, total) }
            }
        }
        guard result.count > 0 else {
            throw .invalidFile(
                path: path,
                reason: contemptCount == 0
                    ? "no image below the header" : "all its rows are contempt, which is none of the seven")
        }
        return result
    }

    /// Where the columns of a table stand.
    private struct Columns {
        let emotion: Int
        let pixels: Int
        let usage: Int?
        let count: Int

        init(_ header: [String], path: String) throws(DataError) {
            let names = header.map { $0.lowercased() }
            func wrong(_ reason: String) -> DataError { .invalidRow(path: path, row: 1, reason: reason) }
            if names.contains("pixels"), !names.contains("emotion") {
                throw wrong(
                    "its faces have no labels: no column 'emotion'; take Kaggle's train.csv or "
                        + "icml_face_data.csv, or fer2013.csv")
            }
            if Set(names).isSuperset(of: ["happiness", "contempt", "nf"]) {
                throw wrong("these are FER+'s votes: give them as --ferplus, beside --data fer2013.csv")
            }
            if names.count == 1, let mark = names[0].first(where: { ";\t|".contains($0) }) {
                throw wrong("its columns are parted by '\(mark == "\t" ? "\\t" : String(mark))', not by ','")
            }
            func column(_ name: String) throws(DataError) -> Int {
                guard let place = names.firstIndex(of: name) else {
                    throw wrong("no column '\(name)'; FER2013 has emotion,pixels,Usage")
                }
                return place
            }
            (emotion, pixels) = (try column("emotion"), try column("pixels"))
            (usage, count) = (names.firstIndex(of: "usage"), names.count)
        }
    }

    /// What a row's pixels are: so many, or the first of them, counted from 1, that is wrong.
    private enum Pixels {
        case count(Int)
        case tooLarge(Int)
        case notNumber(Int)
    }

    /// Reads numbers parted by spaces, in one pass over the bytes: 35,887 rows are 83 million numbers.
    private static func parse(_ bytes: [UInt8], _ field: Range<Int>, into image: inout [UInt8]) -> Pixels {
        bytes.withUnsafeBufferPointer { bytes in
            image.withUnsafeMutableBufferPointer { image in
                var count = 0
                var value: UInt32 = 0
                var isInNumber = false
                for place in field {
                    let digit = UInt32(bytes[place]) &- 0x30
                    if digit < 10 {
                        value = value &* 10 &+ digit
                        isInNumber = true
                        if value > 255 { return .tooLarge(count + 1) }
                    } else {
                        guard bytes[place] == 0x20 || bytes[place] == 0x22 else {
                            return .notNumber(count + 1)
                        }
                        guard isInNumber else { continue }
                        if count < image.count { image[count] = UInt8(truncatingIfNeeded: value) }
                        count += 1
                        (value, isInNumber) = (0, false)
                    }
                }
                if isInNumber {
                    if count < image.count { image[count] = UInt8(truncatingIfNeeded: value) }
                    count += 1
                }
                return .count(count)
            }
        }
    }
}
