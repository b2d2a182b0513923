import Foundation
import MessagePassing
import NeuralNetwork
import Training

/// The processes that `mpirun` started to train together, of which this is one.
struct RankGroup {
    /// How they talk; nil where this process is alone.
    let communicator: (any Communicator)?

    /// How long another rank may take to join, in seconds: nothing is read before but options.
    private static let patienceToJoin = 60.0
    /// How long another rank may take for a step, in seconds.
    private static let patience = 10.0
    /// The same until the first step: data are read from other disks.
    private static let patienceAtStart = 600.0

    /// The same for a trial of a search: a month. A rank that dies is heard of by mpirun.
    private static let patienceForTrials = 30 * 86_400.0

    /// Joins the others, where there are any, and makes sure that they are about to do the same.
    ///
    /// - Throws: ``Failure`` where this program can't, ``Training/TrainingError`` where another rank was told something
    ///   else.
    init(for task: RankTask) throws {
        guard Launcher.processCount() > 1 else {
            communicator = nil
            return
        }
        #if MPI
        let ranks = MPICommunicator(joining: Self.patienceToJoin, patience: Self.patienceAtStart) { reason in
            Program.report("\(reason); the last checkpoint is kept, --resume goes on from it")
            MPICommunicator.abort()
            _exit(1)
        }
        communicator = ranks
        try task.check(ranks)
        #else
        throw Failure(
            description:
                "mpirun started \(Launcher.processCount()) of these, and this raut was built without MPI: "
                + "'make mpi' builds one with it")
        #endif
    }

    /// Whether this is rank 0, or alone: the one that writes and shows.
    var isFirst: Bool { communicator.map { $0.rank == 0 } ?? true }

    /// All are ready: from now on nobody takes long for a step, or as long as a trial takes where each has its own.
    func begin(trials: Bool = false) {
        #if MPI
        (communicator as? MPICommunicator)?.patience = trials ? Self.patienceForTrials : Self.patience
        #endif
    }

    /// Leaves once all do.
    func finish() {
        #if MPI
        (communicator as? MPICommunicator)?.finish()
        #endif
    }
}
