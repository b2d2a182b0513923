import Analysis
import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import System
import Training

// What `raut evaluate` prints of a judgement.
extension EvaluateCommand {
    static func json(_ judgement: Judgement) throws -> String {
        let (request, evaluation) = (judgement.request, judgement.evaluation)
        let confusion = evaluation.confusion
        let rows = confusion.counts.map { "[\($0.map(String.init).joined(separator: ","))]" }
        let labels = Emotion.allCases.map { "\"\($0)\"" }.joined(separator: ",")
        let recalls = Emotion.allCases.map {
            confusion.support($0) == 0 ? "null" : decimal(confusion.recall($0), 6)
        }
        var line =
            #"{"model":\#(try quoted(request.model)),"data":\#(try quoted(request.path)),"#
            + #""usage":"\#(request.usage)","looks":\#(request.looks.rawValue),"count":\#(confusion.count),"#
            + #""accuracy":\#(decimal(evaluation.accuracy, 6)),"#
            + #""macro_f1":\#(decimal(confusion.macroF1, 6)),"#
            + #""loss":\#(decimal(evaluation.loss, 6)),"#
            + #""calibration_error":\#(decimal(evaluation.calibrationError, 6)),"#
            + #""labels":[\#(labels)],"confusion":[\#(rows.joined(separator: ","))]"#
        if !judgement.agreements.isEmpty {
            let parts = judgement.agreements.map {
                #""votes\#($0.votes)":{"count":\#($0.confusion.count),"#
                    + #""accuracy":\#(decimal($0.confusion.accuracy, 6))}"#
            }
            line += #","ferplus":{\#(parts.joined(separator: ","))}"#
        }
        line +=
            #","head":"\#(request.head.rawValue)","mean_recall":\#(decimal(confusion.meanRecall, 6)),"#
            + #""recall":[\#(recalls.joined(separator: ","))],"missed":\#(confusion.missedCount),"#
            + #""missed_of":[\#(confusion.missed.map(String.init).joined(separator: ","))],"#
            + #""joined":{"accuracy":\#(decimal(judgement.joined.accuracy, 6)),"#
            + #""mean_recall":\#(decimal(judgement.joined.confusion.meanRecall, 6)),"#
            + #""loss":\#(decimal(judgement.joined.loss, 6)),"#
            + #""calibration_error":\#(decimal(judgement.joined.calibrationError, 6))}"#
        return line + "}\n"
    }

    static func text(_ judgement: Judgement) -> String {
        let (request, evaluation) = (judgement.request, judgement.evaluation)
        let confusion = evaluation.confusion
        var lines = [
            "\(request.model), head \(request.head.rawValue), on \(confusion.count) faces of \(request.path)"
                + (request.usage == "all" ? "" : " (\(request.usage))")
                + (request.looks == .one ? "" : ", each looked at \(request.looks.rawValue) times"),
            "",
            "accuracy           \(percent(evaluation.accuracy))",
            "mean recall        \(percent(confusion.meanRecall))",
            "macro-F1           \(decimal(confusion.macroF1, 3))",
            "loss               \(decimal(evaluation.loss, 3))",
            "calibration error  \(decimal(evaluation.calibrationError, 3))",
        ]
        if confusion.missedCount > 0 {
            lines.append("faces not found    \(confusion.missedCount), each counted as wrong")
        }
        if request.head != .joined {
            lines.append(
                "heads joined       \(percent(judgement.joined.accuracy)), calibration error "
                    + decimal(judgement.joined.calibrationError, 3))
        }
        for agreement in judgement.agreements {
            let share = percent(agreement.confusion.accuracy)
            lines.append(
                "\(agreement.votes) or more of ten agree: \(share) of \(agreement.confusion.count) faces "
                    + "(head \(request.agreementHead.rawValue))")
        }
        func column(_ text: String) -> String { padded(text, 10) }
        lines.append("")
        lines.append(
            padded("labelled ↓ called →", 20) + Emotion.allCases.map { column("\($0)") }.joined()
                + (confusion.missedCount > 0 ? column("not found") : "") + column("recall")
                + column("precision"))
        for emotion in Emotion.allCases {
            lines.append(
                "\(emotion)".padding(toLength: 20, withPad: " ", startingAt: 0)
                    + confusion.counts[emotion.rawValue].map { column("\($0)") }.joined()
                    + (confusion.missedCount > 0 ? column("\(confusion.missed[emotion.rawValue])") : "")
                    + column(confusion.support(emotion) == 0 ? "–" : percent(confusion.recall(emotion)))
                    + column(confusion.called(emotion) == 0 ? "–" : percent(confusion.precision(emotion))))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
