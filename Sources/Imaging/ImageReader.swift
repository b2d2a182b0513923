/// Reads pictures one after another, keeping what it needs from one to the next: JPEG and PNG itself, WebP, BMP, TIFF,
/// GIF (its first frame), HEIC and AVIF through `ffmpeg`, as far as that reads them.
///
/// The format is told by the first bytes, not by the name. A picture that its camera stored rotated (EXIF) comes
/// upright. Transparency is dropped, 16-bit samples are rounded to 8. Used from one thread at a time.
package final class ImageReader {
    private let jpeg: JPEGDecoder
    private let maximumPixels: Int
    private var colors = ColorImage()

    /// Makes a reader that refuses pictures whose header claims more than `maximumPixels`.
    package init(maximumPixels: Int = JPEGDecoder.defaultMaximumPixels) {
        jpeg = JPEGDecoder(maximumPixels: maximumPixels)
        self.maximumPixels = maximumPixels
    }

    /// Reads a file as luma; colour that is not wanted is not decoded.
    package func readGray(path: String, into image: inout GrayImage) throws(ImageError) {
        try decodeGray(FileBytes.read(path), name: path, into: &image)
    }

    /// Reads a file as red, green and blue.
    package func readColor(path: String, into image: inout ColorImage) throws(ImageError) {
        try decodeColor(FileBytes.read(path), name: path, into: &image)
    }

    /// Decodes a file's bytes as luma; errors carry `name`.
    package func decodeGray(_ bytes: [UInt8], name: String, into image: inout GrayImage) throws(ImageError) {
        switch try format(of: bytes, name: name) {
        case .jpeg:
            try named(name) { () throws(JPEGError) in try jpeg.decode(bytes, into: &image) }
            image.apply(Orientation(ofJPEG: bytes))
        case .png(let header):
            image.setSize(width: header.width, height: header.height)
            if let reason = PNG.decode(bytes, header, channels: 1, into: &image.pixels) {
                throw .corrupt(path: name, reason: reason)
            }
            image.apply(Orientation(ofPNG: bytes))
        case .foreign(let format):
            try format.decode(bytes, name: name, maximumPixels: maximumPixels, into: &colors)
            image.setLuma(of: colors)
        }
    }

    /// Decodes a file's bytes as red, green and blue; errors carry `name`.
    package func decodeColor(_ bytes: [UInt8], name: String, into image: inout ColorImage) throws(ImageError)
    {
        switch try format(of: bytes, name: name) {
        case .jpeg:
            try named(name) { () throws(JPEGError) in try jpeg.decode(bytes, into: &image) }
            image.apply(Orientation(ofJPEG: bytes))
        case .png(let header):
            try decodePNG(bytes, header, name: name, into: &image)
            image.apply(Orientation(ofPNG: bytes))
        case .foreign(let format):
            try format.decode(bytes, name: name, maximumPixels: maximumPixels, into: &image)
        }
    }

    /// Decodes a JPEG; an error carries the file's name.
    private func named(_ name: String, _ body: () throws(JPEGError) -> Void) throws(ImageError) {
        do throws(JPEGError) {
            try body()
        } catch {
            throw ImageError(error, name: name)
        }
    }

    private enum Format {
        case foreign(ForeignPicture)
        case jpeg
        case png(PNG.Header)
    }

    /// True where these, a file's first 16 bytes, begin a picture that is read.
    package static func isPicture(_ start: some Collection<UInt8>) -> Bool {
        let start = Array(start)
        return start.starts(with: [0xff, 0xd8, 0xff]) || start.starts(with: PNG.signature)
            || ForeignPicture(start) != nil
    }

    /// Endings of the names of pictures, in small letters: how pictures are found in a folder.
    package static let nameEndings = [
        "jpg", "jpeg", "jfif", "png", "webp", "bmp", "tif", "tiff", "gif", "heic", "heif", "avif",
    ]

    /// True where a file's name ends as a picture's does.
    package static func isPictureName(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return false }
        return nameEndings.contains(name[name.index(after: dot)...].lowercased())
    }

    private func format(of bytes: [UInt8], name: String) throws(ImageError) -> Format {
        guard !bytes.isEmpty else { throw .corrupt(path: name, reason: "the file is empty") }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
        if let foreign = ForeignPicture(bytes) { return .foreign(foreign) }
        guard bytes.starts(with: PNG.signature) else { throw .unknownFormat(path: name) }
        guard let header = PNG.Header(bytes) else {
            throw .corrupt(path: name, reason: "the file ends early")
        }
        guard header.width > 0, header.height > 0 else {
            throw .corrupt(path: name, reason: "its header claims \(header.width)×\(header.height) pixels")
        }
        guard header.width <= maximumPixels / header.height else {
            throw .tooLarge(path: name, width: header.width, height: header.height)
        }
        return .png(header)
    }

    private func decodePNG(
        _ bytes: [UInt8], _ header: PNG.Header, name: String, into image: inout ColorImage
    ) throws(ImageError) {
        image.setSize(width: header.width, height: header.height)
        if let reason = PNG.decode(bytes, header, channels: 3, into: &image.pixels) {
            throw .corrupt(path: name, reason: reason)
        }
    }
}

extension ImageError {
    fileprivate init(_ error: JPEGError, name: String) {
        switch error {
        case .tooLarge(let width, let height): self = .tooLarge(path: name, width: width, height: height)
        case .broken(let reason): self = .corrupt(path: name, reason: reason)
        }
    }
}
