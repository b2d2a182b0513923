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
    }

    package static let command = Command(
        name: "report", summary: "a day's page from events; or training runs side by side",
        operands: "DIR|FILE.jsonl|-…", options: Options.self,
        notes: [
            "A DIR is one that 'raut run --log-events DIR' fills, a FILE.jsonl holds its event lines, - reads them from",
            "standard input. Without --output and --csv the page is raut-DAY.html in the working directory.",
            "DIRs of 'raut train' need --output DIR.",
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
        let record = try read(operand, day: arguments.day)
        if let broken = record.brokenWords { Program.report("\(operand): left out \(broken)") }
        guard record.lineCount > record.brokenCount || record.brokenCount == 0 else {
            throw Failure(description: "\(operand): no line of it is an event")
        }
        if record.visits.isEmpty { Program.report("\(operand): no face in it") }
        if let path = arguments.csv { try write(record.csv, to: path) }
        if let path = arguments.output {
            try write(DayPage(record).html, to: path)
        } else if arguments.csv == nil {
            let path = "raut-\(record.range.map { EventDay(of: $0.lowerBound).description } ?? "day").html"
            guard FileSystem.kind(of: path) == nil || isOwnPage(path) else {
                throw Failure(description: "\(path): there is a file of another kind: give --output F.html")
            }
            try write(DayPage(record).html, to: path)
            try StandardOutput.write(path + "\n")
        }
        return 0
    }

    /// The events that an operand names.
    private static func read(_ operand: String, day: EventDay?) throws -> DayRecord {
        var record = DayRecord()
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
            try EventLogFile.read(day, in: operand) { record.add($1, run: $0) }
        } else {
            guard day == nil else { throw UsageError(description: "--day is for a folder of logs") }
            try eachLine(of: operand) { record.add($0) }
        }
        record.finish()
        return record
    }

    /// Gives each line of a file, or of standard input, to `body`; a line that is too long to be an event is cut.
    private static func eachLine(of path: String, _ body: (String) -> Void) throws {
        let descriptor =
            path == "-"
            ? dup(STDIN_FILENO) : FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Failure(description: "\(path): cannot read it: \(Errno.last)") }
        let file = OpenFile(descriptor: descriptor)
        var (line, room) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count: Int
            do {
                let got = room.withUnsafeMutableBytes { bytes in
                    Result { () throws(Errno) in try file.read(into: bytes) }
                }
                count = try got.get()
            } catch {
                throw Failure(description: "\(path): cannot read it: \(error)")
            }
            guard count > 0 else { break }
            for byte in room[..<count] {
                if byte == UInt8(ascii: "\n") {
                    body(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else if line.count < 1 << 20 {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { body(String(decoding: line, as: UTF8.self)) }
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path)
        try file.write(text)
        try file.finish()
    }

    /// True for a page that this command has made.
    private static func isOwnPage(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path), let start = try? file.read(upToCount: 400) else {
            return false
        }
        return String(decoding: start, as: UTF8.self).contains(DayPage.mark)
    }

    private static func isTrainingRun(_ operand: String) -> Bool {
        FileSystem.isFolder(operand) && EventLogFile.days(in: operand).isEmpty
            && FileSystem.kind(of: "\(operand)/log.csv") != nil
    }

    private static func compare(_ arguments: Arguments<Options>) throws -> Int32 {
        guard let output = arguments.output else {
            throw UsageError(description: "training runs need --output DIR: see 'raut report --help'")
        }
        let runs = try arguments.operands.map { try RunRecord(folder: $0) }
        let pictures = try arguments.data.map { try FER2013.read(path: $0) }
        try Report(runs, pictures: pictures).write(to: output)
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
