import NeuralNetwork

/// What one of the processes that train together is about to do, for the others to hear before any of them reads its
/// data, which may take an hour.
package struct RankTask: Sendable {
    /// What makes all else another matter where it differs.
    private var program = RunIdentity()
    private var identity = RunIdentity()

    /// - Parameters:
    ///   - program: name and version of the program: another one may train otherwise.
    ///   - command: what the program was told to do.
    ///   - resumes: whether it is to go on with what is there.
    ///   - options: what it trains, or what all trials of a search share.
    ///   - plan: the trials of a search.
    package init(
        program: String, command: String, resumes: Bool, options: TrainingOptions, plan: SearchPlan? = nil
    ) {
        self.program.add("program", program)
        self.program.add("command", command)
        identity.add("resume", resumes ? "given" : "not given")
        identity.add(allOf: options)
        guard let plan else { return }
        identity.add("trials", "\(plan.trials.count)")
        for (index, trial) in plan.trials.enumerated() {
            identity.add("trial \(index + 1)", "'\(trial.words)'")
        }
    }

    /// Makes sure that all ranks are about to do the same.
    ///
    /// - Throws: ``TrainingError/otherRank(_:reason:)`` on every rank, with the first one that differs from rank 0.
    package func check(_ ranks: any Communicator) throws(TrainingError) {
        try program.check(ranks)
        try identity.check(ranks)
    }
}

extension RunIdentity {
    /// Makes sure that all ranks have the same.
    ///
    /// - Throws: ``TrainingError/otherRank(_:reason:)`` on every rank, with the first one that differs from rank 0.
    func check(_ ranks: any Communicator) throws(TrainingError) {
        let all = ranks.gather(Array(text.utf8)).map {
            RunIdentity(text: String(decoding: $0, as: UTF8.self))
        }
        for (rank, other) in all.enumerated() {
            guard let difference = all[0].difference(from: other) else { continue }
            throw .otherRank(rank, reason: difference)
        }
    }
}
