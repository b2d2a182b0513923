import Analysis
import Events
import Foundation
import System
import Training

/// `raut report`: the page of a day from events, or training runs side by side.
package enum ReportCommand {
    struct Options: OptionGroup {
        let output = Option(
            "output", .path("F.html-or-DIR"),
            help: "the day's page; of training runs the folder for report.html, its charts and tables.md")
        let csv = Option(
            "csv", .path("FILE"), help: "a table of the day with a row a visit; - is standard output")
        let day = Option(
            "day", .day, help: "which day of a log, such as 2026-11-23; the newest unless given")
        let data = Option(
            "data", .path("FILE"),
            help: "of training runs: the FER2013 that they were trained from, to show faces")
        let replace = ReplaceOptions().replace
    }

    package static let command = Command(
        name: "report", summary: "a day's page from events; or training runs side by side",
        operands: "DIR|FILE.jsonl|-…", options: Options.self,
        notes: [
            "A DIR is one that 'raut run --log-events DIR' fills, a FILE.jsonl holds its event lines, - reads them from",
            "standard input. Without --output and --csv the page is raut-DAY.html in the working directory.",
            "The page counts the seconds in which an emotion was the one named; the table has the mean probability of",
            "each over a visit, as its 'left' event says it. DIRs of 'raut train' need --output DIR.",
        ],
        example: "raut report /var/log/raut --output today.html", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let others = arguments.operands.filter { !isTrainingRun($0) }
        if others.isEmpty { return try compare(arguments) }
        if let other = others.first, others.count < arguments.operands.count {
            throw Failure(
                description:
                    "\(other): no folder of 'raut train', as the others are: there is no log.csv in it")
        }
        guard arguments.operands.count == 1, let operand = arguments.operands.first else {
            throw UsageError(
                description: "one log of events at a time: \(arguments.operands.joined(separator: ", "))")
        }
        // Begun first, so that what can't be written is told before the work.
        let begin = { (path: String) throws(Failure) in
            try OutputFile(path, replaces: arguments.replace, inputs: arguments.operands)
        }
        let (page, table) = (try arguments.output.map(begin), try arguments.csv.map(begin))
        let record = try read(operand, day: arguments.day)
        if let broken = record.brokenWords { Program.report("\(operand): left out \(broken)") }
        guard record.eventCount > 0 || record.brokenCount == 0 else {
            throw Failure(description: "\(operand): no line of it is an event")
        }
        if record.visits.isEmpty { Program.report("\(operand): no face in it") }
        if let table { try finish(table, with: record.csv) }
        if let page { try finish(page, with: DayPage(record).html) }
        if page == nil, table == nil {
            // The name is ours to choose: one that nobody has.
            let name = "raut-\(record.range.map { EventDay(of: $0.lowerBound).description } ?? "day").html"
            let path = NewFile.free(name) { NewFile.isKept($0) && !arguments.replace }
            try finish(OutputFile(path, replaces: arguments.replace), with: DayPage(record).html)
            try StandardOutput.write(path + "\n")
        }
        try tell([arguments.output, arguments.csv].compactMap(\.self))
        return 0
    }

    /// Says which files were written: on standard output, unless one of them went there.
    private static func tell(_ written: [String]) throws {
        let files = written.filter { $0 != "-" }
        guard files.count == written.count else { return files.forEach { Program.report("\($0): written") } }
        for file in files { try StandardOutput.write("\(file)\n") }
    }

    private static func finish(_ file: OutputFile, with text: String) throws {
        try file.write(text)
        try file.finish()
    }

    /// The events that an operand names.
    private static func read(_ operand: String, day: EventDay?) throws -> DayRecord {
        var record = DayRecord()
        let bar = ProgressBar()
        if FileSystem.isFolder(operand) {
            let days = EventLogFile.days(in: operand).map(\.day)
            guard let day = day ?? days.last else {
                throw Failure(
                    description:
                        "\(operand): neither a log of events nor a training run: no YYYY-MM-DD.sqlite in it")
            }
            guard days.contains(day) else {
                throw Failure(
                    description:
                        "\(operand): no events of \(day): there is \(days.map(\.description).joined(separator: ", "))"
                )
            }
            try EventLogFile.read(day, in: operand, { record.add($1, run: $0) }) { share in
                bar.show(share, "\(operand): \(counted(record.lineCount, "line"))")
            }
        } else {
            guard day == nil else { throw UsageError(description: "--day is for a folder of logs") }
            try eachLine(of: operand, { record.add($0) }) { share in
                bar.show(share, "\(operand): \(counted(record.lineCount, "line"))")
            }
        }
        bar.clear()
        record.finish()
        return record
    }

    /// Bytes of a line beyond which it is no event, and the rest is let go.
    private static let longestLine = 1 << 20

    /// Gives each line of a file, or of standard input, to `body`; a line that is too long to be an event is cut.
    ///
    /// - Parameter onProgress: told now and then how much of the file is read, from 0 to 1; 0 of a pipe.
    private static func eachLine(
        of path: String, _ body: ([UInt8]) -> Void, onProgress: (Double) -> Void
    ) throws(Failure) {
        let descriptor =
            path == "-"
            ? dup(STDIN_FILENO) : FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Failure(description: "\(path): cannot read it: \(Errno.last)") }
        let file = OpenFile(descriptor: descriptor)
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        let kind = isKnown ? status.st_mode & S_IFMT : 0
        guard path == "-" || kind != S_IFCHR && kind != S_IFBLK else {
            throw Failure(description: "\(path): cannot read it: \(FileReadError.isDevice)")
        }
        let size = isKnown && file.isRegular ? Double(status.st_size) : 0
        var (line, room, done) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16), 0.0)
        while true {
            let got = room.withUnsafeMutableBytes { bytes in
                Result { () throws(Errno) in try file.read(into: bytes) }
            }
            let count: Int
            switch got {
            case .success(0):
                if !line.isEmpty { body(line) }
                return
            case .success(let some): count = some
            case .failure(let error): throw Failure(description: "\(path): cannot read it: \(error)")
            }
            var rest = room[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line.append(contentsOf: rest[..<end].prefix(longestLine - line.count))
                body(line)
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            line.append(contentsOf: rest.prefix(longestLine - line.count))
            done += Double(count)
            onProgress(size > 0 ? done / size : 0)
        }
    }

    private static func isTrainingRun(_ operand: String) -> Bool {
        FileSystem.isFolder(operand) && EventLogFile.days(in: operand).isEmpty
            && FileSystem.kind(of: "\(operand)/log.csv") != nil
    }

    private static func compare(_ arguments: Arguments<Options>) throws -> Int32 {
        for (name, isGiven) in [("csv", arguments.csv != nil), ("day", arguments.day != nil)] where isGiven {
            throw UsageError(description: "--\(name) is for a log of events, not for training runs")
        }
        guard let output = arguments.output else {
            throw UsageError(description: "training runs need --output DIR: see 'raut report --help'")
        }
        try OutputFile.guardFolder(output)
        if FileSystem.isFolder(output) {
            try OutputFile.guardFree("\(output)/report.html", replaces: arguments.replace, content: .text)
        }
        let runs = try arguments.operands.map { try RunRecord(folder: $0) }
        let pictures = try arguments.data.map { try FER2013.read(path: $0) }
        let files = Report(runs, pictures: pictures).files()
        let folder = try RunFolder(output)
        for (name, _) in files {
            try OutputFile.guardFree("\(output)/\(name)", replaces: arguments.replace, content: .text)
        }
        for (name, text) in files { try folder.write(text, to: "\(output)/\(name)") }
        try StandardOutput.write("\(output)/report.html\n")
        return 0
    }
}

extension OptionFormat where Value == EventDay {
    /// A day such as `2026-11-23`.
    static var day: Self {
        Self("DAY") { word throws(UnusableValue) in
            guard let day = EventDay(word) else {
                throw UnusableValue("'\(word)': expected a day such as 2026-11-23")
            }
            return day
        }
    }
}
