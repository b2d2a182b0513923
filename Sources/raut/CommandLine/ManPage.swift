/// The man page `raut(1)`, made from the table of commands and options.
package enum ManPage {
    /// The page in roff with the macros of man(7).
    package static func text(for commands: [Command]) -> String {
        let shown = commands.filter { !$0.isHidden }
        var lines = [
            #".TH RAUT 1 "" "raut \#(Program.version)" "User Commands""#,
            ".SH NAME",
            #"raut \- see faces through a webcam and say which emotion each one shows"#,
            ".SH SYNOPSIS",
        ]
        for (index, command) in shown.enumerated() {
            if index > 0 { lines.append(".br") }
            lines.append(".B raut " + escape(command.name))
            lines.append(escape(String(command.usage.dropFirst("raut \(command.name) ".count))))
        }
        lines += [".SH DESCRIPTION"] + description.map(escape)
        lines.append(".SH COMMANDS")
        for command in shown { lines += section(of: command) }
        lines += events
        lines += environment
        lines += files
        lines += [
            ".SH EXIT STATUS",
            "0 on success, 1 on failure, 2 on wrong usage. One line on standard error says what",
            "went wrong and what to do about it.",
        ]
        lines.append(".SH EXAMPLES")
        for command in shown { lines += [".TP", ".B " + escape(command.example), sentence(command.summary)] }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let description = [
        "Raut finds the faces in each frame of a camera and says which of seven emotions each one shows: angry,",
        "disgust, fear, happy, sad, surprise, neutral. It shows them in a window or, without one, writes what",
        "happens as JSON lines to standard output and to a Unix socket.",
        "It also trains, evaluates and times the networks it uses.",
        "No frame leaves the process or is written unless an option asks for it.",
    ]

    private static func section(of command: Command) -> [String] {
        var lines = [".SS " + escape(command.usage), sentence(command.summary)]
        for section in command.sections {
            if command.sections.count > 1 { lines += [".PP", ".I " + escape(heading(section.title))] }
            for option in section.options.map(\.facts) {
                lines += [".TP", ".B " + escape(option.spelling), sentence(option.sentence)]
            }
        }
        if !command.notes.isEmpty {
            // Line by line, as the help has them.
            lines += [".PP", ".nf"] + command.notes.map { $0.isEmpty ? ".sp" : escape($0) } + [".fi"]
        }
        return lines
    }

    private static let events = [
        ".SH EVENTS",
        "One JSON object a line, flushed at once. The first is",
        #".BR hello ,"#,
        "with the version of the format, the model, its labels, the source and its size. Then",
        #".BR appeared ", " changed " and " left"#,
        "for each face, or with",
        #".B \-\-events frames"#,
        "one",
        ".B frame",
        "a line, or with",
        #".B \-\-events summary"#,
        "one",
        ".B summary",
        "a minute; and",
        ".B source",
        "when the camera is lost or back. A reader of the socket that comes late gets",
        ".B appeared",
        "for each face in view after",
        #".BR hello ;"#,
        "one that falls behind is told with",
        ".B dropped",
        "how many lines it missed. Boxes are x, y, width, height in pixels of the source from its top left.",
    ]

    private static let environment = [
        ".SH ENVIRONMENT",
        ".TP", ".B RAUT_MODELS",
        "Folders, separated by colons, searched first for a model named without a path.",
        ".TP", ".B RAUT_CASCADES", "The same for a cascade.",
    ]

    private static let files = [
        ".SH FILES",
        ".TP", ".I /usr/share/raut/models/raut.safetensors", "The model used where none is named.",
        ".TP", ".I /usr/share/opencv4/haarcascades", #"The cascades, of Debian's package opencv\-data."#,
    ]

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func heading(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func sentence(_ text: String) -> String { escape(heading(text) + ".") }

    /// A text as roff shows it unchanged: hyphens that can be copied, no control line by accident.
    package static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += #"\e"#
            case "-": escaped += #"\-"#
            case "…": escaped += "..."
            case "\n": escaped += " "
            default:
                // Named by its code point, as groff reads no UTF-8 of itself.
                for scalar in character.unicodeScalars {
                    escaped += scalar.isASCII ? String(scalar) : #"\[u"# + hexadecimal(scalar) + "]"
                }
            }
        }
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? #"\&"# + escaped : escaped
    }
}
