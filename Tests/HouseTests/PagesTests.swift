import Foundation
import Testing

@Suite("The house: pages name what is there")
struct PagesTests {
    private static let pages =
        ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "CHANGELOG.md"]
        + ["docs", "models"].flatMap { House.files(below: $0, endings: [".md"]) }

    /// Every file of the repository, as a path from its folder.
    private static let files: Set<String> = {
        let folders = ["Sources", "Tests", "Benchmarks", "docs", "models", "systemd", "Packaging", ".ci"]
        let below = folders.flatMap { House.files(below: $0, endings: [""]) }
        let top = (try? FileManager.default.contentsOfDirectory(atPath: House.root.path)) ?? []
        return Set(below + top)
    }()

    @Test("each link to a file leads to one", arguments: pages)
    func links(page: String) throws {
        let folder = House.root.appending(path: page).deletingLastPathComponent()
        for found in try House.text(page).matches(of: /\]\(([^)#:\s]+)(?:#[^)]*)?\)/) {
            let target = String(found.output.1)
            let place = folder.appending(path: target).path
            #expect(FileManager.default.fileExists(atPath: place), "\(page) links to \(target)")
        }
    }

    @Test("each file of the sources that is named is there", arguments: pages)
    func names(page: String) throws {
        // What stands in backticks and ends as a file of the sources does: `Tracking/EmotionFilter.swift`.
        for found in try House.text(page).matches(of: /`([\w.+\/-]+\.(?:swift|c|h|py|json|html|css|js))`/) {
            let name = String(found.output.1)
            let isThere = Self.files.contains { $0 == name || $0.hasSuffix("/" + name) }
            #expect(isThere || Self.examples.contains(name), "\(page) names \(name)")
        }
    }

    /// Names in commands, of files that a reader has and the repository has not.
    private static let examples: Set<String> = []

    @Test("what pages and make call by its name can be run")
    func scripts() throws {
        let scripts = ["Benchmarks", "Tests", "docs"].flatMap {
            House.files(below: $0, endings: [".py", ".sh"])
        }
        for script in scripts where try House.text(script).hasPrefix("#!") {
            let path = House.root.appending(path: script).path
            #expect(FileManager.default.isExecutableFile(atPath: path), "\(script)")
        }
        #expect(scripts.count > 20)
    }

    @Test("the rooms in ARCHITECTURE.md are those of Package.swift")
    func rooms() throws {
        let rows = try House.text("ARCHITECTURE.md").split(separator: "\n")
            .compactMap { $0.firstMatch(of: /^\| `(\w+)` \| [^|]+ \| `/) }.map { String($0.output.1) }
        let rooms = try House.rooms().map(\.name).filter { name in
            // C libraries have a row together; those below Tests are no rooms.
            let isShim = name.first == "C" && name.dropFirst().first?.isUppercase == true
            let isBelowSources = FileManager.default.fileExists(
                atPath: House.root.appending(path: "Sources/" + name).path)
            return (!isShim || name == "CKernels") && name != "DemoPicture" && isBelowSources
        }
        #expect(Set(rows) == Set(rooms))
        #expect(rows.count > 15, "the table was not understood")
    }
}
