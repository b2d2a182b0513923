import Foundation

/// What started this process, where that was no person and no shell.
package enum Launcher {
    /// How many processes an `mpirun` started together, by the environment that it gives each; 1 where none did.
    package static func processCount(_ environment: [String: String] = ProcessInfo.processInfo.environment)
        -> Int
    {
        // Open MPI; MPICH and Intel MPI.
        for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
            if let count = environment[name].flatMap({ Int($0) }), count > 0 { return count }
        }
        return 1
    }

    /// Whether this process is the first of those that one part of an `mpirun`'s command line started, so that what each of
    /// them would say is said once.
    package static func isFirst(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool
    {
        let rank = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"].compactMap { environment[$0].flatMap { Int($0) } }
            .first
        guard let rank, rank > 0 else { return true }
        // Open MPI says how many processes each part has: `2 1`.
        var first = 0
        for part in (environment["OMPI_APP_CTX_NUM_PROCS"] ?? "").split(separator: " ") {
            if first == rank { return true }
            first += Int(part) ?? 0
        }
        return false
    }
}
