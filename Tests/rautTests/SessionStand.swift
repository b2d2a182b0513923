import Capture
import Events
import Foundation
import Glibc
import Pipeline
import Synchronization
import System
import Testing
import TestSupport

import raut

/// A camera that does as it is told: there or not, and stuck where it should end.
final class FakeCamera: RecoverableSource, Sendable {
    private struct State: Sendable {
        var isThere = true
        var isStuck = false
        var isCancelled = false
        var number = 0
    }

    private let state = Guarded(State())
    let name: String
    let width = 160
    let height = 120
    let frameRate: Double? = 50
    let canComeBack = true
    let leavesOutColors: Bool

    init(_ name: String, leavesOutColors: Bool = false) {
        (self.name, self.leavesOutColors) = (name, leavesOutColors)
    }

    var isThere: Bool {
        get { state.withLock { $0.isThere } }
        set { state.change { $0.isThere = newValue } }
    }

    /// Does not end when it is told to.
    func stick() { state.change { $0.isStuck = true } }

    /// Lets it end, whatever it was told.
    func free() { state.change { $0.isStuck = false } }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        _ = state.wait(until: .after(0.02)) { $0.isCancelled && !$0.isStuck ? true : nil }
        _ = state.wait(until: .never) { $0.isStuck ? nil : true }
        let (isThere, isCancelled, number) = state.withLock { state in
            state.number += 1
            return (state.isThere, state.isCancelled, state.number)
        }
        if isCancelled { return false }
        guard isThere else { throw .lost(source: name, reason: "it was unplugged") }
        frame.number = number
        frame.monotonicTime = MonotonicClock.now
        frame.sourceTime = frame.monotonicTime
        (frame.width, frame.height, frame.bytesPerRow) = (width, height, width)
        frame.format = .gray
        frame.bytes = [UInt8](repeating: UInt8(number & 255), count: width * height)
        return true
    }

    func cancel() { state.change { $0.isCancelled = true } }

    func reopen() throws(CaptureError) {
        guard isThere else { throw .lost(source: name, reason: "it is not there") }
    }
}

/// A broker that welcomes one client and takes what it says.
final class FakeBroker: Sendable {
    let port: Int
    private let listening: Int32
    private let client = Guarded<Int32>(-1)
    private let isOver = Atomic<Bool>(false)

    init() throws {
        listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor) = listening
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isOpen else { throw Errno.last }
        port = Int(UInt16(bigEndian: address.sin_port))
        _ = try JoinableThread(name: "fake-broker") { [self] in
            let accepted = accept(listening, nil, nil)
            client.withLock { $0 = accepted }
            var chunk = [UInt8](repeating: 0, count: 4096)
            guard accepted >= 0, recv(accepted, &chunk, chunk.count, 0) > 0 else { return }
            _ = send(accepted, [0x20, 2, 0, 0] as [UInt8], 4, Int32(MSG_NOSIGNAL))
            while recv(accepted, &chunk, chunk.count, 0) > 0 {}
        }
    }

    /// Goes away.
    func leave() {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
        client.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }
}

/// A live session with everything around it: what it reads from, whom it tells, and faults on demand.
final class SessionStand: Sendable {
    let folder: String
    let camera = FakeCamera("camera")
    let broker: FakeBroker
    let faults = SystemFaults()
    private let settings: Guarded<Result<LiveSettings, Failure>>
    private let said = Guarded<[String]>([])
    private let lines = Guarded<[String]>([])
    private let slowMayOpen = Guarded(false)
    private let slowIsAsked = Guarded(false)
    private let videos = Guarded<[Bool]>([])
    private let ending = Guarded<(result: Result<Int32, any Error>, time: UInt64)?>(nil)
    private let live = Guarded<LiveSession?>(nil)
    private let pipe: (reading: Int32, writing: Int32)

    var session: LiveSession {
        guard let session = live.withLock({ $0 }) else { fatalError("not begun") }
        return session
    }

