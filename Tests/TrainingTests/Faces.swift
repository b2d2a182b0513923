import Foundation
import TestSupport
import Testing
import Training

extension TemporaryFolder {
    /// Writes a file in it and says where.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}

/// A row of FER2013: pixels that all differ from their neighbours, by a number of its own.
func row(_ label: String, _ number: Int, _ usage: String = "Training", pixels: Int = 2304) -> String {
    let values = (0..<pixels).map { "\(($0 * 7 + number * 31) % 256)" }
    return "\(label),\(values.joined(separator: " ")),\(usage)"
}

/// A set of faces with the labels given, each face unlike all others.
func faces(_ labels: [Int]) -> FaceDataSet {
    var data = FaceDataSet()
    for (index, label) in labels.enumerated() {
        data.pixels += (0..<FaceDataSet.pixelsPerImage).map {
            UInt8(truncatingIfNeeded: $0 == 0 ? index : $0 == 1 ? index >> 8 : $0 * (label + 3))
        }
        data.labels.append(label)
        data.usages.append(.training)
    }
    return data
}

/// What a call throws, as the one line that a user reads.
func message<Value>(_ body: () throws -> Value) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return "\(error)"
    }
}

/// Where FER2013 lies on this machine, for tests that need all of it.
let fer2013 = ProcessInfo.processInfo.environment["RAUT_FER2013"]
