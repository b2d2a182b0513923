import Analysis
import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import System
import Training

/// `raut evaluate`: what a model's answers on labelled faces are worth.
package enum EvaluateCommand {
    package struct Options: OptionGroup {
        let model = Option(
            "model", .path("MODEL,…"), standard: "raut",
            help: "a model file, or its name; of several the mean of their answers is judged")
        let precision = Option<Precision?>(
            "precision", .choice("NUMBERS"),
            help: "floats unless given, or eight-bit integers where the model is ready for them")
        let usage = Option(
            "usage", .choice("PART", of: Usage.allCases.map(\.rawValue) + ["all"]),
            help: "which part of FER2013, PrivateTest unless given; of a folder the part validation "
                + "(PublicTest), test (PrivateTest) or train as training would take it, all unless given")
        let head = Option<JudgedHead?>(
            "head", .choice("HEAD"),
            help: "which answers; unless given fer2013 for FER2013's labels, ferplus for FER+'s where the "
                + "model has it, joined for a folder")
        let looks = Option<PictureLooks?>(
            "looks", .choice("N"),
            help: "how often each face is looked at, as 'raut image --looks'; unless given "
                + "\(PictureLooks.standard.rawValue) for a folder, as pictures are, and 1 for FER2013")
        let mirror = Option(
            "mirror",
            help: "show each face as it is and mirrored, and average both answers, in place of --looks")
        let threads = Option(
            "threads", .whole("N", 1...256),
            help: "threads that share the faces; as many as processors unless given")
        let pictures = Option(
            "pictures", .path("DIR"),
            help: "write there, as SVG, the confusion matrices and how sure answers are against how right")
        let replace = ReplaceOptions().replace
        let json = Option("json", help: "one JSON object for each --data")
        let labelled = LabelledDataOptions()

        package init() {}
    }

    package static let command = Command(
        name: "evaluate", summary: "judge a model on labelled faces", options: Options.self,
        notes: [
            "Faces in a folder's pictures are found as 'raut image' finds them; a picture in which none is found",
            "counts as wrong. Pictures of 48×48 are faces as they are, and small ones in which none is found.",
        ],
        example: "raut evaluate --model raut --data fer2013.csv --ferplus fer2013new.csv",
        run: run)

    /// What is judged, and how it is called.
    struct Request {
        var model: String
        var path: String
        var usage: String
        var head: JudgedHead
        var agreementHead: JudgedHead
        var looks: PictureLooks
    }

    /// What came out for one `--data`.
    struct Judgement {
        var request: Request
        var evaluation: Evaluation
        /// By all heads together, as `raut run` shows them.
        var joined: Evaluation
        var agreements: [AgreementEvaluation]
    }

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let (text, status) = try judge(arguments)
        try StandardOutput.write(text)
        return status
    }

    /// What is to be written, and the exit status.
    package static func judge(_ arguments: Arguments<Options>) throws -> (text: String, status: Int32) {
        let threads = arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let models = try ModelOptions.paths(arguments.model, of: "model")
        let recognizers = try models.map {
            try EmotionRecognizer(modelAt: $0, precision: arguments.precision ?? .float)
        }
        let name = recognizers.map(\.modelName).joined(separator: ",")
        let hasVotesHead = recognizers.contains { $0.configuration.heads.contains(.ferplus) }
        let chosen = arguments.head
        if let chosen, let head = Head(rawValue: chosen.rawValue),
            !recognizers.contains(where: { $0.configuration.heads.contains(head) })
        {
            throw Failure(
                description: "\(name) has no head \(head.rawValue): leave out --head \(head.rawValue)")
        }
        if arguments.mirror, arguments.looks != nil {
            throw UsageError(description: "--mirror looks twice, in place of --looks: leave one out")
        }
        let usage = arguments.usage
        let paths = arguments.labelled.data
        if arguments.labelled.ferplus != nil, let only = paths.first, paths.allSatisfy(DataSources.isFolder) {
            throw UsageError(description: "--ferplus is for FER2013, \(only) is a folder of pictures")
        }
        let heads = paths.map { chosen ?? (DataSources.isFolder($0) ? .joined : .fer2013) }
        if let folder = arguments.pictures {
            try guardPictures(in: folder, of: name, heads, replaces: arguments.replace)
        }
        if !paths.allSatisfy(DataSources.isFolder) { try models.forEach(ModelOptions.warnOfSplit) }
        let (interrupt, display) = (InterruptSignal(), TrainingDisplay(epochs: 0))
        let data: DataSources
        do {
            data = try arguments.labelled.read(
                usages: usage.flatMap { Usage(rawValue: $0) }.map { [$0] } ?? Set(Usage.allCases),
                threads: threads, display, shouldStop: { interrupt.isRaised })
        } catch is Stopped {
            return ("", 130)
        }

        var judgements: [Judgement] = []
        for (number, source) in data.sources.enumerated() {
            let request = Request(
                model: name, path: source.path,
                usage: usage ?? (source.isFolder ? "all" : Usage.privateTest.rawValue),
                head: heads[number],
                agreementHead: chosen ?? (hasVotesHead ? .ferplus : .fer2013),
                looks: arguments.looks ?? (source.isFolder && !arguments.mirror ? .standard : .one))
            let part = Usage(rawValue: request.usage)
            let faces = data.faces.subset(
                (0..<data.faces.count).filter {
                    data.faces.source(of: $0) == number && (part == nil || data.faces.usages[$0] == part)
                })
            let missed = source.missed.filter { part == nil || $0.usage == part }.map(\.emotion.rawValue)
            guard faces.count + missed.count > 0 else {
                throw Failure(description: nothing(in: source, of: part))
            }
            let answers: [ModelPredictions]
            do {
                answers = try recognizers.enumerated().map { place, recognizer in
                    try ModelPredictions(
                        recognizer, on: faces, looks: request.looks, mirrored: arguments.mirror,
                        threads: threads,
                        shouldStop: { interrupt.isRaised },
                        onProgress: {
                            let done = (Double(place) + $0) / Double(recognizers.count)
                            display.part("of \(source.path) judged", done)
                        })
                }
            } catch is Stopped {
                return ("", 130)
            }
            let predictions = ModelPredictions(meanOf: answers)
            func evaluation(_ head: JudgedHead) -> Evaluation {
                Evaluation(predictions[head] ?? [], labels: faces.labels, missed: missed)
            }
            var agreements: [AgreementEvaluation] = []
            if faces.hasVotes, let votes = faces.votes, let answers = predictions[request.agreementHead] {
                agreements = [6, 8].map { AgreementEvaluation(answers, votes: votes, atLeast: $0) }
            }
            judgements.append(
                Judgement(
                    request: request, evaluation: evaluation(request.head), joined: evaluation(.joined),
                    agreements: agreements))
        }
        var text = ""
        for (number, judgement) in judgements.enumerated() {
            if let folder = arguments.pictures {
                try writePictures(to: folder, number, replaces: arguments.replace, judgement)
            }
            text += arguments.json ? try json(judgement) : self.text(judgement)
        }
        if judgements.count > 1, !arguments.json {
            let mean = judgements.reduce(0) { $0 + $1.evaluation.accuracy } / Double(judgements.count)
            text += "mean accuracy of \(judgements.count) sets: \(percent(mean))\n"
        }
        return (text, data.sources.contains { !$0.failures.isEmpty } ? 1 : 0)
    }

    /// What is wrong with a source that has nothing to judge by, and what could be judged instead.
    private static func nothing(in source: DataSources.Source, of part: Usage?) -> String {
        guard let part else { return "\(source.path): none of its pictures can be read" }
        let others = Usage.allCases.compactMap { usage in
            source.counts[usage].map { "--usage \(usage.rawValue) for its \($0) of that" }
        }
        return "\(source.path): no \(source.isFolder ? "picture" : "image") with the Usage \(part.rawValue)"
            + (others.isEmpty ? "" : "; " + others.joined(separator: ", "))
    }

    /// Where a picture of one `--data` goes, by its place among them.
    private static func picture(
        _ kind: String, of model: String, _ number: Int, in folder: String
    ) -> String {
        "\(folder)/\(model)-\(kind)\(number > 0 ? "-\(number + 1)" : "").svg"
    }

    /// Refuses pictures that can't be written, or would take the place of others, before faces are judged.
    private static func guardPictures(
        in folder: String, of model: String, _ heads: [JudgedHead], replaces: Bool
    ) throws(Failure) {
        try OutputFile.guardFolder(folder)
        guard FileSystem.isFolder(folder) else { return }
        for (number, head) in heads.enumerated() {
            for kind in ["confusion", "calibration"] {
                let path = picture("\(head.rawValue)-\(kind)", of: model, number, in: folder)
                try OutputFile.guardFree(path, replaces: replaces, content: .text)
            }
        }
    }

    private static func writePictures(
        to folder: String, _ number: Int, replaces: Bool, _ judgement: Judgement
    ) throws {
        let (request, target) = (judgement.request, try RunFolder(folder))
        let faces = request.usage == "all" ? "all faces" : request.usage
        func write(_ chart: String, _ kind: String) throws {
            let path = picture(kind, of: request.model, number, in: target.path)
            try OutputFile.guardFree(path, replaces: replaces, content: .text)
            try target.write(chart, to: path)
        }
        let title = "\(request.model) on \(faces)"
        try write(
            Chart.confusion(
                title: "\(title), head \(request.head.rawValue)", judgement.evaluation.confusion),
            "\(request.head.rawValue)-confusion")
        try write(
            Chart.calibration(title: "\(title), head \(request.head.rawValue)", judgement.evaluation),
            "\(request.head.rawValue)-calibration")
        for agreement in judgement.agreements {
            try write(
                Chart.confusion(title: "\(title), \(agreement.votes) of ten agree", agreement.confusion),
                "agree\(agreement.votes)-confusion")
        }
    }
}
