/// Reads JPEG and PNG pictures one after another, keeping what it needs from one to the next.
///
/// The format is told by the first bytes, not by the name. A picture that its camera stored rotated (EXIF) comes
/// upright. Transparency is dropped, 16-bit samples are rounded to 8. Used from one thread at a time.
public final class ImageReader {
    private let jpeg: JPEGDecoder
    private let maximumPixels: Int

    /// Makes a reader that refuses pictures whose header claims more than `maximumPixels`.
    public init(maximumPixels: Int = JPEGDecoder.defaultMaximumPixels) {
        jpeg = JPEGDecoder(maximumPixels: maximumPixels)
        self.maximumPixels = maximumPixels
    }

    /// Reads a file as luma; colour that is not wanted is not decoded.
    public func readGray(path: String, into image: inout GrayImage) throws(ImageError) {
        try decodeGray(FileBytes.read(path), name: path, into: &image)
    }

    /// Reads a file as red, green and blue.
    public func readColor(path: String, into image: inout ColorImage) throws(ImageError) {
        try decodeColor(FileBytes.read(path), name: path, into: &image)
    }

    /// Decodes a file's bytes as luma; errors carry `name`.
    public func decodeGray(_ bytes: [UInt8], name: String, into image: inout GrayImage) throws(ImageError) {
        switch try format(of: bytes, name: name) {
        case .jpeg:
            do throws(JPEGError) {
                try jpeg.decode(bytes, into: &image)
            } catch {
                throw ImageError(error, name: name)
            }
            image.apply(Orientation(ofJPEG: bytes))
        case .png(let header):
            image.setSize(width: header.width, height: header.height)
            if let reason = PNG.decode(bytes, header, channels: 1, into: &image.pixels) {
                throw .corrupt(path: name, reason: reason)
            }
            image.apply(Orientation(ofPNG: bytes))
        }
    }

    /// Decodes a file's bytes as red, green and blue; errors carry `name`.
    public func decodeColor(_ bytes: [UInt8], name: String, into image: inout ColorImage) throws(ImageError) {
        switch try format(of: bytes, name: name) {
        case .jpeg:
            do throws(JPEGError) {
                try jpeg.decode(bytes, into: &image)
            } catch {
                throw ImageError(error, name: name)
            }
            image.apply(Orientation(ofJPEG: bytes))
        case .png(let header):
            try decodePNG(bytes, header, name: name, into: &image)
            image.apply(Orientation(ofPNG: bytes))
        }
    }

    private enum Format {
        case jpeg
        case png(PNG.Header)
    }

    private func format(of bytes: [UInt8], name: String) throws(ImageError) -> Format {
        guard !bytes.isEmpty else { throw .corrupt(path: name, reason: "the file is empty") }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
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
