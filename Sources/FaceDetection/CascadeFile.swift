import System

extension HaarCascade {
    /// Files beyond this are refused unread; the largest that OpenCV ships has 3 MB.
    private static let maximumBytes = 64 << 20

    /// Reads a cascade from OpenCV's XML, such as `haarcascade_frontalface_alt2.xml`, in either of its two layouts.
    package init(contentsOf path: String) throws(CascadeError) {
        let file: OpenFile
        do { file = try OpenFile(reading: path) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        let bytes: [UInt8]
        do { bytes = try file.readAll(limit: Self.maximumBytes) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        try self.init(xml: bytes, path: path)
    }

    /// Reads a cascade from the XML itself; the path is what errors name.
    package init(xml: [UInt8], path: String) throws(CascadeError) {
        let reader = CascadeReader(path: path)
        self = try reader.read(xml)
    }
}
