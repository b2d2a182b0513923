import CLateLibrary
import Glibc
import Testing

@Suite("libraries that are loaded at their first use")
struct LateLibraryTests {
    /// Loads a file that should have a function, twice.
    ///
    /// - Returns: what is said each time, and whether an address was left.
    private func load(_ file: String, _ function: String) -> (lines: [String?], isFound: Bool) {
        var lines: [String?] = []
        var address: UnsafeMutableRawPointer?
        file.withCString { file in
            function.withCString { function in
                withUnsafeMutablePointer(to: &address) { address in
                    var row = late_function(name: function, address: address)
                    withUnsafePointer(to: &row) { row in
                        var library = late_library()
                        (library.file, library.package) = (file, UnsafePointer(strdup("libraut-test")))
                        (library.functions, library.count) = (row, 1)
                        for _ in 0..<2 {
                            lines.append(late_library_load(&library).map { String(cString: $0) })
                        }
                        free(UnsafeMutablePointer(mutating: library.package))
                    }
                }
            }
        }
        return (lines, address != nil)
    }

    @Test("a library that is there is loaded, and its function found")
    func found() {
        let loaded = load("libm.so.6", "cos")
        #expect(loaded.lines == [nil, nil] && loaded.isFound)
    }

    @Test("a library that is missing, or lacks a function, is told in one line with what to install")
    func missing() {
        let absent = load("libraut-none.so.1", "cos")
        let line =
            "libraut-none.so.1 can't be loaded (cannot open shared object file: No such file or directory): "
            + "apt-get install libraut-test"
        #expect(absent.lines == [line, line] && !absent.isFound)
        let strange = load("libm.so.6", "raut_no_such_function")
        #expect(strange.lines[0]?.contains("raut_no_such_function") == true && !strange.isFound)
        #expect(strange.lines[0] == strange.lines[1])
    }
}
