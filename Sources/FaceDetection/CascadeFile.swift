import Glibc

extension HaarCascade {
    /// Files beyond this are refused unread; the largest that OpenCV ships has 3 MB.
    private static let maximumBytes = 64 << 20

    /// Reads a cascade from OpenCV's XML, such as `haarcascade_frontalface_alt2.xml`, in either of its two layouts.
    public init(contentsOf path: String) throws(CascadeError) {
        guard let file = fopen(path, "rb") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Self.maximumBytes {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { break }
            bytes += block[..<count]
        }
        guard ferror(file) == 0 else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        guard bytes.count <= Self.maximumBytes else {
            throw .unreadable(path: path, reason: "larger than \(Self.maximumBytes >> 20) MB")
        }
        try self.init(xml: bytes, path: path)
    }

    /// Reads a cascade from the XML itself; the path is what errors name.
    package init(xml: [UInt8], path: String) throws(CascadeError) {
        let reader = CascadeReader(path: path)
        self = try reader.read(xml)
    }
}
