import Foundation
import TestSupport
import Testing

@Suite(
    "what a running program holds",
    .enabled(if: access(program, X_OK) == 0, "raut is not built beside the tests")
)
struct FootprintTests {
    /// Starts the demo without a window and looks at the process after two seconds of frames.
    private func whileRunning<Value>(_ look: (_ process: Int32) throws -> Value) throws -> Value {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "run", "--headless", "--source", "demo", "--as-fast-as-possible", "--events", "frames",
            "--frames", "5000",
        ]
        let lines = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = lines
        try process.run()
        defer {
            // From a thread of Foundation's, which blocks signals: the program must hear this one all the same.
            process.terminate()
            #expect(eventually(within: 10) { !process.isRunning }, "it does not end")
            kill(process.processIdentifier, SIGKILL)
        }
        var count = 0
        while count < 60 {
            let bytes = lines.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "it ended before its 60th line")
            count += bytes.count { $0 == UInt8(ascii: "\n") }
        }
        return try look(process.processIdentifier)
    }

    @Test("without window, browser and broker no library of theirs is mapped, and 60 MB are enough")
    func headless() throws {
        let (maps, status) = try whileRunning { process in
            (
                try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8),
                try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            )
        }
        let late = "SDL2 X11 pulse cairo pango microhttpd gnutls mosquitto crypto openblas"
        for library in late.split(separator: " ") {
            #expect(!maps.contains("/lib\(library)"), "lib\(library)")
        }
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let peak = try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) })
        #expect(1024 * peak <= 60e6, "\(line)")
    }
}
