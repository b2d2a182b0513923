import Foundation
import NeuralNetwork
import Training
import System

/// A model that is made in stages, as a file says: `raut train --recipe FILE` trains one after the other.
///
/// A line `[name]` begins a stage; below it stand options of `raut train`, one a line, as in `raut.conf`. Where an option
/// names models (`from`, `teacher`), the name of an earlier stage stands for its model. A stage that says `mean = a,b` is
/// not trained: it is what `raut calibrate` makes of those models, with the other lines as its options. `#` begins a
/// comment. The data and the output folder come from the command line; `use = 1` takes only the first `--data` for a stage.
package struct Recipe {
    /// One stage.
    package struct Stage {
        package let name: String
        /// Whether its model is the fitted mean of others.
        package let isMean: Bool
        /// Which of the command line's `--data` it uses, counted from 1; nil for all.
        package let sources: [Int]?
        /// Options, as words, and of a mean the models.
        package let words: [String]
    }

    /// What makes a stage.
    package struct Commands: Sendable {
        /// Trains a model.
        let train: Command
        /// Makes the fitted mean of models.
        let mean: Command

        package init(train: Command, mean: Command) {
            (self.train, self.mean) = (train, mean)
        }

        func callAsFunction(isMean: Bool) -> Command { isMean ? mean : train }
    }

    private let commands: Commands
    /// In the order in which they are made.
    package let stages: [Stage]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - output: Where each stage has a folder, or a mean its file.
    ///   - commands: What makes the stages.
    /// - Throws: ``Failure`` with the line that is wrong.
    init(path: String, output: String, commands: Commands) throws {
        let text: String
        do {
            text = String(decoding: try OpenFile(reading: path).readAll(limit: 1 << 20), as: UTF8.self)
        } catch {
            throw Failure(description: "\(path): cannot read it: \(error)")
        }
        try self.init(text: text, path: path, output: output, commands: commands)
    }

    /// Reads the text of a file.
    package init(text: String, path: String, output: String, commands: Commands) throws {
        self.commands = commands
        var stages: [Stage] = []
        var models: [String: String] = [:]
        var section: (name: String, first: Int, lines: [String])?
        func finish() throws {
            guard let (name, first, lines) = section else { return }
            let stage = try Self.stage(name, lines, first, path: path, models, output, commands)
            models[name] = Self.model(of: stage, in: output)
            stages.append(stage)
        }
        for (row, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let words = line.trimmingCharacters(in: .whitespaces)
            if words.hasPrefix("["), words.hasSuffix("]") {
                try finish()
                let name = String(words.dropFirst().dropLast())
                let isName =
                    !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) }
                guard isName, models[name] == nil else {
                    throw Failure(
                        description: "\(path), line \(row + 1): '\(name)' is no new name of a stage")
                }
                section = (name, row + 1, [])
            } else if section != nil {
                section?.lines.append(String(line))
            } else if !words.isEmpty, !words.hasPrefix("#") {
                throw Failure(description: "\(path), line \(row + 1): a stage begins with its name: [first]")
            }
        }
        try finish()
        guard !stages.isEmpty else { throw Failure(description: "\(path): no stage in it: [first]") }
        self.stages = stages
    }

    /// Where the model of a stage lies.
    static func model(of stage: Stage, in output: String) -> String {
        stage.isMean ? "\(output)/\(stage.name).safetensors" : "\(output)/\(stage.name)/model.safetensors"
    }

    private static func stage(
        _ name: String, _ lines: [String], _ first: Int, path: String, _ models: [String: String],
        _ output: String, _ commands: Commands
    ) throws -> Stage {
        func resolved(_ names: Substring) -> [String] {
            names.split(separator: ",").map { part in
                let part = part.trimmingCharacters(in: .whitespaces)
                return models[part] ?? part
            }
        }
        var (mean, sources, rest): ([String]?, [Int]?, [String]) = (nil, nil, [])
        for (row, line) in lines.enumerated() {
            let parts = line.split(maxSplits: 1) { $0 == "=" || $0.isWhitespace }
            guard let key = parts.first.map(String.init), !key.hasPrefix("#"), parts.count == 2 else {
                rest.append(line)
                continue
            }
            let value = parts[1].drop { $0 == "=" || $0.isWhitespace }
            switch key {
            case "mean":
                mean = resolved(value)
                rest.append("")
            case "use":
                let numbers = value.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
                sources = numbers.compactMap { $0 }.filter { $0 > 0 }
                guard sources?.count == numbers.count, !numbers.isEmpty else {
                    throw Failure(
                        description:
                            "\(path), line \(first + row + 1): use '\(value)': expected which --data, "
                            + "such as 1 or 1,2")
                }
                rest.append("")
            case "from", "teacher": rest.append("\(key) = \(resolved(value).joined(separator: ","))")
            default: rest.append(line)
            }
        }
        let command = commands(isMean: mean != nil)
        // Empty lines before, so that errors name the file's own lines.
        let text = String(repeating: "\n", count: first) + rest.joined(separator: "\n")
        let words = try OptionsFile.words(in: text, path: path, for: command)
        let others = ["--recipe", "--output", "--resume", "--data", "--ferplus", "--cache"]
        for word in words where others.contains(String(word.prefix { $0 != "=" })) {
            throw Failure(description: "\(path), [\(name)]: \(word) belongs to the command line")
        }
        return Stage(name: name, isMean: mean != nil, sources: sources, words: words + (mean ?? []))
    }
}

