import Foundation
import Training

/// `raut report`: sets training runs side by side.
enum ReportCommand {
    struct Options: OptionGroup {
        let output = Option(
            required: "output", .path("DIR"), help: "where report.html, its charts (SVG) and tables.md go")
        let data = Option(
            "data", .path("FILE"), help: "the FER2013 the runs were trained from, to show faces")
    }

    static let command = Command(
        name: "report", summary: "set training runs side by side", operands: "DIR…", options: Options.self,
        example: "raut report runs/cnn runs/cnn-bilstm --output comparison"
    ) { arguments in
        let runs = try arguments.operands.map { try RunRecord(folder: $0) }
        let pictures = try arguments.data.map { try FER2013.read(path: $0) }
        try Report(runs, pictures: pictures).write(to: arguments.output)
        try StandardOutput.write("\(arguments.output)/report.html\n")
        return 0
    }
}
