import Glibc
import System

/// Pictures that the `ffmpeg` program reads for us: WebP, BMP, TIFF, GIF (its first frame), HEIC and AVIF.
///
/// Known by their first bytes, so that ffmpeg gets nothing else to guess at; read from memory by a child that is ended
/// in time.
enum ForeignPicture: String, CaseIterable {
    case webp = "webp_pipe"
    case bmp = "bmp_pipe"
    case tiff = "tiff_pipe"
    case gif = "gif"
    case heif = "mov"

    /// How long one picture may take, in seconds.
    private static let patience = 30.0

    /// The format that a file's first bytes tell; nil for others.
    init?(_ bytes: some Collection<UInt8>) {
        let start = Array(bytes.prefix(12))
        func has(_ text: String, at place: Int = 0) -> Bool { start.dropFirst(place).starts(with: text.utf8) }
        if has("RIFF"), has("WEBP", at: 8) {
            self = .webp
        } else if has("BM"), start.count == 12, start[6...9].allSatisfy({ $0 == 0 }) {
            self = .bmp
        } else if start.starts(with: [0x49, 0x49, 0x2A, 0]) || start.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            self = .tiff
        } else if has("GIF87a") || has("GIF89a") {
            self = .gif
        } else if has("ftyp", at: 4), Self.brands.contains(where: { has($0, at: 8) }) {
            self = .heif
        } else {
            return nil
        }
    }

    /// A message without the part of ffmpeg that it begins with: `[tiff @ 0x55d0] `.
    private static func text(of message: String) -> String {
        for mark in ["] ", "file:/dev/stdin: "] where message.hasPrefix("[") || message.hasPrefix("file:") {
            if let end = message.firstRange(of: mark) { return String(message[end.upperBound...]) }
        }
        return message
    }

    /// The brands of still pictures: ISO/IEC 23008-12 and AVIF.
    private static let brands = ["heic", "heix", "heim", "heis", "mif1", "msf1", "avif", "avis"]

    /// Decodes a picture to red, green and blue.
    func decode(
        _ bytes: [UInt8], name: String, maximumPixels: Int, into image: inout ColorImage
    ) throws(ImageError) {
        guard let program = FileSystem.program("ffmpeg") else {
            throw .unreadable(path: name, reason: "it takes the ffmpeg program: apt install ffmpeg")
        }
        let child: ChildProcess
        do throws(Errno) {
            let memory = try OpenFile.inMemory(bytes)
            child = try ChildProcess(
                program,
                ["-nostdin", "-hide_banner", "-loglevel", "error", "-max_pixels", "\(maximumPixels)"]
                    + ["-f", rawValue, "-i", "file:/dev/stdin", "-map", "0:v:0", "-frames:v", "1", "-an"]
                    + ["-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", "pipe:1"],
                input: .descriptor(memory.descriptor))
        } catch {
            throw .unreadable(path: name, reason: "\(program): \(error)")
        }
        let deadline = Deadline.after(Self.patience)
        do throws(PortablePixmap.Fault) {
            try PortablePixmap.read(child.output, maximumPixels: maximumPixels, until: deadline, into: &image)
        } catch {
            child.drainMessages()
            if error == .ended { _ = child.wait(until: .after(1)) }
            let said = child.lastMessages.first.map(Self.text(of:))
            switch error {
            case .tooLarge(let width, let height):
                throw .tooLarge(path: name, width: width, height: height)
            case .late: throw .corrupt(path: name, reason: "ffmpeg took too long to read it")
            // What ffmpeg says before version 7, which looks for a video in it.
            case .ended where self == .heif && said?.contains("moov atom not found") == true:
                throw .unreadable(
                    path: name,
                    reason: "this ffmpeg reads no HEIC, version 7 does: convert it with "
                        + "'heif-convert \(name) picture.jpg' (apt install libheif-examples)")
            case .ended: throw .corrupt(path: name, reason: "ffmpeg: \(said ?? "it finds no picture in it")")
            }
        }
    }
}

/// One picture as `ppm` has it: `P6`, columns, rows and 255 as text, then red, green and blue of each pixel.
private enum PortablePixmap {
    enum Fault: Error, Equatable {
        /// The bytes ended, or are no picture.
        case ended
        /// The time is over.
        case late
        case tooLarge(width: Int, height: Int)
    }

    static func read(
        _ descriptor: Int32, maximumPixels: Int, until deadline: Deadline, into image: inout ColorImage
    ) throws(Fault) {
        let waiting = Cancellation()
        var words: [Int] = []
        var word: [UInt8] = []
        var byte: [UInt8] = [0]
        // "P6 640 480 255" and one white space, byte by byte: a dozen reads.
        while words.count < 4 {
            try fill(&byte, 0..<1, descriptor, waiting, deadline)
            if !byte[0].isWhitespace {
                word.append(byte[0])
                guard word.count < 10 else { throw .ended }
                continue
            }
            guard let number = Int(String(decoding: word.filter { $0 != UInt8(ascii: "P") }, as: UTF8.self))
            else {
                throw .ended
            }
            words.append(number)
            word = []
        }
        let (width, height) = (words[1], words[2])
        guard words[0] == 6, words[3] == 255, width > 0, height > 0 else { throw .ended }
        guard width <= maximumPixels / height else { throw .tooLarge(width: width, height: height) }
        image.setSize(width: width, height: height)
        let count = image.pixels.count
        try fill(&image.pixels, 0..<count, descriptor, waiting, deadline)
    }

    private static func fill(
        _ bytes: inout [UInt8], _ range: Range<Int>, _ descriptor: Int32, _ waiting: Cancellation,
        _ deadline: Deadline
    ) throws(Fault) {
        var place = range.lowerBound
        while place < range.upperBound {
            guard waiting.wait(for: descriptor, until: deadline) == .ready else { throw .late }
            let count = bytes.withUnsafeMutableBytes { all in
                Glibc.read(descriptor, all.baseAddress.map { $0 + place }, range.upperBound - place)
            }
            if count < 0, Errno.last == .interrupted { continue }
            guard count > 0 else { throw .ended }
            place += count
        }
    }
}

extension UInt8 {
    fileprivate var isWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
