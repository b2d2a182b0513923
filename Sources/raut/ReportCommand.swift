import Foundation
import Training

/// `raut report`: sets training runs side by side.
enum ReportCommand {
    static let command = Command(
        name: "report", summary: "set training runs side by side", operands: "DIR…",
        options: [
            Option(
                "output", "DIR", required: true,
                help: "where report.html, its charts (SVG) and tables.md go"),
            Option("data", "FILE", help: "the FER2013 the runs were trained from, to show faces"),
        ],
        example: "raut report runs/cnn runs/cnn-bilstm --output comparison"
    ) { arguments in
        let runs = try arguments.operands.map { try RunRecord(folder: $0) }
        let pictures = try arguments.string("data").map { try FER2013.read(path: $0) }
        let output = arguments.string("output") ?? ""
        try Report(runs, pictures: pictures).write(to: output)
        try StandardOutput.write("\(output)/report.html\n")
        return 0
    }
}
