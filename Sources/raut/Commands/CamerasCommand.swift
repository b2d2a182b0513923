import Capture
import Foundation
import System

/// `raut cameras`: the cameras of this machine, with their formats, sizes and rates.
package enum CamerasCommand {
    struct Options: OptionGroup {
        let json = Option("json", help: "one JSON object a line for each camera")
    }

    static let command = Command(
        name: "cameras", summary: "cameras with their formats, sizes and rates", options: Options.self,
        example: "raut cameras --json",
        run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        // Plugins of libv4l print to standard output, where nothing but the answer may stand.
        let listing = StandardStreams.withoutOutput { Camera.listing() }
        for failure in listing.failures { Program.report("\(failure)") }
        guard !listing.cameras.isEmpty else {
            guard listing.failures.isEmpty else { return 1 }
            throw Failure(description: "there is no camera: no /dev/video device gives pictures")
        }
        var status: Int32 = listing.failures.isEmpty ? 0 : 1
        for camera in listing.cameras {
            var modes: [CameraMode] = []
            do {
                modes = try StandardStreams.withoutOutput { () throws(CaptureError) in
                    try Camera.modes(of: camera)
                }
            } catch {
                Program.report("\(error)")
                status = 1
            }
            try StandardOutput.write(
                arguments.json ? try json(camera, modes) : text(camera, modes))
        }
        return status
    }

    /// The camera on a line of its own, and a line for each format.
    private static func text(_ camera: CameraDescription, _ modes: [CameraMode]) -> String {
        var lines = ["\(camera.device)  \(camera.card)  (\(camera.id))"]
        var formats: [String] = []
        for mode in modes where !formats.contains(mode.format) { formats.append(mode.format) }
        for format in formats {
            let sizes = modes.filter { $0.format == format }.map { mode in
                let rates = mode.rates.map(number).joined(separator: ", ")
                return rates.isEmpty ? "\(mode.size)" : "\(mode.size) (\(rates)/s)"
            }
            lines.append("    \(format)  \(sizes.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The camera and what it offers, as one line of JSON.
    package static func json(_ camera: CameraDescription, _ modes: [CameraMode]) throws -> String {
        let formats = try modes.map { mode in
            let rates = mode.rates.map(number).joined(separator: ",")
            return "{\"format\":\(try quoted(mode.format)),\"width\":\(mode.size.width),"
                + "\"height\":\(mode.size.height),\"rates\":[\(rates)]}"
        }
        return "{\"device\":\(try quoted(camera.device)),\"card\":\(try quoted(camera.card)),"
            + "\"id\":\(try quoted(camera.id)),\"formats\":[\(formats.joined(separator: ","))]}\n"
    }

    /// A rate without needless decimals: 30, 29.97.
    private static func number(_ rate: Double) -> String {
        let hundredths = (rate * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
