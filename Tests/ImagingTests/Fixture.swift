/// The pictures in `Tests/Fixtures`.
enum Fixture {
    static func path(_ name: String, file: String = #filePath) -> String {
        let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return tests.joined(separator: "/") + "/Fixtures/" + name
    }
}
