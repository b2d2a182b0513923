import Foundation

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
    static func swiftFiles(below folder: String) -> [String] { files(below: folder, endings: [".swift"]) }

    /// The files of a folder whose names end so, as paths from the repository's folder.
    static func files(below folder: String, endings: [String]) -> [String] {
        let files = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (files?.compactMap { $0 as? String } ?? [])
            .filter { name in endings.contains { name.hasSuffix($0) } && !name.contains("Fixtures/") }
            .map { folder + "/" + $0 }.sorted()
    }

    /// Every file that somebody wrote in a programming language.
    static var writtenFiles: [String] {
        ["Sources", "Tests", "Benchmarks"].flatMap {
            files(below: $0, endings: [".swift", ".c", ".h", ".py", ".js", ".css", ".sh"])
        }
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
