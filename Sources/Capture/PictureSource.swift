import Glibc
import Imaging
import System

/// One picture, again and again, or the pictures of a folder, one after another.
final class PictureSource: FrameSource, @unchecked Sendable {
    // Unchecked: the protocol promises one thread at a time but for cancel(), and Cancellation is safe.

    /// Pictures of a folder a second where nothing else is asked: a person sees each one.
    static let folderRate = 2.0
    /// How often a single picture is given a second.
    static let pictureRate = 10.0

    let name: String
    private(set) var width = 0
    private(set) var height = 0
    let frameRate: Double?
    private let paths: [String]
    private let repeats: Bool
    private let signal = Cancellation()
    private var pacer: Pacer?
    private let interval: UInt64
    private var count = 0
    /// The path that is read next.
    private var place = 0
    private var image = ColorImage()
    private var notices: [SourceNotice] = []
    private var isTroubled = false

    /// Shows one picture until cancelled, or once where no pace is kept.
    convenience init(picture path: String, frameRate: Double?, isPaced: Bool) throws(CaptureError) {
        try self.init(
            name: path, paths: [path], rate: frameRate ?? (isPaced ? Self.pictureRate : Self.folderRate),
            isPaced: isPaced, repeats: isPaced)
    }

    /// Shows each picture of a folder once, in the order of their names.
    ///
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` where the folder can't be read or has no pictures.
    convenience init(folder path: String, frameRate: Double?, isPaced: Bool) throws(CaptureError) {
        let paths = try Self.pictures(in: path)
        guard !paths.isEmpty else {
            throw .cannotOpen(source: path, reason: "the folder has no .jpg, .jpeg or .png in it")
        }
        try self.init(
            name: path, paths: paths, rate: frameRate ?? Self.folderRate, isPaced: isPaced, repeats: false)
    }

    private init(
        name: String, paths: [String], rate: Double, isPaced: Bool, repeats: Bool
    ) throws(CaptureError) {
        self.name = name
        self.paths = paths
        self.repeats = repeats
        let pacer = Pacer(framesPerSecond: rate)
        interval = pacer.interval
        self.pacer = isPaced ? pacer : nil
        frameRate = rate
        do {
            try ImageFile.readColor(path: paths[0], into: &image)
        } catch {
            throw .cannotOpen(source: paths[0], reason: error.reason)
        }
        width = image.width
        height = image.height
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard repeats || place < paths.count else { return false }
        // The first is read when the source is made.
        if place > 0 && paths.count > 1 && !readNextGood() { return false }
        place += 1
        if pacer != nil {
            guard let due = pacer?.wait(signal) else { return false }
            frame.monotonicTime = due
        } else {
            guard !signal.isRaised else { return false }
            frame.monotonicTime = MonotonicClock.now
        }
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

    func cancel() { signal.raise() }

    func takeNotice() -> SourceNotice? {
        notices.isEmpty ? nil : notices.removeFirst()
    }

    /// Reads on from `place`, passing over broken pictures; false where none is left.
    private func readNextGood() -> Bool {
        while place < paths.count {
            do {
                try ImageFile.readColor(path: paths[place], into: &image)
                if isTroubled { notices.append(.recovered) }
                isTroubled = false
                return true
            } catch {
                if !isTroubled { notices.append(.troubled(reason: "\(error)")) }
                isTroubled = true
                place += 1
            }
        }
        return false
    }

    private static func pictures(in path: String) throws(CaptureError) -> [String] {
        let all: [String]
        do {
            all = try FileSystem.names(in: path)
        } catch {
            throw .cannotOpen(source: path, reason: error.description)
        }
        var names: [String] = []
        for name in all {
            let suffix = name.lowercased().split(separator: ".").last ?? ""
            if !name.hasPrefix("."), ["jpg", "jpeg", "png"].contains(suffix) { names.append(name) }
        }
        return names.sorted().map { "\(path)/\($0)" }
    }
}
