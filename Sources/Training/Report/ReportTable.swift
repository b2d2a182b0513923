import Foundation

/// A table of a report, which a page and a Markdown file show alike.
struct ReportTable {
    /// One cell.
    struct Cell {
        var text: String
        /// In small letters below.
        var detail = ""
        /// Numbers stand to the right.
        var isNumber = true
        /// Better than all others of its row.
        var isBest = false

        init(_ text: String, detail: String = "", isNumber: Bool = true, isBest: Bool = false) {
            self.text = text
            self.detail = detail
            self.isNumber = isNumber
            self.isBest = isBest
        }

        /// A heading or a name.
        static func words(_ text: String, detail: String = "") -> Cell {
            Cell(text, detail: detail, isNumber: false)
        }
    }

    var title: String
    var head: [Cell]
    var rows: [[Cell]]
    var note = ""

    var html: String {
        func cell(_ cell: Cell, _ tag: String) -> String {
            let detail = cell.detail.isEmpty ? "" : "<br><small>\(escaped(cell.detail))</small>"
            let text = cell.isBest ? "<b>\(escaped(cell.text))</b>" : escaped(cell.text)
            return "<\(tag)\(cell.isNumber ? " class='n'" : "")>\(text)\(detail)</\(tag)>"
        }
        var lines = "<tr>" + head.map { cell($0, "th") }.joined() + "</tr>"
        for row in rows { lines += "<tr>" + row.map { cell($0, "td") }.joined() + "</tr>" }
        return "<h2>\(escaped(title))</h2><div class='scroll'><table>\(lines)</table></div>"
            + (note.isEmpty ? "" : "<p class='note'>\(escaped(note))</p>")
    }

    var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        func text(_ cell: Cell) -> String {
            let detail = cell.detail.isEmpty ? "" : ": " + cell.detail
            return ((cell.isBest ? "**\(cell.text)**" : cell.text) + detail)
                .replacingOccurrences(of: "|", with: "\\|")
        }
        return "### \(title)\n\n" + line(head.map(text))
            + line(head.map { $0.isNumber ? "---:" : "---" })
            + rows.map { line($0.map(text)) }.joined()
            + (note.isEmpty ? "" : "\n\(note)\n")
    }
}

extension ReportTable.Cell {
    /// A share in percent; a dash for nil.
    static func share(_ value: Double?, isBest: Bool = false) -> Self {
        Self(value.map { shareText($0) } ?? "–", isBest: isBest)
    }
}

/// A share as "71.2 %".
func shareText(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
