import EmotionRecognition
import Faces
import Foundation
import Imaging
import NeuralNetwork

/// A page and its charts that show one run, or set several side by side.
package struct Report: Sendable {
    private let runs: [RunRecord]
    private let pictures: FaceDataSet?

    /// Takes the runs in the order shown; with `pictures`, the whole data set they were trained from, the page shows
    /// faces named rightly and wrongly.
    package init(_ runs: [RunRecord], pictures: FaceDataSet? = nil) {
        self.runs = runs
        self.pictures = pictures
    }

    /// Writes `report.html`, which needs no other file, each chart as an SVG file and the tables as `tables.md` beside
    /// it.
    package func write(to folder: String) throws {
        let folder = try RunFolder(folder)
        for (name, text) in files() { try folder.write(text, to: "\(folder.path)/\(name)") }
    }

    /// The files by their names, the page last.
    package func files() -> [(name: String, text: String)] {
        (comparison() + charts().flatMap({ $0 })).map { ("\($0.name).svg", $0.svg) } + [
            ("tables.md", tables().map(\.markdown).joined(separator: "\n")), ("report.html", html()),
        ]
    }

    private typealias NamedChart = (name: String, svg: String)

    /// The validation curves of several runs in one chart.
    private func comparison() -> [NamedChart] {
        guard runs.count > 1 else { return [] }
        func chart(_ title: String, percent: Bool, _ value: (TrainingHistory.Epoch) -> Double) -> String {
            let series = runs.enumerated().map { number, run in
                Chart.Series(
                    run.name, run.history.epochs.map(value),
                    color: ChartColor.lines[number % ChartColor.lines.count])
            }
            return Chart.lines(title: title, series, percent: percent)
        }
        return [
            ("validation-accuracy", chart("Validation accuracy", percent: true) { $0.validationAccuracy }),
            ("validation-loss", chart("Validation loss", percent: false) { $0.validationLoss }),
        ]
    }

    /// Each run's charts with the names of their files; all runs' on the same scale.
    private func charts() -> [[NamedChart]] {
        let epochs = runs.flatMap { $0.history.epochs }
        let accuracies = epochs.flatMap { [$0.trainAccuracy, $0.validationAccuracy] }
        let losses = epochs.flatMap { [$0.trainLoss, $0.validationLoss] }
        return runs.enumerated().map { number, run in
            let prefix = runs.count == 1 ? "" : "\(number + 1)-"
            let epochs = run.history.epochs
            var result: [NamedChart] = [
                (
                    "\(prefix)accuracy",
                    Chart.curves(
                        title: "Accuracy, \(run.name)", training: epochs.map(\.trainAccuracy),
                        validation: epochs.map(\.validationAccuracy), range: accuracies, percent: true)
                ),
                (
                    "\(prefix)loss",
                    Chart.curves(
                        title: "Loss, \(run.name)", training: epochs.map(\.trainLoss),
                        validation: epochs.map(\.validationLoss), range: losses, percent: false)
                ),
            ]
            if let test = run.predictions?.evaluation(ofTest: true) {
                result.append(
                    (
                        "\(prefix)confusion",
                        Chart.confusion(title: "Test faces, \(run.name)", test.confusion)
                    ))
            }
            return result
        }
    }

    private func tables() -> [ReportTable] {
        [ReportTables.summary(runs)] + ReportTables.paper(runs)
            + [ReportTables.ablation(runs), ReportTables.leak(runs)].compactMap { $0 }
    }

    private func html() -> String {
        var body = "<h1>\(runs.count == 1 ? "Training run" : "Training runs side by side")</h1>"
        body += "<p class='lead'>\(escaped(lead))</p>"
        let tables = tables()
        body += tables[0].html
        let shared = comparison()
        if !shared.isEmpty {
            body +=
                "<div class='runs'>"
                + shared.map { "<figure>\($0.svg)</figure>" }.joined() + "</div>"
        }
        body += tables.dropFirst().map(\.html).joined()
        body += "<div class='runs'>"
        for (run, charts) in zip(runs, charts()) {
            body += "<section><h2>\(escaped(run.name))</h2><p class='note'>\(escaped(run.circumstances))</p>"
            for (_, svg) in charts { body += "<figure>\(svg)</figure>" }
            body += examples(run) + "</section>"
        }
        body += "</div>"
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" \
            content="width=device-width,initial-scale=1"><title>Raut: training report</title>
            <style>\(Self.style)</style><main>\(body)</main></html>

            """
    }

    /// What came out, in a sentence or two.
    private var lead: String {
        let claims: [Architecture: String] = [.cnn: "70 %", .cnnBiLSTM: "95 %"]
        var sentences: [String] = []
        for architecture in Architecture.allCases {
            let all = runs.filter { $0.architecture == architecture.rawValue }
            let longest = all.max { $0.history.epochs.count < $1.history.epochs.count }
            guard let run = longest, let last = run.history.epochs.last else { continue }
            var sentence =
                "\(run.architectureName) ends at \(shareText(last.validationAccuracy)) validation accuracy after "
                + "\(last.epoch) epochs"
            if let claim = claims[architecture] {
                sentence += "; Sutarti and Syaqqialloh (2025) claim \(claim)"
            }
            sentences.append(sentence + ".")
        }
        return sentences.joined(separator: " ")
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1f26;--faint:#6b7280;--paper:#fff;--line:#e5e7eb}
        @media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--faint:#9aa3b2;--paper:#14171c;--line:#2c323d}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
        main{max-width:1180px;margin:0 auto;padding:40px 24px}h1{font-size:30px;letter-spacing:-.02em;margin:0 0 24px}
        h2{font-size:20px;margin:36px 0 10px}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
        th,td{text-align:left;padding:8px 14px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th{font-weight:600}
        .lead{font-size:18px;max-width:760px;margin:0 0 8px}
        small,.note{color:var(--faint);font-size:13px}.runs{display:grid;gap:0 40px;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
        figure{margin:0 0 24px;max-width:620px}svg{width:100%;height:auto}.faces{display:grid;grid-template-columns:repeat(7,1fr);gap:10px;max-width:620px}
        .faces div{margin-bottom:6px;font-size:11px;line-height:1.3;color:var(--faint)}.faces img{width:100%;border-radius:6px;display:block;margin-bottom:4px}.faces b{color:var(--ink);font-weight:600}
        """

    /// The surest right and the surest wrong answers on test faces, some of each emotion.
    private func examples(_ run: RunRecord) -> String {
        guard let pictures, let rows = run.predictions?.rows.filter(\.isTest) else { return "" }
        let sorted = rows.filter { $0.image < pictures.count }
            .sorted { $0.probabilities.confidence > $1.probabilities.confidence }
        var result = ""
        for (title, wanted) in [("Surely right", true), ("Surely wrong", false)] {
            var faces = ""
            for emotion in Emotion.allCases {
                let chosen = sorted.filter {
                    $0.label == emotion.rawValue && ($0.probabilities.mostLikely == emotion) == wanted
                }
                for row in chosen.prefix(2) { faces += example(row, of: pictures) }
            }
            result +=
                "<h2>\(title)</h2><p class='note'>The two of each emotion that the network is surest of.</p>"
                + "<div class='faces'>\(faces)</div>"
        }
        return result
    }

    private func example(_ row: PredictionTable.Row, of pictures: FaceDataSet) -> String {
        var image = GrayImage()
        pictures.copyImage(row.image, into: &image)
        guard let png = try? ImageFile.encodePNG(image) else { return "" }
        let label = Emotion(rawValue: row.label).map { "\($0)" } ?? "?"
        let answer = "\(row.probabilities.mostLikely)"
        let confidence = Int((Double(row.probabilities.confidence) * 100).rounded(.down))
        return "<div><img alt='' src='data:image/png;base64,\(Data(png).base64EncodedString())'>"
            + (answer == label ? "<b>\(answer)</b>" : "<b>\(answer)</b>, not \(label)")
            + "<br>\(confidence) %</div>"
    }
}