    /// - Parameter source: what is asked for first: `camera`, `video`, `slow` or `missing`.
    init(source: String) throws {
        folder = NSTemporaryDirectory() + "raut-stand-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        broker = try FakeBroker()
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Errno.last }
        pipe = (ends[0], ends[1])
        let encoder = folder + "/encoder"
        try """
        #!/bin/bash
        echo $$ >'\(folder)/encoder.pid'
        file="${@: -1}"
        exec cat >"${file#file:}"
        """.write(toFile: encoder, atomically: true, encoding: .utf8)
        chmod(encoder, 0o755)
        settings = Guarded(.success(LiveSettings()))
        plan(source: source)
        var surroundings = LiveSurroundings.process
        surroundings.output = pipe.writing
        surroundings.encoder = encoder
        surroundings.isAtTerminal = false
        surroundings.report = { [said] line in said.change { $0.append(line) } }
        surroundings.exit = { _ in }
        surroundings.openSource = { [self] request, cancellation throws(CaptureError) in
            try open(request, cancellation)
        }
        let live = LiveSession(in: surroundings) { [settings] _ in try settings.withLock { $0 }.get() }
        self.live.withLock { $0 = live }
        _ = try JoinableThread(name: "stand-lines") { [lines, pipe] in
            var rest: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(pipe.reading, &chunk, chunk.count), count > 0 {
                rest += chunk[..<count]
                while let end = rest.firstIndex(of: 10) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    lines.change { $0.append(line) }
                    rest.removeSubrange(...end)
                }
            }
            close(pipe.reading)
        }
    }

    private func open(
        _ request: SourceRequest, _ cancellation: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        switch request.name {
        case "camera": return OpenedSource(source: camera, notes: [])
        case "other": return OpenedSource(source: FakeCamera("other"), notes: [])
        case "video":
            videos.change { $0.append(request.isGray) }
            return OpenedSource(
                source: FakeCamera("video", leavesOutColors: request.isGray), notes: [])
        case "slow":
            slowIsAsked.change { $0 = true }
            while !slowMayOpen.withLock({ $0 }) {
                guard cancellation.sleep(seconds: 0.005) else { break }
            }
            return OpenedSource(source: FakeCamera("slow"), notes: [])
        default: throw .cannotOpen(source: request.name ?? "", reason: "there is none")
        }
    }

    /// What the options say from now on.
    func plan(source: String, minSize: Int = 80, _ edit: (inout LiveSettings) -> Void = { _ in }) {
        var new = LiveSettings()
        new.isHeadless = true
        new.source.name = source
        new.printsEvents = true
        new.socketPath = folder + "/events"
        new.recordPath = folder + "/recording.mp4"
        new.isReloadable = true
        new.pipeline.detail = .frames
        new.pipeline.detection.minSize = minSize
        if let address = try? MQTTAddress("mqtt://127.0.0.1:\(broker.port)/kiosk") {
            new.broker = Broker(address: address, authorities: nil)
        }
        edit(&new)
        settings.withLock { [new] in $0 = .success(new) }
    }

    /// The options can't be used from now on.
    func spoilPlan() {
        settings.withLock { $0 = .failure(Failure(description: "raut.conf, line 1: nonsense")) }
    }

    /// Whether the slow source is being opened.
    var isOpeningSlow: Bool { slowIsAsked.withLock { $0 } }

    /// Of each opening of the video, whether it was asked for without its colours.
    ///
    /// A copy of its own: the thread sanitizer does not see by which reference count a shared one is free to grow.
    var isGrayOfVideos: [Bool] { videos.withLock { $0.map { $0 } } }

    /// Lets the slow source open.
    func openSlow() { slowMayOpen.change { $0 = true } }

    /// Runs the session on a thread of its own, with the faults.
    func begin() throws {
        try faults.during {
            _ = try JoinableThread(name: "stand-first") { [self] in
                let result = Result { try session.run() }
                ending.change { $0 = (result, MonotonicClock.now) }
            }
        }
    }

    // MARK: - What can be seen

    var reports: [String] { said.withLock { $0.map { $0 } } }
    func count(_ part: String) -> Int { lines.withLock { $0.count { $0.contains(part) } } }
    var frames: Int { count(#""event":"frame""#) }

    /// More frames are worked on than up to now.
    func goesOn() -> Bool {
        let before = frames
        return eventually { frames > before + 1 }
    }

    /// The exit status, or nil where it does not end; 1 where it throws, as at the command line.
    func end(within seconds: Double) -> Int32? {
        ending.wait(until: .after(seconds)) { ending in
            ending.map { (try? $0.result.get()) ?? 1 }
        }
    }

    /// When it ended, on the monotonic clock.
    var endTime: UInt64? { ending.withLock { $0?.time } }

    /// Sends a signal to the encoder, once it has begun.
    func signalEncoder(_ number: Int32) -> Bool {
        var process: Int32 = 0
        let isThere = eventually {
            let text = (try? String(contentsOfFile: folder + "/encoder.pid", encoding: .utf8)) ?? ""
            process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            return process > 0
        }
        return isThere && kill(process, number) == 0
    }

    /// Ends what is left.
    func tearDown() {
        camera.free()
        session.stop()
        _ = end(within: 10)
        broker.leave()
        close(pipe.writing)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
