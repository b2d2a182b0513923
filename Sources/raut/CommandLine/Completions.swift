/// Completions for the shells, made from the table of commands and options.
package enum Completions {
    /// A shell that completions are written for.
    package enum Shell: String, CaseIterable, Sendable {
        case bash, zsh, fish
    }

    /// The script that the shell reads.
    package static func text(for commands: [Command], in shell: Shell) -> String {
        let shown = commands.filter { !$0.isHidden }
        let lines =
            switch shell {
            case .bash: bash(shown)
            case .zsh: zsh(shown)
            case .fish: fish(shown)
            }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func bash(_ commands: [Command]) -> [String] {
        let names = commands.map(\.name).joined(separator: " ")
        var lines = [
            "# bash completion for raut",
            "_raut() {",
            #"    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="run" options="#,
            "    COMPREPLY=()",
            #"    if [[ $before == = ]]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi"#,
            #"    if [[ $word == = ]]; then word=""; fi"#,
            "    if (( COMP_CWORD > 1 )) && [[ ${COMP_WORDS[1]} != -* ]]; then command=${COMP_WORDS[1]}; fi",
            #"    case "$command $before" in"#,
        ]
        for command in commands {
            for option in command.options where option.placeholder != nil {
                let action =
                    option.choices.isEmpty
                    ? (option.takesPath
                        ? #"compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))"# : ":")
                    : #"COMPREPLY=($(compgen -W "\#(option.choices.joined(separator: " "))" -- "$word"))"#
                lines.append("    \"\(command.name) --\(option.name)\") \(action); return;;")
            }
        }
        lines += ["    esac", #"    case "$command" in"#]
        for command in commands {
            let options = (command.options.map { "--\($0.name)" } + ["--help"]).joined(separator: " ")
            lines.append("    \(command.name)) options=\"\(options)\";;")
        }
        lines += [
            "    esac",
            "    if [[ $word == -* ]]; then",
            #"        COMPREPLY=($(compgen -W "$options" -- "$word"))"#,
            "    elif (( COMP_CWORD == 1 )); then",
            #"        COMPREPLY=($(compgen -W "\#(names)" -- "$word"))"#,
            "    else",
            "        compopt -o filenames",
            #"        COMPREPLY=($(compgen -f -- "$word"))"#,
            "    fi",
            "}",
            "complete -F _raut raut",
        ]
        return lines
    }

    private static func zsh(_ commands: [Command]) -> [String] {
        var lines = [
            "#compdef raut",
            "_raut() {",
            "    local -a commands=(",
        ]
        lines += commands.map { "        " + quote("\($0.name):\($0.summary)") }
        lines += [
            "    )",
            "    if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then",
            "        _describe command commands",
            "        return",
            "    fi",
            "    local command=run",
            "    if [[ ${words[2]} != -* ]]; then command=${words[2]}; shift words; (( CURRENT-- )); fi",
            "    case $command in",
        ]
        for command in commands {
            lines.append("    \(command.name)) _arguments \\")
            for option in command.options {
                let marker = option.repeats ? "*" : ""
                // A colon or bracket in the help would end its field.
                let help = option.help.map { ":[]".contains($0) ? "\\\($0)" : String($0) }.joined()
                var spec = "\(marker)--\(option.name)" + (option.placeholder == nil ? "" : "=") + "[\(help)]"
                if let value = option.placeholder {
                    let action =
                        option.choices.isEmpty
                        ? (option.takesPath ? "_files" : " ") : "(\(option.choices.joined(separator: " ")))"
                    spec += ":\(value.replacing(":", with: " ")):\(action)"
                }
                lines.append("        \(quote(spec)) \\")
            }
            let files = command.operands.isEmpty ? "" : " '*:file:_files'"
            lines.append("        '--help[show the help and end]'\(files);;")
        }
        return lines + [
            "    esac", "}",
            #"if [[ $funcstack[1] == _raut ]]; then _raut "$@"; else compdef _raut raut; fi"#,
        ]
    }

    private static func fish(_ commands: [Command]) -> [String] {
        let names = commands.map(\.name).joined(separator: " ")
        var lines = [
            "# fish completion for raut",
            "complete -c raut -n 'not __fish_seen_subcommand_from \(names)' -f",
        ]
        for command in commands {
            lines.append(
                "complete -c raut -n 'not __fish_seen_subcommand_from \(names)' -a \(command.name) -d "
                    + quote(command.summary))
        }
        for command in commands {
            let condition = "-n '__fish_seen_subcommand_from \(command.name)'"
            for option in command.options {
                var line = "complete -c raut \(condition) -l \(option.name) -d \(quote(option.help))"
                if option.placeholder != nil { line += option.takesPath ? " -r -F" : " -x" }
                if !option.choices.isEmpty { line += " -a " + quote(option.choices.joined(separator: " ")) }
                lines.append(line)
            }
        }
        return lines
    }

    /// Between single quotes, as all three shells read it.
    package static func quote(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
