import Foundation
import NeuralNetwork
import System

/// Faces that were cut from the pictures of a folder, kept in a file so that the next run need not find them again.
///
/// A picture's face is taken from it as long as the picture's size and time of change are the same, and what finds faces
/// is the same. The file is the line `raut faces 1`, the length of a JSON header as eight bytes, the header, the faces'
/// pixels one after another, and FNV-1a of header and pixels; a file that is anything else is not used, and written anew.
struct FaceCache {
    /// The first line; its number changes when the file's layout or the way faces are cut does.
    private static let mark = Array("raut faces 1\n".utf8)

    private struct Header: Codable {
        var finder: String
        var faces: [Entry]
    }

    private struct Entry: Codable {
        var name: String
        var size: Int64
        var modified: Int64
        /// How many bytes of pixels it has: those of a wide cut, of a face, or none.
        var bytes: Int
    }

    private let path: String
    private let finder: String
    private var known: [String: (entry: Entry, face: CutFace)] = [:]

    /// Reads the file of a folder of pictures where there is one.
    ///
    /// - Parameters:
    ///   - folder: Where such files are kept.
    ///   - pictures: The folder of pictures.
    ///   - finder: What finds their faces.
    init(in folder: String, for pictures: String, finder: FaceFinder) {
        let whole = URL(fileURLWithPath: pictures).standardizedFileURL
        let digest = String(Self.hash(Array(whole.path.utf8)[...]) % 0x1_0000_0000, radix: 16)
        path = "\(folder)/faces-\(whole.lastPathComponent)-\(digest).cache"
        self.finder = finder.identity
        if let data = FileManager.default.contents(atPath: path) { read(Array(data)) }
    }

    /// The face of a picture, or nil where it is not known or the picture is not as it was.
    func face(of picture: EmotionFolder.Picture) -> CutFace? {
        guard let (entry, face) = known[picture.name], entry.size == picture.size,
            entry.modified == picture.modified
        else { return nil }
        return face
    }

    /// Writes the faces of pictures, beside the place and renamed; what can't be read is left out, to be tried again.
    func write(_ faces: [(picture: EmotionFolder.Picture, face: CutFace)]) throws(DataError) {
        var (header, pixels) = (Header(finder: finder, faces: []), [UInt8]())
        for (picture, face) in faces {
            let bytes: [UInt8]
            switch face {
            case .found(let wide): bytes = wide
            case .whole(let square): bytes = square
            case .none: bytes = []
            case .unreadable: continue
            }
            header.faces.append(
                Entry(name: picture.name, size: picture.size, modified: picture.modified, bytes: bytes.count))
            pixels += bytes
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let json = Array(try encoder.encode(header))
            var file = Self.mark + Self.bytes(UInt64(json.count)) + json + pixels
            file += Self.bytes(Self.hash(file[Self.mark.count...]))
            try AtomicFile.write(file, to: path)
        } catch {
            throw .unwritable(path: path, reason: FileReason.of(error))
        }
    }

    private mutating func read(_ file: [UInt8]) {
        let start = Self.mark.count + 8
        guard file.starts(with: Self.mark), file.count >= start + 8 else { return }
        let end = file.count - 8
        guard Self.number(file[end...]) == Self.hash(file[Self.mark.count..<end]),
            let length = Int(exactly: Self.number(file[Self.mark.count..<start])), length <= end - start,
            let header = try? JSONDecoder().decode(Header.self, from: Data(file[start..<start + length])),
            header.finder == finder
        else { return }
        var place = start + length
        for entry in header.faces {
            guard entry.bytes >= 0, entry.bytes <= end - place else { return known = [:] }
            let pixels = Array(file[place..<place + entry.bytes])
            place += entry.bytes
            switch entry.bytes {
            case FaceSurroundings.pixelsPerFace: known[entry.name] = (entry, .found(pixels))
            case FaceDataSet.pixelsPerImage: known[entry.name] = (entry, .whole(pixels))
            case 0: known[entry.name] = (entry, .none)
            default: return known = [:]
            }
        }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
