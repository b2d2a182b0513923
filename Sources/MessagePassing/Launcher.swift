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
}
