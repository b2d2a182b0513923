import Glibc
import System

/// A camera that is there.
package struct CameraDescription: Equatable, Sendable {
    /// `/dev/videoN`, which may be another after the next plugging in.
    package let device: String
    /// The card's name, as its maker gave it.
    package let card: String
    /// Its name in `/dev/v4l/by-id`, which holds make and serial number, or else the bus it sits on.
    package let id: String
    /// The bus it sits on: `usb-0000:00:14.0-1`.
    package let bus: String

    /// True where `name` means this camera: the device, its name under `/dev/v4l`, or a part of the card's name.
    func matches(_ name: String) -> Bool {
        let short = name.hasPrefix("/dev/v4l/by-id/") ? String(name.dropFirst(15)) : name
        if short == id || name == device || "/dev/\(name)" == device { return true }
        return !name.hasPrefix("/dev/") && card.lowercased().contains(name.lowercased())
    }

    /// How surely `other` is the same camera at another time: 3 by the name that holds its serial number, 2 by bus
    /// and card, 1 by the card alone, 0 for another.
    func likeness(to other: CameraDescription) -> Int {
        if id == other.id && id != bus { return 3 }
        if card == other.card && bus == other.bus { return 2 }
        return card == other.card ? 1 : 0
    }

    /// True for the same camera at the same plug, whatever number it has now.
    func isSame(as other: CameraDescription) -> Bool {
        card == other.card && bus == other.bus && id == other.id
    }

    /// A camera by what is known of it, for tests.
    package init(device: String, card: String, id: String, bus: String) {
        (self.device, self.card, self.id, self.bus) = (device, card, id, bus)
    }
}

/// The cameras of this machine.
package enum CameraDirectory {
    /// What a look at every video device showed.
    struct Listing {
        /// Those that capture, by their number.
        var cameras: [CameraDescription] = []
        /// Devices that could not be looked at.
        var failures: [CameraError] = []
    }

    /// Looks at every video device; metadata and output nodes are passed over.
    static func list() -> Listing {
        var listing = Listing()
        let names = namesByDevice()
        for number in videoNumbers() {
            let path = "/dev/video\(number)"
            do {
                let capability = try CameraDevice.capability(path: path)
                guard capability.isCamera else { continue }
                listing.cameras.append(
                    CameraDescription(
                        device: path, card: capability.card, id: names[path] ?? capability.bus,
                        bus: capability.bus))
            } catch .notACamera {
                continue
            } catch {
                listing.failures.append(error)
            }
        }
        return listing
    }

    /// The camera that a name means, or the first without a name.
    static func find(
        _ name: String?, in listing: Listing = list()
    ) throws(CameraError) -> CameraDescription {
        guard let name else {
            if let first = listing.cameras.first { return first }
            throw listing.failures.first ?? .notThere(name: "camera", cameras: [])
        }
        let device = resolved(name)
        if let camera = listing.cameras.first(where: { $0.device == device || $0.matches(name) }) {
            return camera
        }
        if let failure = listing.failures.first(where: { $0.source == device }) { throw failure }
        if access(device, F_OK) == 0 { throw .notACamera(path: name) }
        throw .notThere(name: name, cameras: listing.cameras.map { "\($0.device) (\($0.card))" })
    }

    /// A camera that was there, under whatever number it is now; while it is away no other one takes its place.
    ///
    /// - Parameters:
    ///   - camera: the one that was there.
    ///   - name: what it was asked for by; nil for any.
    ///   - others: those that were there beside it.
    static func find(
        again camera: CameraDescription, name: String?, others: [CameraDescription]
    ) throws(CameraError) -> CameraDescription {
        let there = list().cameras
        let path = name.map(resolved)
        if let found = choose(
            again: camera, among: there, others: others,
            isMeant: { name == nil || $0.device == path || $0.matches(name ?? "") })
        {
            return found
        }
        throw .notThere(name: name ?? camera.device, cameras: there.map { "\($0.device) (\($0.card))" })
    }

    /// Of the cameras that are there the one that was: by its serial number or by the bus it sits on; else one that
    /// was not there before, which is the same one at another plug, or what its owner has plugged in for it.
    package static func choose(
        again camera: CameraDescription, among there: [CameraDescription], others: [CameraDescription],
        isMeant: (CameraDescription) -> Bool
    ) -> CameraDescription? {
        let sure = there.filter { $0.likeness(to: camera) >= 2 }
        if let same = sure.max(by: { $0.likeness(to: camera) < $1.likeness(to: camera) }) { return same }
        let new = there.filter { one in !others.contains { $0.isSame(as: one) } }
        return new.first { $0.likeness(to: camera) == 1 } ?? new.first(where: isMeant)
    }

    /// Where a link such as those in `/dev/v4l/by-id` leads.
    private static func resolved(_ name: String) -> String {
        guard let path = realpath(name, nil) else { return name }
        defer { free(path) }
        return String(cString: path)
    }

    private static func videoNumbers() -> [Int] {
        let names = (try? FileSystem.names(in: "/dev")) ?? []
        return names.compactMap { $0.hasPrefix("video") ? Int($0.dropFirst(5)) : nil }.sorted()
    }

    /// The names that udev gives from make and serial number, by device.
    private static func namesByDevice() -> [String: String] {
        var names: [String: String] = [:]
        for name in (try? FileSystem.names(in: "/dev/v4l/by-id")) ?? [] where !name.hasPrefix(".") {
            names[resolved("/dev/v4l/by-id/\(name)")] = name
        }
        return names
    }
}
