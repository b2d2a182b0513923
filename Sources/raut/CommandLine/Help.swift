/// The text of `--help`, made from the table of commands and options.
package enum Help {
    /// The widest line, in characters.
    private static let width = 100

    /// What `raut --help` prints.
    package static func text(for commands: [Command]) -> String {
        let shown = commands.filter { !$0.isHidden }
        var lines = [
            "raut \(Program.version): sees faces through a webcam and says which of seven emotions "
                + "each one shows",
            "",
            "usage: raut [command] [options]",
            "",
            "commands (run, where none is named):",
        ]
        lines += list(shown.map { ($0.name, $0.summary) })
        lines += ["", "examples:"]
        lines += shown.map { "  " + $0.example }
        lines += [
            "",
            "'raut COMMAND --help' says more about one. Exit status: 0 success, 1 failure, 2 wrong usage.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// What `raut COMMAND --help` prints.
    package static func text(for command: Command) -> String {
        var lines = ["usage: \(command.usage)", ""]
        lines += wrap(command.summary, indent: 0)
        let help = (left: "--help", right: "show this and end")
        let groups = command.sections.map { section in
            (
                title: section.title,
                rows: section.options.map { (left: $0.facts.spelling, right: $0.facts.sentence) }
            )
        }
        // All groups have one column for the help.
        let column = column(for: groups.flatMap(\.rows) + [help])
        for group in groups {
            lines += ["", group.title + ":"]
            lines += list(group.rows + (groups.count == 1 ? [help] : []), column: column)
        }
        if groups.count != 1 { lines += [""] + list([help], column: column) }
        if !command.notes.isEmpty { lines += [""] + command.notes }
        lines += ["", "example:", "  " + command.example]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Where the right column begins.
    private static func column(for rows: [(left: String, right: String)]) -> Int {
        min(30, 4 + (rows.map(\.left.count).max() ?? 0))
    }

    /// Two columns; a left entry that is too long stands on a line of its own.
    private static func list(_ rows: [(left: String, right: String)], column: Int? = nil) -> [String] {
        let column = column ?? Self.column(for: rows)
        return rows.flatMap { row in
            let text = wrap(row.right, indent: column)
            let left = "  " + row.left
            guard left.count + 2 <= column, let first = text.first else { return [left] + text }
            return [left + first.dropFirst(left.count)] + text.dropFirst()
        }
    }

    /// Breaks a text at spaces into lines of the width, each indented.
    private static func wrap(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [margin + line]
    }
}
