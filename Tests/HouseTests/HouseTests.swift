import Foundation
import Testing

/// The project's own files, read as text.
enum House {
    /// The repository's folder.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A room of Package.swift: its name and the modules that it may import.
    struct Room {
        let name: String
        let dependencies: Set<String>
    }

    /// Every target below Sources in the order of Package.swift.
    static func rooms() throws -> [Room] {
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        guard let start = manifest.range(of: "\n    targets: [") else { return [] }
        // What stands inside a declaration's parentheses, conditional dependencies too, belongs to it.
        let declaration = try Regex(#"(?:room|systemLibrary|\.target|\.executableTarget)\("#)
        var rooms: [Room] = []
        var rest = manifest[start.upperBound...]
        while let found = rest.firstMatch(of: declaration) {
            let body = balanced(rest[found.range.upperBound...])
            rest = rest[body.endIndex...]
            let names = strings(in: body)
            guard let name = names.first else { continue }
            var dependencies = Set(names.dropFirst())
            for (constant, module) in constants(in: manifest) where mentions(constant, body) {
                dependencies.insert(module)
            }
            rooms.append(Room(name: name, dependencies: dependencies))
        }
        return rooms
    }

    /// The Swift files of a folder, as paths from the repository's folder.
    static func swiftFiles(below folder: String) -> [String] {
        let files = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
            .map { folder + "/" + $0 }.sorted()
    }

    static func text(_ file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    /// The modules that a file imports.
    static func imports(of file: String) throws -> Set<String> {
        let statement = try Regex(
            #"^(?:@\w+ )*(?:(?:public|package|internal) )?import (?:(?:struct|class|enum|func|var|protocol) )?(\w+)"#
        )
        return Set(
            try text(file).split(separator: "\n").compactMap { line in
                line.firstMatch(of: statement)?.output[1].substring.map(String.init)
            })
    }

    /// `let name = Target.Dependency.target(name: "Module", …)` of the manifest.
    private static func constants(in manifest: String) -> [(String, String)] {
        manifest.matches(of: /let (\w+) = Target\.Dependency\.target\(name: "(\w+)"/)
            .map { (String($0.output.1), String($0.output.2)) }
    }

    private static func mentions(_ constant: String, _ body: Substring) -> Bool {
        body.split(whereSeparator: { !$0.isLetter && $0 != "\"" }).contains { $0 == constant }
    }

    /// The text up to the parenthesis that closes the one before it.
    private static func balanced(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    private static func strings(in text: Substring) -> [String] {
        text.matches(of: /"([^"]*)"/).map { String($0.output.1) }
    }
}

@Suite("The house: one direction, and no file that nobody can read")
struct HouseTests {
    @Test("each room imports only rooms above it in Package.swift, and only those it declares")
    func imports() throws {
        let rooms = try House.rooms()
        let order = Dictionary(
            rooms.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        #expect(rooms.count > 20, "Package.swift was not understood")
        var count = 0
        for (place, room) in rooms.enumerated() {
            for file in House.swiftFiles(below: "Sources/" + room.name) {
                for module in try House.imports(of: file) {
                    guard let other = order[module] else { continue }
                    count += 1
                    #expect(other < place, "\(file) imports \(module), which comes after \(room.name)")
                    #expect(
                        room.dependencies.contains(module),
                        "\(file) imports \(module), which \(room.name) does not declare in Package.swift")
                }
            }
        }
        #expect(count > 100, "hardly an import was seen")
    }

    @Test("every folder below Sources is a room of Package.swift")
    func folders() throws {
        let names = Set(try House.rooms().map(\.name))
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: House.root.appending(path: "Sources").path)
        for folder in folders where !folder.hasPrefix(".") {
            #expect(names.contains(folder), "Sources/\(folder) is no target")
        }
    }
}
