import Foundation
import Testing

/// True where a program is there.
private func has(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { access("\($0)/\(program)", X_OK) == 0 }
}

private let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")

private let lines = """
    {"event":"hello","version":1,"program":"raut 1.0.0","model":"raut","labels":["angry","disgust","fear","happy","sad","surprise","neutral"],"source":"demo","width":640,"height":480}
    {"event":"appeared","time":"2026-11-23T20:15:30.123Z","monotonic":1.5,"frame":2,"face":1,"box":[1,2,3,4],"tilt":0,"emotion":"happy","confidence":0.93,"probabilities":[0.01,0,0.01,0.93,0.01,0.02,0.02],"emotions":{"angry":0.01,"disgust":0,"fear":0.01,"happy":0.93,"sad":0.01,"surprise":0.02,"neutral":0.02}}
    {"event":"changed","time":"2026-11-23T20:15:34.123Z","monotonic":5.5,"frame":99,"face":1,"box":[1,2,3,4],"tilt":0,"emotion":"sad","confidence":0.8,"probabilities":[0.01,0,0.01,0.1,0.8,0.04,0.04],"emotions":{"angry":0.01,"disgust":0,"fear":0.01,"happy":0.1,"sad":0.8,"surprise":0.04,"neutral":0.04}}
    {"event":"left","time":"2026-11-23T20:15:42.523Z","monotonic":13.9,"frame":300,"face":1,"seconds":12.4,"dominant":"happy","emotions":{"angry":0.01,"disgust":0,"fear":0.01,"happy":0.93,"sad":0.01,"surprise":0.02,"neutral":0.02}}

    """

@Suite("the examples of docs/events.md")
struct ExamplesTests {
    private func run(_ words: [String], input: String = lines) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: root)
        let (given, said) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = said
        try process.run()
        given.fileHandleForWriting.write(Data(input.utf8))
        try given.fileHandleForWriting.close()
        let output = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test("Python says who smiles", .enabled(if: has("python3")))
    func python() throws {
        let said = try run(["docs/examples/smiles.py"])
        #expect(said.status == 0)
        #expect(said.output == "face 1 smiles, 93% sure\nface 1 left after 12.4 s, mostly happy\n")
    }

    @Test("the node of ROS 2 is Python, as far as that can be told without ROS", .enabled(if: has("python3")))
    func ros() throws {
        let check = "import ast; ast.parse(open('docs/examples/raut_node.py').read())"
        #expect(try run(["python3", "-c", check]).status == 0)
    }

    @Test("jq counts visits", .enabled(if: has("jq")))
    func jq() throws {
        let said = try run(["jq", "-c", "-s", "-f", "docs/examples/shares.jq"])
        #expect(said.output == #"{"visits":1,"mean_seconds":12.4,"dominant":{"happy":1}}"# + "\n")
        #expect(
            try run(["jq", "-c", "-s", "-f", "docs/examples/shares.jq"], input: "").output
                == #"{"visits":0,"mean_seconds":0,"dominant":{}}"# + "\n")
    }

    @Test("a shell switches a lamp", .enabled(if: has("jq")))
    func shell() throws {
        #expect(try run(["docs/examples/lamp.sh"]).output == "lamp on\nlamp off\n")
    }
}
