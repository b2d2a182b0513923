import Foundation
import System

/// Where the files that the program brings or needs are looked for.
///
/// A path is taken as it is. A name alone is looked for in the folders of an environment variable, in the installed
/// place beside the program (`../share/raut`), in the package checkout that built it, and in the working directory.
package struct Locations: Sendable {
    /// The cascade used where none is named.
    package static let standardCascade = "haarcascade_frontalface_alt2"
    /// The cascade for faces seen from the side.
    package static let profileCascade = "haarcascade_profileface"
    /// The model used where none is named.
    package static let standardModel = "raut"
    /// The model of the second look at found faces.
    package static let verifier = "verifier"

    private let environment: [String: String]
    private let executable: String
    private let workingDirectory: String
    /// Where packages install models, looked in last.
    private var installed: [String] = []
    /// Folders that are looked in alone.
    private var ownModels: [String]?
    private var ownCascades: [String]?

    package init(environment: [String: String], executable: String, workingDirectory: String) {
        self.environment = environment
        self.executable = executable
        self.workingDirectory = workingDirectory
    }

    /// Those of a program that is not Raut itself: also where packages install, or in given folders alone.
    package func forLibrary(models: String?, cascades: String?) -> Locations {
        var places = self
        places.installed = ["/usr/local/share/raut/models", "/usr/share/raut/models"]
        places.ownModels = models.map { [$0] }
        places.ownCascades = cascades.map { [$0] }
        return places
    }

    /// Those of this process.
    package static let current = Locations(
        environment: ProcessInfo.processInfo.environment,
        executable: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments.first ?? "",
        workingDirectory: FileManager.default.currentDirectoryPath)

    /// The path of a model: `name` itself where it is a path, else `NAME.safetensors` in the usual places.
    package static func model(_ name: String? = nil) throws(MissingFile) -> String {
        try current.model(name)
    }

    /// The path of a face cascade: `name` itself where it is a path, else `NAME.xml`, or `alt2` and `default` for
    /// short, in OpenCV's places.
    package static func cascade(_ name: String? = nil) throws(MissingFile) -> String {
        try current.cascade(name)
    }

    package func model(_ name: String?) throws(MissingFile) -> String {
        let name = name ?? Self.standardModel
        let folders = ownModels ?? (folders(in: "RAUT_MODELS") + modelFolders() + installed)
        guard let path = find([name, name + ".safetensors"], named: name, in: folders) else {
            throw MissingFile(
                description: missing("model", name, file: "\(name).safetensors", in: folders)
                    + "name a file by its path, or its folder in RAUT_MODELS")
        }
        return path
    }

    package func cascade(_ name: String?) throws(MissingFile) -> String {
        let name = name ?? Self.standardCascade
        let usual =
            folders(in: "RAUT_CASCADES")
            + ["/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades"]
            + ["/usr/local/share/opencv4/haarcascades", "/usr/share/opencv4/lbpcascades"]
        let folders = ownCascades ?? usual
        let files = [name, "\(name).xml", "haarcascade_frontalface_\(name).xml"]
        guard let path = find(files, named: name, in: folders) else {
            throw MissingFile(
                description: missing("cascade", name, file: "\(name).xml", in: folders)
                    + "install the Debian package opencv-data, or name a file with --cascade")
        }
        return path
    }

    private func find(_ files: [String], named name: String, in folders: [String]) -> String? {
        guard !name.isEmpty else { return nil }
        // What looks like a file is one first: typed by its name, in the working directory.
        if name.contains("/") || name.contains(".") {
            let path = absolute(name)
            if isFile(path) || name.contains("/") { return isFile(path) ? path : nil }
        }
        for folder in folders {
            for file in files where isFile("\(folder)/\(file)") { return "\(folder)/\(file)" }
        }
        return nil
    }

    /// The beginning of the sentence that says what is not there.
    private func missing(_ kind: String, _ name: String, file: String, in folders: [String]) -> String {
        if name.contains("/") || name.isEmpty { return "no \(kind) file '\(name)': " }
        let file = name.contains(".") ? name : file
        // A folder may be named by the environment and be a usual one.
        let told = folders.enumerated().filter { !folders[..<$0.offset].contains($0.element) }.map(\.element)
        return "no \(kind) \(file) in \(told.joined(separator: ", ")): "
    }

    /// Installed or in the checkout, and in the working directory.
    private func modelFolders() -> [String] {
        let program = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
        let installed = "\(program.deletingLastPathComponent().path)/share/raut/models"
        let folders = [checkout(above: program).map { "\($0)/models" } ?? installed]
        let here = absolute("models")
        return folders.contains(here) ? folders : folders + [here]
    }

    /// The folder with the Package.swift that built the program, from `.build/TRIPLE/release` upwards.
    private func checkout(above program: URL) -> String? {
        var folder = program
        while folder.path.count > 1 {
            if folder.lastPathComponent == ".build" {
                let package = folder.deletingLastPathComponent().path
                return isFile("\(package)/Package.swift") ? package : nil
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }

    private func folders(in variable: String) -> [String] {
        (environment[variable] ?? "").split(separator: ":").map(String.init)
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)"
    }

    private func isFile(_ path: String) -> Bool {
        FileSystem.kind(of: path).map { $0 != .folder } ?? false
    }
}

/// A file that the program needs, and that is in none of the usual places.
package struct MissingFile: Error, Equatable, CustomStringConvertible {
    /// One line: what, where it was looked for, what to do.
    package let description: String
}
