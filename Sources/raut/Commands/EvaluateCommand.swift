import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import System
import Training

/// `raut evaluate`: what a model's answers on labelled faces are worth.
enum EvaluateCommand {
    struct Options: OptionGroup {
        let model = Option("model", .path("MODEL"), standard: "raut", help: "a model file, or its name")
        let data = Option(
            required: "data", .path("PATH"),
            help: "FER2013's layout, plain or .xz, or a folder with one folder an emotion")
        let usage = Option(
            "usage", .choice("PART", of: Usage.allCases.map(\.rawValue) + ["all"]),
            help: "which part of FER2013; PrivateTest unless given")
        let ferplus = Option(
            "ferplus", .path("FILE"), help: "FER+'s votes (fer2013new.csv): judge where people agree, too")
        let head = Option<JudgedHead?>(
            "head", .choice("HEAD"),
            help: "which answers; unless given fer2013 for FER2013's labels, ferplus for FER+'s where the "
                + "model has it, joined for a folder")
        let mirror = Option("mirror", help: "show each face mirrored as well and average both answers")
        let threads = Option(
            "threads", .whole("N", 1...256),
            help: "threads that share the faces; as many as processors unless given")
        let pictures = Option(
            "pictures", .path("DIR"),
            help: "write there, as SVG, the confusion matrices and how sure answers are against how right")
        let json = Option("json", help: "one JSON object")
    }

    static let command = Command(
        name: "evaluate", summary: "judge a model on labelled faces", options: Options.self,
        example: "raut evaluate --model raut --data fer2013.csv --ferplus fer2013new.csv",
        run: run)

