import Capture
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Foundation
import Glibc
import Imaging
import Pipeline
import Synchronization
import System
import Testing
import TestSupport

/// How many frames `make endurance` asks for; nil in every other run.
private let frameCount = ProcessInfo.processInfo.environment["RAUT_ENDURANCE"].flatMap { Int($0) }

@Suite("endurance", .enabled(if: frameCount != nil, "make endurance runs it"))
struct EnduranceTests {
    /// How often the source is lost, as long as there are more frames than that.
    private static let losses = 1000
    /// Memory may grow by this share once it has settled.
    private static let growth = 0.02

    @Test("frames without end: memory flat, no descriptor left open, every face that appeared has left")
    func endurance() throws {
        let frames = try #require(frameCount)
        let folder = FileManager.default.temporaryDirectory.path + "/raut-endurance-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = descriptorCount()
        let source = EndlessSource(frames: frames, losses: min(Self.losses, frames / 100))
        let ledger = Ledger()
        // In a function of its own, after which server and pipeline hold nothing any more.
        let (samples, worked, readers) = try work(frames, source, ledger, socket: folder + "/events")

        let settled = try #require(samples.first(where: \.isSettled) ?? samples.last)
        let last = try #require(samples.last)
        let growth = Double(last.memory) / Double(settled.memory) - 1
        let counts = ledger.counts
        // Their threads let go of what they hold a moment later; what leaks stays.
        _ = eventually { descriptorCount() <= before }
        let after = descriptorCount()
        print(
            """
            frames worked on         \(worked) in \(Int(last.seconds)) s
            source lost and back     \(counts.lost), \(counts.back)
            readers that came        \(readers)
            faces appeared, left     \(counts.appeared), \(counts.left)
            memory settled, at end   \(settled.memory >> 10) KiB after \(Int(settled.seconds)) s, \
            \(last.memory >> 10) KiB (\(String(format: "%+.2f", growth * 100)) %)
            descriptors before, after  \(before), \(after)
            """)
        #expect(worked == frames)
        #expect(growth < Self.growth)
        #expect(after <= before)
        #expect(counts.appeared > 0 && counts.appeared == counts.left)
        #expect(counts.isOrderly, "a face appeared twice, or left without having appeared")
        #expect(counts.lost == source.losses && counts.back == source.losses)
        #expect(readers > 0)
    }

    private func work(
        _ frames: Int, _ source: EndlessSource, _ ledger: Ledger, socket: String
    ) throws -> (samples: [Sample], worked: Int, readers: Int) {
        let server = try EventServer(path: socket, hello: Array("hello\n".utf8))
        let readers = try Readers(path: socket)
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        configuration.searchesWholly = true
        let pipeline = try Pipeline(
            source: source, finder: ComingAndGoing(), recognizer: Happy(), configuration: configuration,
            sinks: [ledger, server])
        let samples = sample(until: frames, of: pipeline)
        #expect(pipeline.wait() == .ended)
        readers.stop()
        server.stop()
        return (samples, pipeline.counts.worked, readers.count)
    }

    private struct Sample {
        var seconds: Double
        var memory: Int
        /// A minute is over, or in a shorter run a fifth of the frames.
        var isSettled: Bool
    }

    private func sample(until frames: Int, of pipeline: Pipeline) -> [Sample] {
        let start = ProcessUsage.now.time
        var samples: [Sample] = []
        while pipeline.wait(until: .after(0.2)) == nil {
            let usage = ProcessUsage.now
            let seconds = usage.time - start
            samples.append(
                Sample(
                    seconds: seconds, memory: usage.memory,
                    isSettled: seconds >= 60 || pipeline.counts.worked >= frames / 5))
        }
        return samples
    }

    private func descriptorCount() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }
}

/// Small grey frames, as fast as they are taken; lost again and again, and not always back at once. The first pixel
/// says how many faces there are.
private final class EndlessSource: RecoverableSource, Sendable {
    let name = "endless"
    let width = 160
    let height = 120
    let frameRate: Double? = 30
    let canComeBack = true
    let losses: Int