extension Recipe {
    /// Makes one stage after the other; what is finished stays, and what was stopped goes on.
    ///
    /// - Parameters:
    ///   - data: What `--data` names, and FER+'s votes.
    ///   - resume: Whether an output folder that holds stages already is gone on with.
    ///   - say: Told which stage begins.
    /// - Returns: The exit status of the first stage that does not finish, else 0.
    func make(
        data: [String], votes: String?, output: String, threads: Int?, resume: Bool, say: (String) -> Void
    ) throws -> Int32 {
        for (number, stage) in stages.enumerated() {
            let sources =
                try stage.sources?.map { number throws(Failure) in
                    guard number <= data.count else {
                        throw Failure(
                            description:
                                "[\(stage.name)] uses --data number \(number), \(data.count) are given")
                    }
                    return data[number - 1]
                } ?? data
            var words = sources.flatMap { ["--data", $0] }
            if let votes, sources.contains(where: { !DataSources.isFolder($0) }) {
                words += ["--ferplus", votes]
            }
            // The faces of pictures are cut once for all stages.
            if sources.contains(where: { DataSources.isFolder($0) }) { words += ["--cache", output] }
            if let threads { words += ["--threads", "\(threads)"] }
            let model = Self.model(of: stage, in: output)
            let note = "\(output)/\(stage.name).stage"
            let text = stage.words.joined(separator: "\n") + "\n"
            let place = "stage \(number + 1)/\(stages.count) [\(stage.name)]"
            if let before = FileManager.default.contents(atPath: note) {
                guard resume else {
                    throw Failure(
                        description:
                            "\(note): a recipe's output is there: --resume goes on with it, else give another --output"
                    )
                }
                guard before == Data(text.utf8) else {
                    throw Failure(
                        description:
                            "\(note): [\(stage.name)] was made by other options than the recipe has now: "
                            + "remove \(model) and this file, or give another --output")
                }
                if FileManager.default.fileExists(atPath: model) {
                    say("\(place) is done: \(model)")
                    continue
                }
            } else if FileManager.default.fileExists(atPath: model) {
                throw Failure(
                    description:
                        "\(model): is there already, made by no recipe, and is kept: give another --output")
            }
            try RunFolder(output).write(text, to: note)
            say(place)
            let command = commands(isMean: stage.isMean)
            words +=
                stage.isMean ? ["--output", model, "--replace"] : ["--output", "\(output)/\(stage.name)"]
            let status = try command.run(words + (stage.isMean ? [] : ["--resume"]) + stage.words)
            guard status == 0 else { return status }
        }
        return 0
    }
}