    /// What is judged, and how it is called.
    private struct Request {
        var model: String
        var path: String
        var usage: String
        var head: JudgedHead
        var agreementHead: JudgedHead
    }

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let path = arguments.data
        let threads = arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(arguments.model))
        let hasVotesHead = recognizer.configuration.heads.contains(.ferplus)
        let chosen = arguments.head
        if chosen == .ferplus, !hasVotesHead {
            throw Failure(description: "\(recognizer.modelName) has no second head: leave out --head ferplus")
        }
        var status: Int32 = 0
        var request = Request(
            model: recognizer.modelName, path: path, usage: "all", head: chosen ?? .fer2013,
            agreementHead: chosen ?? (hasVotesHead ? .ferplus : .fer2013))
        var data: FaceDataSet
        if FileSystem.isFolder(path) {
            if let option = [
                arguments.ferplus.map { _ in "ferplus" }, arguments.usage.map { _ in "usage" },
            ].lazy.compactMap({ $0 }).first {
                throw UsageError(description: "--\(option) is for FER2013, \(path) is a folder of pictures")
            }
            let contents = try EmotionFolder.read(path: path)
            for name in contents.otherFolders {
                CommandLineInterface.report("\(path)/\(name): left out, it names none of the seven emotions")
            }
            for failure in contents.failures { CommandLineInterface.report("\(failure)") }
            status = contents.failures.isEmpty ? 0 : 1
            data = contents.data
            request.head = chosen ?? .joined
        } else {
            data = try FER2013.read(path: path)
            if let votes = arguments.ferplus { try FERPlus.read(path: votes, into: &data) }
            request.usage = arguments.usage ?? Usage.privateTest.rawValue
            if let usage = Usage(rawValue: request.usage) { data = data.part(usage) }
            guard data.count > 0 else {
                throw Failure(description: "\(path): no image with the Usage \(request.usage)")
            }
        }
        let predictions = ModelPredictions(
            recognizer, on: data, mirrored: arguments.mirror, threads: threads)
        let evaluation = Evaluation(predictions[request.head] ?? [], labels: data.labels)
        var agreements: [AgreementEvaluation] = []
        if let votes = data.votes, let answers = predictions[request.agreementHead] {
            agreements = [6, 8].map { AgreementEvaluation(answers, votes: votes, atLeast: $0) }
        }
        if let folder = arguments.pictures {
            try writePictures(to: folder, request, evaluation, agreements)
        }
        try StandardOutput.write(
            arguments.json
                ? json(request, evaluation, agreements) : text(request, evaluation, agreements))
        return status
    }

    private static func writePictures(
        to folder: String, _ request: Request, _ evaluation: Evaluation, _ agreements: [AgreementEvaluation]
    ) throws {
        let target = try RunFolder(folder)
        let faces = request.usage == "all" ? "all faces" : request.usage
        func write(_ chart: String, _ name: String) throws {
            try target.write(chart, to: "\(target.path)/\(request.model)-\(name).svg")
        }
        try write(
            Chart.confusion(
                title: "\(request.model) on \(faces), head \(request.head.rawValue)", evaluation.confusion),
            "\(request.head.rawValue)-confusion")
        try write(
            Chart.calibration(
                title: "\(request.model) on \(faces), head \(request.head.rawValue)", evaluation),
            "\(request.head.rawValue)-calibration")
        for agreement in agreements {
            try write(
                Chart.confusion(
                    title: "\(request.model) on \(faces), \(agreement.votes) of ten agree",
                    agreement.confusion),
                "agree\(agreement.votes)-confusion")
        }
    }

    private static func json(
        _ request: Request, _ evaluation: Evaluation, _ agreements: [AgreementEvaluation]
    ) throws -> String {
        let rows = evaluation.confusion.counts.map { "[\($0.map(String.init).joined(separator: ","))]" }
        let labels = Emotion.allCases.map { "\"\($0)\"" }.joined(separator: ",")
        var line =
            #"{"model":\#(try quoted(request.model)),"data":\#(try quoted(request.path)),"#
            + #""usage":"\#(request.usage)","count":\#(evaluation.confusion.count),"#
            + #""accuracy":\#(decimal(evaluation.accuracy, 6)),"#
            + #""macro_f1":\#(decimal(evaluation.confusion.macroF1, 6)),"#
            + #""loss":\#(decimal(evaluation.loss, 6)),"#
            + #""calibration_error":\#(decimal(evaluation.calibrationError, 6)),"#
            + #""labels":[\#(labels)],"confusion":[\#(rows.joined(separator: ","))]"#
        if !agreements.isEmpty {
            let parts = agreements.map {
                #""votes\#($0.votes)":{"count":\#($0.confusion.count),"#
                    + #""accuracy":\#(decimal($0.confusion.accuracy, 6))}"#
            }
            line += #","ferplus":{\#(parts.joined(separator: ","))}"#
        }
        return line + "}\n"
    }

    private static func text(
        _ request: Request, _ evaluation: Evaluation, _ agreements: [AgreementEvaluation]
    ) -> String {
        let confusion = evaluation.confusion
        var lines = [
            "\(request.model), head \(request.head.rawValue), on \(confusion.count) faces of \(request.path)"
                + (request.usage == "all" ? "" : " (\(request.usage))"),
            "",
            "accuracy           \(percent(evaluation.accuracy))",
            "macro-F1           \(decimal(confusion.macroF1, 3))",
            "loss               \(decimal(evaluation.loss, 3))",
            "calibration error  \(decimal(evaluation.calibrationError, 3))",
        ]
        for agreement in agreements {
            let share = percent(agreement.confusion.accuracy)
            lines.append(
                "\(agreement.votes) or more of ten agree: \(share) of \(agreement.confusion.count) faces "
                    + "(head \(request.agreementHead.rawValue))")
        }
        func column(_ text: String) -> String { padded(text, 10) }
        lines.append("")
        lines.append(
            padded("labelled ↓ called →", 20) + Emotion.allCases.map { column("\($0)") }.joined()
                + column("recall") + column("precision"))
        for emotion in Emotion.allCases {
            lines.append(
                "\(emotion)".padding(toLength: 20, withPad: " ", startingAt: 0)
                    + confusion.counts[emotion.rawValue].map { column("\($0)") }.joined()
                    + column(percent(confusion.recall(emotion)))
                    + column(percent(confusion.precision(emotion))))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
