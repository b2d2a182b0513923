import Foundation
import Testing

import Imaging

@Suite("Writing pictures")
struct WritingTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func colours() -> ColorImage {
        var image = ColorImage(width: 61, height: 43)
        for index in image.pixels.indices { image.pixels[index] = UInt8(truncatingIfNeeded: index &* index) }
        return image
    }

    @Test("a PNG, in colour or grey, is read back as it was")
    func png() throws {
        try inFolder { folder in
            let (color, gray) = (colours(), noise(width: 33, height: 20))
            try ImageFile.write(color, path: "\(folder)/color.png")
            try ImageFile.writePNG(gray, path: "\(folder)/gray.png")
            var (colorAgain, grayAgain) = (ColorImage(), GrayImage())
            try ImageFile.readColor(path: "\(folder)/color.png", into: &colorAgain)
            try ImageFile.readGray(path: "\(folder)/gray.png", into: &grayAgain)
            #expect(colorAgain == color)
            #expect(grayAgain == gray)
        }
    }

    @Test("the ending chooses JPEG, whatever its case")
    func jpeg() throws {
        try inFolder { folder in
            try ImageFile.write(colours(), path: "\(folder)/a.JPEG")
            let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.JPEG")))
            #expect(bytes.starts(with: [0xff, 0xd8, 0xff]))
        }
    }

    @Test("a file is replaced whole, and nothing is left beside it")
    func replaced() throws {
        try inFolder { folder in
            try Data("old".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.png"))
            try ImageFile.write(colours(), path: "\(folder)/a.png")
            var image = ColorImage()
            try ImageFile.readColor(path: "\(folder)/a.png", into: &image)
            #expect(image == colours())
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
        }
    }

    @Test("where a file can't be written the error says why, and nothing is left behind")
    func unwritable() throws {
        try inFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/a.png", withIntermediateDirectories: false)
            #expect(throws: ImageError.unwritable(path: "\(folder)/a.png", reason: "Is a directory")) {
                try ImageFile.write(colours(), path: "\(folder)/a.png")
            }
            #expect(
                throws: ImageError.unwritable(path: "\(folder)/no/b.png", reason: "No such file or directory")
            ) {
                try ImageFile.write(colours(), path: "\(folder)/no/b.png")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
            #expect(throws: ImageError.self) { try ImageFile.write(ColorImage(), path: "\(folder)/c.png") }
            #expect(throws: ImageError.self) { try ImageFile.write(ColorImage(), path: "\(folder)/c.jpg") }
        }
    }
}
