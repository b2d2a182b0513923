import Foundation

/// Every command of the program, and the way from words to one of them.
enum CommandLineInterface {
    static let commands: [Command] = []

    static func main(_ words: [String]) -> Int32 {
        do {
            let (command, rest) = try select(words)
            return try command.run(Arguments(rest, for: command))
        } catch let error as UsageError {
            report(error.description)
            return 2
        } catch {
            report("\(error)")
            return 1
        }
    }

    /// The command that the first word names, `run` where it names none.
    private static func select(_ words: [String]) throws(UsageError) -> (Command, [String]) {
        let named = commands.first { $0.name == words.first }
        if let named { return (named, Array(words.dropFirst())) }
        if let word = words.first, !word.hasPrefix("-") {
            throw UsageError(description: "unknown command '\(word)': see 'raut --help'")
        }
        guard let run = commands.first(where: { $0.name == "run" }) else {
            throw UsageError(description: "which command? see 'raut --help'")
        }
        return (run, words)
    }

    private static func report(_ line: String) {
        FileHandle.standardError.write(Data("raut: \(line)\n".utf8))
    }
}
