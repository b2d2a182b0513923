import Faces
import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import System

/// The data of a run: one or more tables in FER2013's layout and folders of labelled pictures, read into one set whose
/// faces know their source.
package struct DataSources: Sendable {
    /// What one path gave.
    package struct Source: Sendable {
        /// As it was given.
        package var path: String
        /// Whether it is a folder of pictures.
        package var isFolder: Bool
        /// Faces in each part.
        package var counts: [Usage: Int] = [:]
        /// Pictures in which no face was found, by their emotions and paths.
        package var missed: [(emotion: Emotion, usage: Usage, path: String)] = []
        /// Pictures that can't be read.
        package var failures: [ImageError] = []
        /// Folders named by none of the seven emotions.
        package var otherFolders: [String] = []
        /// Of a folder: those beside its parts, which are left out.
        package var foldersBesideParts: [String] = []
        /// Rows of a table that show contempt, which is none of the seven.
        package var contemptCount = 0
        /// Pictures that were so small that they were taken for a face, whole.
        package var wholeCount = 0
        /// The people whom its pictures were parted by, 0 where its folders part them; nil where there are too few.
        package var people: Int?
    }

    /// How far the reading of a table or the cutting of a folder's faces is.
    package struct Progress: Sendable {
        /// The table or the folder.
        package var path: String
        /// Bytes of a table, or pictures of a folder, done in this run.
        package var done: Int
        /// Those to be done in this run.
        package var total: Int
        /// Whether it is a folder.
        package var isFolder: Bool
    }

    /// All faces, each with its source's number.
    package private(set) var faces = FaceDataSet()
    /// The sources, in their order.
    package private(set) var sources: [Source] = []

    /// Reads all sources.
    ///
    /// - Parameters:
    ///   - paths: Tables and folders.
    ///   - votes: FER+'s file, whose rows go with the first table's.
    ///   - usages: The parts that are read; faces of others are passed over.
    ///   - finder: Finds faces in pictures; asked for only where there is a folder.
    ///   - cache: Where cut faces are kept, or nil to keep none.
    ///   - threads: Threads that share the pictures.
    ///   - shouldStop: Asked while tables are read and faces cut.
    ///   - onProgress: Told while tables are read and faces cut.
    /// - Throws: ``DataError`` with what is wrong, ``Stopped`` with the faces that were cut kept, or what making the finder throws.
    package init(
        _ paths: [String], votes: String? = nil, usages: Set<Usage> = Set(Usage.allCases),
        finder: () throws -> FaceFinder, cache: String? = nil, threads: Int = 1,
        shouldStop: () -> Bool = { false }, onProgress: (Progress) -> Void = { _ in }
    ) throws {
        try Self.refuseTwice(paths)
        // Before faces are cut, which may take an hour.
        if let votes, paths.allSatisfy(Self.isFolder) {
            throw DataError.invalidFile(
                path: votes, reason: "its votes go with FER2013, and no --data is a table")
        }
        var votes = votes
        for path in paths {
            var source = Source(path: path, isFolder: Self.isFolder(path))
            var part = FaceDataSet()
            if source.isFolder {
                part = try Self.readFolder(
                    &source, usages, try finder(), cache, threads, shouldStop, onProgress)
            } else {
                part = try Self.readTable(&source, shouldStop, onProgress)
                if let file = votes {
                    guard source.contemptCount == 0 else {
                        throw DataError.invalidFile(
                            path: file,
                            reason: "its votes go with FER2013, and \(path) has rows of contempt, which that "
                                + "has not")
                    }
                    try FERPlus.read(path: file, into: &part)
                }
                votes = nil
                if usages.count < Usage.allCases.count {
                    part = part.subset((0..<part.count).filter { usages.contains(part.usages[$0]) })
                }
            }
            for usage in part.usages { source.counts[usage, default: 0] += 1 }
            faces.append(part, source: sources.count)
            sources.append(source)
        }
    }

    /// Whether a path is a folder.
    package static func isFolder(_ path: String) -> Bool {
        FileSystem.isFolder(path)
    }

    /// Refuses what is given twice, also by another name or a link: each face would count twice, and where parts are drawn
    /// by chance it would train and judge.
    private static func refuseTwice(_ paths: [String]) throws(DataError) {
        var known: [FileSystem.Identity: String] = [:]
        for path in paths {
            guard let identity = FileSystem.identity(of: path) else { continue }
            if let first = known.updateValue(path, forKey: identity) {
                throw .invalidFile(
                    path: path,
                    reason: (first == path ? "given twice" : "the same as \(first)")
                        + ": its faces would count twice; give it once")
            }
        }
    }

    private static func readTable(
        _ source: inout Source, _ shouldStop: () -> Bool, _ onProgress: (Progress) -> Void
    ) throws -> FaceDataSet {
        let path = source.path
        do {
            return try FER2013.read(
                path: path, contemptCount: &source.contemptCount, shouldStop: shouldStop
            ) { done, total in
                onProgress(Progress(path: path, done: done, total: total, isFolder: false))
            }
        } catch {
            if case .stopped = error { throw Stopped() }
            throw error
        }
    }

    private static func readFolder(
        _ source: inout Source, _ usages: Set<Usage>, _ finder: FaceFinder, _ cacheFolder: String?,
        _ threads: Int, _ shouldStop: () -> Bool, _ onProgress: (Progress) -> Void
    ) throws -> FaceDataSet {
        let folder = try EmotionFolder(path: source.path)
        (source.otherFolders, source.failures) = (folder.otherFolders, folder.failures)
        source.foldersBesideParts = folder.foldersBesideParts
        let split = PersonSplit(folder.pictures)
        source.people = split.people
        let wanted = folder.pictures.indices.filter { usages.contains(split.usages[$0]) }

        let cache = cacheFolder.map { FaceCache(in: $0, for: source.path, finder: finder) }
        var known: [Int: CutFace] = [:]
        for index in wanted { known[index] = cache?.face(of: folder.pictures[index]) }
        let missing = wanted.filter { known[$0] == nil }
        let (path, total) = (source.path, missing.count)
        if total > 0 { onProgress(Progress(path: path, done: 0, total: total, isFolder: true)) }
        let cutter = FaceCutter(finder, threads: threads)
        let cut = cutter.cut(missing.map { folder.pictures[$0].path }, shouldStop: shouldStop) { done in
            onProgress(Progress(path: path, done: done, total: total, isFolder: true))
        }
        for (index, face) in zip(missing, cut) { known[index] = face }
        if let cache, !cut.isEmpty {
            try cache.write(
                folder.pictures.indices.compactMap { index in
                    let face = known[index] ?? cache.face(of: folder.pictures[index])
                    return face.map { (folder.pictures[index], $0) }
                })
        }
        guard cut.count == missing.count else { throw Stopped() }
        return collect(known, of: folder.pictures, split.usages, &source)
    }

    private static func collect(
        _ faces: [Int: CutFace], of pictures: [EmotionFolder.Picture], _ usages: [Usage],
        _ source: inout Source
    ) -> FaceDataSet {
        var result = FaceDataSet()
        for (index, picture) in pictures.enumerated() {
            guard let face = faces[index] else { continue }
            switch face {
            case .found(let wide):
                result.append(wide, label: picture.emotion.rawValue, usage: usages[index])
            case .whole(let pixels):
                result.append(image: pixels, label: picture.emotion.rawValue, usage: usages[index])
                source.wholeCount += 1
            case .none: source.missed.append((picture.emotion, usages[index], picture.path))
            case .unreadable(let error): source.failures.append(error)
            }
        }
        return result
    }
}
