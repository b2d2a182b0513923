import Foundation
import Testing

/// The program as it was built with these tests.
let program = URL(
    filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
)
.deletingLastPathComponent().appending(path: "raut").path

/// What a run of the program left.
struct Ran {
    let status: Int32
    let output: String
    let errors: String

    init(_ words: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: nobody has to read them while it runs.
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (said, complained) = (folder.appending(path: "1"), folder.appending(path: "2"))
        try Data().write(to: said)
        try Data().write(to: complained)
        process.standardOutput = try FileHandle(forWritingTo: said)
        process.standardError = try FileHandle(forWritingTo: complained)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOf: said, encoding: .utf8)
        errors = try String(contentsOf: complained, encoding: .utf8)
    }

    /// Each line as the JSON object that it is.
    func objects() throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }
}
