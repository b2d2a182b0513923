/// The text of `--help`, made from the table of commands and options.
package enum Help {
    /// The widest line, in characters.
    private static let width = 100

    /// What `raut --help` prints.
    package static func text(for commands: [Command]) -> String {
        let shown = commands.filter { !$0.isHidden }
        var lines = [
            "raut \(CommandLineInterface.version): sees faces through a webcam and says which of seven emotions "
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
        lines += ["", "options:"]
        lines += list(
            command.options.map { ($0.spelling, $0.sentence) } + [("--help", "show this and end")])
        if !command.notes.isEmpty { lines += [""] + command.notes }
        lines += ["", "example:", "  " + command.example]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Two columns; a left entry that is too long stands on a line of its own.
    private static func list(_ rows: [(left: String, right: String)]) -> [String] {
        let column = min(30, 4 + (rows.map(\.left.count).max() ?? 0))
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
