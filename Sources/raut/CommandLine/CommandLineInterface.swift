import Foundation
import MessagePassing
import System

/// Every command of the program, and the way from words to one of them.
package enum CommandLineInterface {
    /// The commands in the order of the help.
    package static let commands: [Command] = [
        RunCommand.command,
        ImageCommand.command,
        VideoCommand.command,
        ClassifyCommand.command,
        CamerasCommand.command,
        BenchCommand.command,
        TrainCommand.command,
        SearchCommand.command,
        CalibrateCommand.command,
        QuantizeCommand.command,
        EvaluateCommand.command,
        ReportCommand.command,
        ModelCommand.command,
        SchemaCommand.command,
    ]

    /// The commands that need the table of all others, and are no part of it.
    package static let hidden: [Command] = [
        TrainVerifierCommand.command,
        Command(
            name: "man", summary: "the man page, in roff", options: NoOptions.self,
            example: "raut man | man -l -", isHidden: true
        ) { _ in
            try StandardOutput.write(ManPage.text(for: commands))
            return 0
        },
        Command(
            name: "completions", summary: "completions for a shell", operands: "bash|zsh|fish",
            options: NoOptions.self,
            example: "source <(raut completions bash)", isHidden: true
        ) { arguments in
            guard let shell = Completions.Shell(rawValue: arguments.operands[0]) else {
                throw UsageError(description: "'\(arguments.operands[0])': expected bash, zsh or fish")
            }
            try StandardOutput.write(Completions.text(for: commands, in: shell))
            return 0
        },
    ]

    /// Does what the words after the program's name ask for, says in one line what goes wrong, and returns the exit
    /// status: 0 success, 1 failure, 2 wrong usage.
    package static func main(_ words: [String]) -> Int32 {
        openStandardDescriptors()
        // A reader that goes away shows as EPIPE where it is written to; it must not kill the program.
        signal(SIGPIPE, SIG_IGN)
        // The same for a file that grew beyond what its user may have: EFBIG.
        signal(SIGXFSZ, SIG_IGN)
        do {
            try readLogLevel()
            let status = try perform(words)
            try StandardOutput.flush()
            return status
        } catch is StandardOutput.Closed {
            return 0
        } catch let error as UsageError {
            reportOnce(error)
            return 2
        } catch {
            Program.report("\(error)")
            return 1
        }
    }

    /// Says what is wrong with the words that started this process, in one of an `mpirun`'s processes that all had them.
    private static func reportOnce(_ error: UsageError) {
        guard Launcher.isFirst() else {
            // mpirun ends all with the first that fails: that must be the one that says why.
            usleep(500_000)
            return
        }
        Program.report(error.description)
    }

    /// The environment's level, which `raut run --log` may change.
    private static func readLogLevel() throws(UsageError) {
        guard let word = ProcessInfo.processInfo.environment["RAUT_LOG"], !word.isEmpty else { return }
        guard let level = LogLevel(rawValue: word) else {
            throw UsageError(description: "RAUT_LOG is '\(word)': expected info or debug")
        }
        Log.level = level
    }

    /// Gives those of the three standard descriptors that were closed to /dev/null: a camera or a socket that got such
    /// a number would be read for the picture or written events into.
    private static func openStandardDescriptors() {
        var descriptor: Int32 = 0
        while descriptor >= 0 && descriptor <= 2 {
            let isOpen = fcntl(descriptor, F_GETFD) >= 0
            descriptor = isOpen ? descriptor + 1 : open("/dev/null", O_RDWR)
        }
    }

    private static func perform(_ words: [String]) throws -> Int32 {
        switch words.first {
        case "--help", "-h":
            try StandardOutput.write(Help.text(for: commands))
            return 0
        case "--version", "-V":
            try StandardOutput.write("raut \(Program.version)\n")
            return 0
        case "help":
            guard words.count > 1 else {
                try StandardOutput.write(Help.text(for: commands))
                return 0
            }
            return try perform([words[1], "--help"])
        default:
            let (command, rest) = try select(words)
            if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
                try StandardOutput.write(Help.text(for: command))
                return 0
            }
            try refuseCompany(to: command)
            return try command.run(rest)
        }
    }

    /// The commands whose processes work together where `mpirun` starts several.
    private static let together: Set = ["train", "search"]

    /// Refuses to do the same in each of an `mpirun`'s processes, or another thing than those that wait for this one.
    private static func refuseCompany(to command: Command) throws(UsageError) {
        let count = Launcher.processCount()
        guard count > 1, !together.contains(command.name) else { return }
        throw UsageError(
            description:
                "mpirun started \(count) processes, and 'raut \(command.name)' works in one alone: start it "
                + "without mpirun; train and search are what several share")
    }

    /// The command that the first word names, `run` where it names none.
    package static func select(_ words: [String]) throws(UsageError) -> (Command, [String]) {
        if let named = (commands + hidden).first(where: { $0.name == words.first }) {
            return (named, Array(words.dropFirst()))
        }
        if let word = words.first, !word.hasPrefix("-") {
            throw UsageError(description: unknown(word))
        }
        guard let run = commands.first(where: { $0.name == "run" }) else {
            throw UsageError(description: "which command? see 'raut --help'")
        }
        return (run, words)
    }

    private static func unknown(_ word: String) -> String {
        if VideoName.isVideo(word) {
            return "'\(word)' is a video: raut video \(word), or raut run --source \(word) to watch it"
        }
        if FileSystem.kind(of: word) != nil {
            return "'\(word)' is no command: for pictures raut image \(word), for a video raut video \(word)"
        }
        if let near = Spelling.nearest(to: word, in: commands.map(\.name)) {
            return "unknown command '\(word)': did you mean 'raut \(near)'?"
        }
        return "unknown command '\(word)': see 'raut --help'"
    }
}
