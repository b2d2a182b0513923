import Foundation
import Testing

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
