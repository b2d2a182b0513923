import Foundation
import Testing

@Suite("The house: small files, no circles, nothing unchecked, nothing twice")
struct ShapeTests {
    /// Files that may be longer than 300 lines, each with its reason.
    private static let long = [
        "Sources/CKernels/network_body.h":
            "compiled once for each instruction set; its kernels share their macros",
        "Tests/PipelineTests/PipelineTests.swift": "one table of what a pipeline does, on the same doubles",
        "Tests/EventsTests/EventServerTests.swift": "one server's promises, on the same reader",
        "Tests/CaptureTests/CameraTests.swift": "one driver's faults, by the same controls",
        "Tests/CaptureTests/FFmpegSourceTests.swift": "one source's promises, on the same clips",
        "Tests/NeuralNetworkTests/LayerTests.swift": "finite differences of every layer, by the same check",
        "Tests/EventsTests/HTTPServerTests.swift": "one server's promises, on the same client",
        "Sources/Events/MQTTSink.swift": "the connection, its queue and its retries change together",
        "Tests/EventsTests/MQTTSinkTests.swift": "one client's promises, on the same broker",
        "Tests/OverlayTests/WindowTests.swift": "what one window does, on the same display",
    ]

    @Test("no file is longer than 300 lines but for a reason")
    func length() throws {
        for file in House.writtenFiles where Self.long[file] == nil {
            let count = try House.text(file).utf8.count { $0 == UInt8(ascii: "\n") }
            #expect(count <= 300, "\(file) has \(count) lines: cut it, or say why not in ShapeTests")
        }
        for file in Self.long.keys {
            let count = try House.text(file).utf8.count { $0 == UInt8(ascii: "\n") }
            #expect(count > 300, "\(file) has \(count) lines: its reason can go")
        }
    }

    @Test("no two files of a room need each other, over however many others")
    func circles() throws {
        var count = 0
        for room in try House.rooms() {
            var code: [String: SourceCode] = [:]
            var homes: [Substring: String] = [:]
            for file in House.swiftFiles(below: "Sources/" + room.name) {
                let read = SourceCode(try House.text(file))
                code[file] = read
                for type in read.declaredTypes where homes[type] == nil { homes[type] = file }
            }
            count += homes.count
            let needs = code.mapValues { read in
                Set(read.typeNames.compactMap { homes[$0] })
            }
            for (file, others) in needs {
                for other in others where other != file && Self.reaches(file, from: other, needs) {
                    Issue.record("\(file) needs \(other), and \(other) needs \(file) in its turn")
                }
            }
        }
        #expect(count > 300, "hardly a type was seen")
    }

    private static func reaches(_ goal: String, from start: String, _ needs: [String: Set<String>]) -> Bool {
        var (seen, next): (Set<String>, [String]) = ([], [start])
        while let file = next.popLast() {
            if file == goal { return true }
            if seen.insert(file).inserted { next += (needs[file] ?? []).subtracting([file]) }
        }
        return false
    }

    @Test("at most eight types are Sendable unchecked, and each says why")
    func unchecked() throws {
        var count = 0
        for file in ["Sources", "Tests"].flatMap(House.swiftFiles) where !file.contains("HouseTests") {
            let lines = try House.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            for (row, line) in lines.enumerated() where line.contains("@unchecked" + " Sendable") {
                count += 1
                let reason = lines[max(0, row - 3)..<min(lines.count, row + 4)].contains {
                    $0.contains("//") && $0.lowercased().contains("unchecked")
                }
                #expect(reason, "\(file):\(row + 1) does not say why it may be Sendable")
            }
        }
        #expect(count <= 8)
        #expect(count > 0, "nothing was seen")
    }

    @Test("Guarded is the one lock: the thread sanitizer does not see Mutex of Synchronization")
    func locks() throws {
        for file in ["Sources", "Tests"].flatMap(House.swiftFiles) where !file.contains("HouseTests") {
            let code = SourceCode(try House.text(file))
            for (row, line) in code.lines.enumerated() {
                #expect(!line.contains("Mutex" + "("), "\(file):\(row + 1)")
                #expect(!line.contains("Mutex" + "<"), "\(file):\(row + 1)")
            }
        }
    }

    @Test("no header includes what only one file of its own kind defines, and no C file is included")
    func headers() throws {
        let files = House.files(below: "Sources/CKernels", endings: [".c", ".h"])
        #expect(files.contains { $0.hasSuffix("haar_body.h") })
        for file in files {
            for line in try House.text(file).split(separator: "\n") where line.hasPrefix("#include \"") {
                #expect(line.hasSuffix(".h\""), "\(file): \(line)")
            }
        }
    }
}

extension ShapeTests {
    @Test("no six lines stand in two places")
    func repeated() throws {
        let files = House.writtenFiles
        for (first, second) in try RepeatedLines(in: files).pairs {
            Issue.record(
                "\(second.file):\(second.row) repeats \(first.file):\(first.row): let one piece serve both"
            )
        }
        #expect(files.count > 400, "hardly a file was seen")
    }
}