    private let frames: Int
    private let isCancelled = Atomic<Bool>(false)
    private let progress = Guarded(Progress())

    private struct Progress {
        var number = 0
        var lost = 0
        var isAway = false
    }

    init(frames: Int, losses: Int) {
        self.frames = frames
        self.losses = losses
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        let number = try progress.withLock { progress throws(CaptureError) -> Int? in
            guard progress.number < frames, !isCancelled.load(ordering: .relaxed) else { return nil }
            if progress.lost < losses, progress.number >= (progress.lost + 1) * frames / (losses + 1) {
                progress.lost += 1
                progress.isAway = progress.lost.isMultiple(of: 10)
                throw .lost(source: name, reason: "it was unplugged")
            }
            progress.number += 1
            return progress.number
        }
        guard let number else { return false }
        frame.number = number
        frame.monotonicTime = MonotonicClock.now
        frame.sourceTime = UInt64(number - 1) * 33_333_333
        (frame.width, frame.height) = (width, height)
        frame.format = .gray
        frame.bytesPerRow = width
        if frame.bytes.count != width * height { frame.bytes = [UInt8](repeating: 0, count: width * height) }
        frame.bytes[0] = UInt8(number / 90 % 4)
        return true
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func reopen() throws(CaptureError) {
        let isAway = progress.withLock { progress in
            defer { progress.isAway = false }
            return progress.isAway
        }
        if isAway { throw .lost(source: name, reason: "it is not there") }
    }
}

/// As many faces as the first pixel says.
private final class ComingAndGoing: FaceFinding {
    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
        for number in 0..<Int(image.pixels[0]) {
            faces.append(DetectedFace(box: Rectangle(x: 4 + number * 50, y: 30, width: 44, height: 44)))
        }
    }
}

/// Counts events, and keeps only who is in view.
private final class Ledger: EventSink {
    struct Counts {
        var appeared = 0
        var left = 0
        var lost = 0
        var back = 0
        var isOrderly = true
        var present: Set<Int> = []
    }

    private let state = Guarded(Counts())

    var counts: Counts { state.withLock { $0 } }

    func send(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        state.withLock { counts in
            if text.hasPrefix(#"{"event":"appeared""#) {
                counts.appeared += 1
                if !counts.present.insert(face(in: text)).inserted { counts.isOrderly = false }
            } else if text.hasPrefix(#"{"event":"left""#) {
                counts.left += 1
                if counts.present.remove(face(in: text)) == nil { counts.isOrderly = false }
            } else if text.contains(#""state":"lost""#) {
                counts.lost += 1
            } else if text.contains(#""state":"back""#) {
                counts.back += 1
            }
        }
    }

    private func face(in line: String) -> Int {
        guard let key = line.range(of: #""face":"#) else { return -1 }
        return Int(line[key.upperBound...].prefix { $0.isNumber }) ?? -1
    }
}

/// Readers of the socket that come, read a little or nothing, and go.
private final class Readers: Sendable {
    private let ending = Cancellation()
    private let came = Atomic<Int>(0)
    private let thread = Guarded<JoinableThread?>(nil)

    init(path: String) throws {
        let started = try JoinableThread(name: "readers") { [self] in
            var open: [Int32] = []
            while ending.sleep(seconds: 0.002) {
                if let reader = Self.connect(path) {
                    came.add(1, ordering: .relaxed)
                    open.append(reader)
                }
                var chunk = [UInt8](repeating: 0, count: 4096)
                for reader in open where Bool.random() {
                    _ = recv(reader, &chunk, chunk.count, Int32(MSG_DONTWAIT))
                }
                if open.count > 8 { close(open.remove(at: Int.random(in: 0..<open.count))) }
            }
            for reader in open { close(reader) }
        }
        thread.withLock { $0 = started }
    }

    var count: Int { came.load(ordering: .relaxed) }

    func stop() {
        ending.raise()
        thread.withLock { $0 }?.join()
    }

    private static func connect(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
