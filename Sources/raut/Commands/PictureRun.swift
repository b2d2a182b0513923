import Analysis
import Foundation
import Imaging

/// The pictures of one command line, worked on by several threads and told of in their order; shared by `image` and
/// `classify`.
package struct PictureRun {
    /// What a worker found in one picture.
    package struct Finding: Sendable {
        /// What is written to standard output.
        var text: String
        /// The faces as rows of a table.
        var rows: [FaceTable.Row] = []
        /// What went wrong after the picture was read.
        var complaint: ImageError?
    }

    /// The options that say which pictures, and where their faces go besides standard output.
    package struct Options: OptionGroup {
        package static let title = "pictures"

        package let recursive = Option("recursive", help: "look in the folders below a folder, too")
        package let csv = Option(
            "csv", .path("FILE"), help: "write a table with a row a face there; - is standard output")
        package let replace = ReplaceOptions().replace

        package init() {}
    }

    private let list: PictureList
    private let tablePath: String?
    private let replaces: Bool
    private let isJSON: Bool
    private let threads: Int
    private let write: (String) throws -> Void
    private let report: (String) -> Void

    /// - Parameters:
    ///   - replaces: true where the table takes the place of a file that is there.
    ///   - threads: how many threads share the pictures; as many as processors where nil.
    package init(
        _ list: PictureList, tablePath: String? = nil, replaces: Bool = false, isJSON: Bool, threads: Int?,
        write: @escaping (String) throws -> Void = StandardOutput.write,
        report: @escaping (String) -> Void = Program.report
    ) {
        self.list = list
        self.tablePath = tablePath
        self.replaces = replaces
        self.isJSON = isJSON
        self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        self.write = write
        self.report = report
    }

    /// Works on all pictures, goes on after one that can't be read, and returns the exit status.
    ///
    /// - Parameters:
    ///   - noun: what is counted in the line at the end besides pictures, such as `face`; nil for nothing.
    ///   - worker: makes what one thread works with.
    ///   - work: looks at one picture, the number of which goes with it.
    func perform<Worker>(
        counting noun: String?, worker: @escaping @Sendable () throws -> Worker,
        work: @escaping @Sendable (Worker, PictureItem, Int) throws(ImageError) -> Finding
    ) throws -> Int32 {
        let table = try tablePath.map { path throws(Failure) in
            try OutputFile(path, replaces: replaces, inputs: list.items.map(\.name))
        }
        var rows = FaceTable(decimals: 4)
        try table?.write(rows.header)
        let (items, bar) = (list.items, ProgressBar())
        let printsText = isJSON || tablePath != "-"
        var (faces, unreadable, status) = (0, 0, Int32(0))
        func complain(_ error: ImageError, of name: String, isUnread: Bool) throws {
            bar.clear()
            if isUnread {
                unreadable += 1
                if isJSON { try write(PictureFindings.json(of: error, file: name)) }
            }
            report(advice(on: error))
            status = 1
        }
        for failure in list.failures { try complain(failure, of: failure.path, isUnread: true) }
        try OrderedWork.run(
            count: items.count, threads: threads, worker: worker,
            work: { worker, index in
                Result { () throws(ImageError) in try work(worker, items[index], index) }
            },
            take: { index, result in
                switch result {
                case .success(let finding):
                    faces += finding.rows.count
                    if printsText {
                        bar.clear()
                        try write(finding.text)
                    }
                    for row in finding.rows { try table?.write(rows.text(of: row)) }
                    if let complaint = finding.complaint {
                        try complain(complaint, of: items[index].name, isUnread: false)
                    }
                case .failure(let error): try complain(error, of: items[index].name, isUnread: true)
                }
                bar.show(
                    Double(index + 1) / Double(items.count),
                    counted(index + 1, "picture") + (noun.map { ", " + counted(faces, $0) } ?? ""))
            })
        bar.clear()
        // Where no picture was read no table is written, and one that was there stays.
        if items.count + list.failures.count > unreadable { try table?.finish() }
        if items.count + list.failures.count > 1 {
            let parts =
                [counted(items.count, "picture")] + (noun.map { [counted(faces, $0)] } ?? [])
                + (unreadable > 0 ? ["\(unreadable) unreadable"] : [])
            report(parts.joined(separator: ", "))
        }
        return status
    }

    /// What is wrong, and for a video what to type.
    private func advice(on error: ImageError) -> String {
        guard case .unknownFormat(let path) = error, VideoName.isVideo(path) else { return "\(error)" }
        return "\(path): a video: raut video \(path)"
    }
}

extension ImageError {
    /// The picture, folder or copy that it is about.
    var path: String {
        switch self {
        case .unreadable(let path, _), .unknownFormat(let path), .corrupt(let path, _),
            .tooLarge(let path, _, _), .unwritable(let path, _):
            path
        }
    }
}
