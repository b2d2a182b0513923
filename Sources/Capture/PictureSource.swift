import Glibc
import Imaging
import System

/// One picture, again and again, or the pictures of a folder, one after another.
final class PictureSource: FrameSource, Sendable {
    /// Pictures of a folder a second where nothing else is asked: a person sees each one.
    static let folderRate = 2.0
    /// How often a single picture is given a second.
    static let pictureRate = 10.0

    let name: String
    let width: Int
    let height: Int
    let frameRate: Double?
    /// What the folder holds besides pictures: one line, or none.
    let notes: [String]
    private let signal: Cancellation
    private let reading: Guarded<Reading>

    /// How far it is; of one thread at a time.
    fileprivate struct Reading {
        let paths: [String]
        let repeats: Bool
        let interval: UInt64
        var pacer: Pacer?
        var count = 0
        /// The path that is read next.
        var place = 0
        let reader = ImageReader()
        var image = ColorImage()
        var changes: [SourceChange] = []
        var isTroubled = false
    }

    /// Shows one picture until cancelled, or once where no pace is kept.
    convenience init(
        picture path: String, frameRate: Double?, isPaced: Bool, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        try self.init(
            name: path, paths: [path], rate: frameRate ?? (isPaced ? Self.pictureRate : Self.folderRate),
            isPaced: isPaced, repeats: isPaced, notes: [], signal: signal)
    }

    /// Shows each picture of a folder once, in the order of their names.
    ///
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` where the folder can't be read or has no pictures.
    convenience init(
        folder path: String, frameRate: Double?, isPaced: Bool, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        let content: FolderListing
        do { content = try FolderListing(path) } catch {
            throw .cannotOpen(source: path, reason: error.description)
        }
        guard !content.pictures.isEmpty else {
            throw .cannotOpen(
                source: path,
                reason:
                    "the folder has no picture in it: .\(ImageReader.nameEndings.joined(separator: ", ."))"
            )
        }
        try self.init(
            name: path, paths: content.pictures, rate: frameRate ?? Self.folderRate, isPaced: isPaced,
            repeats: false, notes: content.leftOutNote.map { ["\(path): \($0)"] } ?? [], signal: signal)
    }

    /// True where these, a file's first 16 bytes, begin a picture. GIFs move: as a source they are videos.
    static func isPicture(_ start: [UInt8]) -> Bool {
        ImageReader.isPicture(start) && !start.starts(with: "GIF8".utf8)
    }

    private init(
        name: String, paths: [String], rate: Double, isPaced: Bool, repeats: Bool, notes: [String],
        signal: Cancellation
    ) throws(CaptureError) {
        self.signal = signal
        self.name = name
        self.notes = notes
        frameRate = rate
        let pacer = Pacer(framesPerSecond: rate)
        var reading = Reading(
            paths: paths, repeats: repeats, interval: pacer.interval, pacer: isPaced ? pacer : nil)
        var refusal: CaptureError?
        if !reading.readNextGood(signal, &refusal) {
            throw signal.isRaised ? .cancelled : refusal ?? .cannotOpen(source: name, reason: "no picture")
        }
        width = reading.image.width
        height = reading.image.height
        self.reading = Guarded(reading)
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        reading.withLock { $0.next(into: &frame, signal) }
    }

    var givesStills: Bool { true }

    func cancel() { signal.raise() }

    func takeChange() -> SourceChange? {
        reading.withLock { $0.changes.isEmpty ? nil : $0.changes.removeFirst() }
    }
}

extension PictureSource.Reading {
    /// Fills a frame; false at the end, or after the signal.
    mutating func next(into frame: inout Frame, _ signal: Cancellation) -> Bool {
        guard repeats || place < paths.count else { return false }
        // The first is read when the source is made.
        if count > 0 && paths.count > 1 {
            var refusal: CaptureError?
            if !readNextGood(signal, &refusal) { return false }
        }
        place += 1
        guard let due = pacer.wait(signal) else { return false }
        frame.monotonicTime = due
        count += 1
        frame.number = count
        frame.sourceTime = UInt64(count - 1) &* interval
        frame.width = image.width
        frame.height = image.height
        frame.format = .rgb24
        frame.bytesPerRow = image.width * 3
        frame.setByteCount(image.pixels.count)
        frame.bytes.replaceSubrange(0..<image.pixels.count, with: image.pixels)
        return true
    }

    /// Reads on from `place`, passing over broken pictures; false where none is left, with why the first was refused.
    mutating func readNextGood(_ signal: Cancellation, _ refusal: inout CaptureError?) -> Bool {
        while place < paths.count, !signal.isRaised {
            do {
                try reader.readColor(path: paths[place], into: &image)
                if isTroubled { changes.append(.recovered) }
                isTroubled = false
                return true
            } catch {
                refusal = refusal ?? .cannotOpen(source: paths[place], reason: error.reason)
                if !isTroubled { changes.append(.troubled(reason: "\(error)")) }
                isTroubled = true
                place += 1
            }
        }
        return false
    }
}
