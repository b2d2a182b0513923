import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork

/// A page and its charts that show one run, or set several side by side.
public struct Report: Sendable {
    private let runs: [RunRecord]
    private let pictures: FaceDataSet?

    /// Takes the runs in the order shown; with `pictures`, the whole data set they were trained from, the page shows
    /// faces named rightly and wrongly.
    public init(_ runs: [RunRecord], pictures: FaceDataSet? = nil) {
        self.runs = runs
        self.pictures = pictures
    }

    /// Writes `report.html`, which needs no other file, and each chart as an SVG file beside it.
    public func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, chart) in charts().flatMap({ $0 }) {
            try AtomicFile.write(Data(chart.utf8), to: "\(folder)/\(name).svg")
        }
        try AtomicFile.write(Data(html().utf8), to: "\(folder)/report.html")
    }

    /// Each run's charts with the names of their files.
    private func charts() -> [[(name: String, svg: String)]] {
        runs.enumerated().map { number, run in
            let prefix = runs.count == 1 ? "" : "\(number + 1)-"
            let epochs = run.history.epochs
            var result = [
                (
                    "\(prefix)accuracy",
                    Chart.curves(
                        title: "Accuracy, \(run.name)", training: epochs.map(\.trainAccuracy),
                        validation: epochs.map(\.validationAccuracy), percent: true)
                ),
                (
                    "\(prefix)loss",
                    Chart.curves(
                        title: "Loss, \(run.name)", training: epochs.map(\.trainLoss),
                        validation: epochs.map(\.validationLoss), percent: false)
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

    private func html() -> String {
        let statistics = runs.map { HistoryStatistics($0.history) }
        var body = "<h1>\(runs.count == 1 ? "Training run" : "Training runs side by side")</h1>"
        body += summary()
        body += table(
            "Accuracy", statistics.compactMap { $0?.accuracy },
            note: "The paper claims 70 % (CNN) and 95 % (CNN-BiLSTM) validation accuracy.")
        body += table("Loss", statistics.compactMap { $0?.loss }, note: "")
        body += "<div class='runs'>"
        for (run, charts) in zip(runs, charts()) {
            body += "<section><h2>\(escaped(run.name))</h2>"
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

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1f26;--faint:#6b7280;--paper:#fff;--line:#e5e7eb}
        @media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--faint:#9aa3b2;--paper:#14171c;--line:#2c323d}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
        main{max-width:1180px;margin:0 auto;padding:40px 24px}h1{font-size:30px;letter-spacing:-.02em;margin:0 0 24px}
        h2{font-size:20px;margin:36px 0 10px}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
        th,td{text-align:left;padding:8px 14px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th{font-weight:600}
        small,.note{color:var(--faint);font-size:13px}.runs{display:grid;gap:0 40px;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
        figure{margin:0 0 24px;max-width:620px}svg{width:100%;height:auto}.faces{display:flex;flex-wrap:wrap;gap:10px}
        .faces div{width:84px;font-size:11px;line-height:1.3;color:var(--faint)}.faces img{width:84px;border-radius:6px;display:block}
        """

    /// What was trained, and what came out, a row a run.
    private func summary() -> String {
        let heads = [
            "Run", "Network", "Split", "Epochs", "Validation", "Test", "Test, no copies", "Disgust", "Fear",
        ]
        var rows = "<tr>" + heads.map { "<th>\($0)</th>" }.joined() + "</tr>"
        for run in runs {
            let last = run.history.epochs.last?.validationAccuracy ?? 0
            let test = run.predictions?.evaluation(ofTest: true)
            let fresh = run.predictions?.evaluation(ofTest: true, withoutCopies: true)
            let check = run.predictions?.evaluation(ofTest: false)
            let planned = run.facts["epochs"] == nil ? " so far" : ""
            let cells = [
                run.name, run.architecture, run.facts["split"] ?? "–",
                "\(run.history.epochs.count)\(planned)", Self.share(last), Self.share(test?.accuracy),
                Self.share(fresh?.accuracy), Self.share(check?.confusion.recall(.disgust)),
                Self.share(check?.confusion.recall(.fear)),
            ]
            rows += "<tr>" + cells.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
        }
        return "<div class='scroll'><table>\(rows)</table></div><p class='note'>Test, no copies: without the "
            + "faces of which the training part holds a byte-identical one. Disgust, fear: their recall on "
            + "validation faces. A dash: the run has not ended, or did not keep it.</p>"
    }

    private func table(_ title: String, _ columns: [[HistoryStatistics.Row]], note: String) -> String {
        guard let first = columns.first, columns.count == runs.count else { return "" }
        var rows =
            "<tr><th>\(title)</th>" + runs.map { "<th class='n'>\(escaped($0.name))</th>" }.joined()
            + "</tr>"
        for (place, row) in first.enumerated() {
            let values = columns.map { column in
                let value = column[place].value
                let shown =
                    row.isShare
                    ? Self.share(value)
                    : row.name == "Speed of descent" ? "\(Int(value))" : String(format: "%.3f", value)
                return "<td class='n'>\(shown)</td>"
            }
            rows +=
                "<tr><td>\(row.name)<br><small>\(escaped(row.definition))</small></td>\(values.joined())</tr>"
        }
        let under = note.isEmpty ? "" : "<p class='note'>\(escaped(note))</p>"
        return "<h2>\(title)</h2><div class='scroll'><table>\(rows)</table></div>\(under)"
    }

    /// The surest right and the surest wrong answers on test faces.
    private func examples(_ run: RunRecord) -> String {
        guard let pictures, let rows = run.predictions?.rows.filter(\.isTest) else { return "" }
        let sorted = rows.filter { $0.image < pictures.count }
            .sorted { $0.probabilities.confidence > $1.probabilities.confidence }
        func right(_ row: PredictionTable.Row) -> Bool {
            row.probabilities.mostLikely.rawValue == row.label
        }
        var result = ""
        for (title, wanted) in [("Surely right", true), ("Surely wrong", false)] {
            var faces = ""
            for row in sorted.filter({ right($0) == wanted }).prefix(12) {
                var image = GrayImage()
                pictures.copyImage(row.image, mirrored: false, into: &image)
                guard let png = try? ImageFile.encodePNG(image) else { continue }
                let label = Emotion(rawValue: row.label).map { "\($0)" } ?? "?"
                let answer =
                    "\(row.probabilities.mostLikely) \(Self.share(Double(row.probabilities.confidence)))"
                faces +=
                    "<div><img alt='' src='data:image/png;base64,\(Data(png).base64EncodedString())'>"
                    + "\(answer)<br>labelled \(label)</div>"
            }
            result += "<h2>\(title)</h2><div class='faces'>\(faces)</div>"
        }
        return result
    }

    private static func share(_ value: Double?) -> String {
        value.map { String(format: "%.1f %%", $0 * 100) } ?? "–"
    }
}