extension ShapeTests {
    @Test(
        "no C char becomes a byte by its bit pattern: on arm64 it has no sign, and Swift's type for it is another"
    )
    func charactersOfC() throws {
        for file in House.swiftFiles(below: "Sources") {
            let code = SourceCode(try House.text(file))
            guard code.lines.contains(where: { $0.contains("CChar") || $0.contains("unsafeArgv") }) else {
                continue
            }
            for (row, line) in code.lines.enumerated() {
                let takesSign = line.contains("UInt8(bitPattern:") || line.contains("UInt8.init(bitPattern:")
                #expect(!takesSign, "\(file):\(row + 1): UInt8(truncatingIfNeeded:) holds for both")
            }
        }
    }

    /// Files with raw pointers outside of `System` and `Kernels` that call no C library, each with its reason.
    private static let pointers = [
        "Sources/Capture/FrameDecoder.swift": "every pixel of every frame",
        "Sources/Capture/PixelKernels.swift": "every pixel of every frame",
        "Sources/Capture/PlanarPicture.swift": "every pixel of the demo's frames",
        "Sources/Capture/TurnedSource.swift": "every pixel of every frame",
        "Sources/Imaging/Luma.swift": "every pixel of every frame",
        "Sources/Imaging/YUVImage.swift": "every pixel of every frame",
        "Sources/FaceDetection/WideCopy.swift": "every pixel of a picture",
        "Sources/EmotionRecognition/ModelExport.swift": "hands a file's bytes to System",
        "Sources/NeuralNetwork/Tensor.swift": "owns the memory that it lends as spans",
        "Sources/NeuralNetwork/Program/Program.swift": "lends one memory to a program's steps as spans",
        "Sources/NeuralNetwork/Graph/Layer.swift": "threads write parts of one array",
        "Sources/NeuralNetwork/Export/ONNXGraph.swift": "the bytes of numbers",
        "Sources/NeuralNetwork/Export/ProtobufMessage.swift": "the bytes of numbers",
        "Sources/NeuralNetwork/Files/SafeTensors.swift": "the bytes of numbers",
        "Sources/MessagePassing/MPISums.swift": "hands numbers to MPI's calls",
        "Sources/Training/Data/FaceCache.swift": "the bytes of numbers",
        "Sources/Training/Data/FER2013.swift": "every digit of 300 MB",
        "Sources/Training/Data/LineReader.swift": "every byte of 300 MB",
        "Sources/Training/Data/Balance.swift": "distances of all pairs of faces, 16 pixels at once",
        "Sources/Training/Augmentation/Augmentation.swift": "every pixel of every training face",
        "Sources/Training/Augmentation/Degradation.swift": "every pixel of every training face",
        "Sources/Training/Run/TrainingBatch.swift": "threads write parts of one batch",
        "Sources/Events/LineBacklog.swift": "hands bytes to send(2)",
        "Sources/Recording/StageTrace.swift": "hands bytes to write(2)",
        "Sources/raut/CommandLine/OutputFile.swift": "hands bytes to write(2)",
        "Sources/raut/CommandLine/StandardOutput.swift": "hands bytes to write(2)",
        "Sources/raut/Commands/ReportCommand.swift": "takes bytes from read(2)",
    ]

    @Test("raw pointers stand in System, in Kernels, where C is called, and where a reason is given")
    func rawPointers() throws {
        var seen: Set<String> = []
        for file in House.swiftFiles(below: "Sources") where !file.hasPrefix("Sources/System/") {
            let code = SourceCode(try House.text(file))
            let words = Set(code.lines.flatMap(SourceCode.words))
            let isRaw = words.contains {
                $0.hasPrefix("Unsafe") || $0.hasPrefix("withUnsafe") || $0 == "OpaquePointer"
                    || $0 == "Unmanaged" || $0 == "baseAddress"
            }
            guard isRaw else { continue }
            seen.insert(file)
            for (row, line) in code.lines.enumerated() {
                let parts = SourceCode.words(of: line)
                let isExported = parts.contains("public") || parts.contains("package")
                let hasPointer = parts.contains { $0.hasPrefix("Unsafe") || $0 == "OpaquePointer" }
                #expect(!(isExported && hasPointer), "\(file):\(row + 1) hands a raw pointer to other rooms")
            }
            let callsC = try House.imports(of: file).contains { module in
                module == "Glibc" || (module.first == "C" && module.dropFirst().first?.isUppercase ?? false)
            }
            #expect(
                callsC || file.contains("/Kernels/") || Self.pointers[file] != nil,
                "\(file) has raw pointers: use Span, or say why not in ShapeTests")
        }
        for file in Self.pointers.keys {
            #expect(seen.contains(file), "\(file) has no raw pointer any more: its reason can go")
        }
    }
}
