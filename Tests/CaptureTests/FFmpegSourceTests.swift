import Capture
import Foundation
import Imaging
import System
import Testing
import TestSupport

/// Runs the real ffmpeg to make a file for a test.
func makeWithFFmpeg(_ words: [String]) throws {
    let program = try #require(FileSystem.program("ffmpeg"))
    let child = try ChildProcess(program, ["-nostdin", "-loglevel", "error", "-y"] + words, output: .nothing)
    try #require(child.wait(until: .after(60)) == .status(0), "\(child.lastMessages)")
}

@Suite("a video through ffmpeg")
struct FFmpegSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func command(_ location: String, program: String? = nil) -> FFmpegCommand {
        var command = FFmpegCommand(location: location)
        command.program = program
        return command
    }

    /// A program that stands where ffmpeg does.
    private func script(_ text: String) throws -> String {
        let path = try folder.write(Array("#!/bin/sh\n\(text)\n".utf8), to: "ffmpeg-\(UUID().uuidString)")
        try #require(chmod(path, 0o755) == 0)
        return path
    }

    /// The times of all frames in seconds.
    private func times(_ source: FFmpegSource) throws -> [Double] {
        var frame = Frame()
        var times: [Double] = []
        while try source.next(into: &frame) {
            times.append(Double(frame.sourceTime) * 1e-9)
            #expect(frame.number == times.count)
        }
        return times
    }

    @Test(
        "gives the same luma without colours as with them, turned and scaled too",
        arguments: ["yuv420p", "yuvj444p", "gbrp", "gray"])
    func lumaAlone(format: String) throws {
        let video = "\(folder.path)/\(format).mkv"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=66x50:rate=10:duration=0.3",
            "-pix_fmt", format, "-c:v", "ffv1", video,
        ])
        var plain = command(video)
        plain.turn = FrameTurn(clockwise: 90, isFlipped: true)
        plain.size = FrameSize(width: 31, height: 41)
        var gray = plain
        gray.isGray = true
        let sources = [
            try FFmpegSource(plain, isPaced: false), try FFmpegSource(gray, isPaced: false),
        ]
        #expect(sources.map(\.leavesOutColors) == [false, true])
        var frames = [Frame(), Frame()]
        var images = [GrayImage(), GrayImage()]
        for _ in 0..<3 {
            for place in 0..<2 {
                try #require(try sources[place].next(into: &frames[place]))
                try FrameDecoder().gray(of: frames[place], into: &images[place])
            }
            #expect(frames.map(\.format) == [.yu12, .gray])
            #expect(images[0] == images[1])
        }
        #expect(frames[1].bytes.count == images[1].width * images[1].height)
    }

    @Test(
        "gives each frame once, at its own time, whatever rate its header claims and however long it pauses")
    func ownTimes() throws {
        let video = "\(folder.path)/gap.mkv"
        // Frames at 0, 0.1, 0.2, 0.3 seconds, then ten minutes later at 600.4 and so on, in a clock of 1 ms.
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=10:duration=0.8",
            "-vf", "setpts=PTS+gte(N\\,4)*600/TB", "-fps_mode", "passthrough", "-c:v", "ffv1", video,
        ])
        let source = try FFmpegSource(command(video), isPaced: false)
        let expected = (0..<8).map { Double($0) / 10 + ($0 < 4 ? 0 : 600) }
        let found = try times(source)
        #expect(found.count == 8)
        for (one, other) in zip(found, expected) { #expect(abs(one - other) < 0.002) }
    }

    @Test("of a file that claims a thousand frames a second gives the frames that it holds")
    func claimedRate() throws {
        let video = "\(folder.path)/browser.webm"
        // A browser's recording: VP8, uneven times, a clock of milliseconds and no rate.
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=30:duration=2",
            "-vf", "select='lt(mod(n\\,10)\\,9)+eq(n\\,9)',settb=1/1000,setpts='PTS+mod(N\\,3)*4'",
            "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "libvpx", "-deadline", "realtime",
            video,
        ])
        let source = try FFmpegSource(command(video), isPaced: false)
        let found = try times(source)
        #expect(found.count == 55)
        #expect(abs((found.last ?? 0) - 58.0 / 30) < 0.02)
        #expect(found == found.sorted())
    }

    @Test("of one frame gives stills, which nothing later confirms; of two it does not", arguments: [1, 2])
    func oneFrame(count: Int) throws {
        let video = "\(folder.path)/short.mp4"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=25", "-frames:v", "\(count)", "-c:v", "mjpeg",
            video,
        ])
        let source = try FFmpegSource(command(video), isPaced: false)
        #expect(source.givesStills == (count == 1))
        let found = try times(source)
        #expect(found.count == count)
        for (one, other) in zip(found, [0, 0.04]) { #expect(abs(one - other) < 0.001) }
    }

    @Test("takes at most as many frames a second as are asked for, and makes none")
    func fewerFrames() throws {
        let video = "\(folder.path)/clip.mkv"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=25:duration=2", "-c:v", "ffv1", video,
        ])
        var fewer = command(video)
        fewer.frameRate = 10
        #expect(try times(FFmpegSource(fewer, isPaced: false)).count == 20)
        fewer.frameRate = 50
        let all = try FFmpegSource(fewer, isPaced: false)
        #expect(all.frameRate == 25)
        #expect(try times(all).count == 50)
    }

    @Test(
        "with pixels that are not square is made square, keeps its shape inside the size asked for, and turns"
    )
    func shape() throws {
        let video = "\(folder.path)/wide.mkv"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=72x48:rate=10:duration=0.2", "-vf", "setsar=4/3", "-c:v",
            "ffv1",
            video,
        ])
        let square = try FFmpegSource(command(video), isPaced: false)
        #expect(square.width == 96 && square.height == 48)
        var fitted = command(video)
        fitted.size = FrameSize(width: 64, height: 64)
        let small = try FFmpegSource(fitted, isPaced: false)
        #expect(small.width == 64 && small.height == 32)
        fitted.turn = FrameTurn(clockwise: 90)
        let turned = try FFmpegSource(fitted, isPaced: false)
        #expect(turned.width == 32 && turned.height == 64)
        let opened = try SourceOpener.open(
            SourceRequest(name: video, size: FrameSize(width: 64, height: 64), asFastAsPossible: true))
        #expect(opened.notes == ["\(video): keeps its shape: taking 64×32 for 64×64"])
    }

    @Test(
        "whose child prints rubbish, a header without end, or closes its output and stays, is refused in a line",
        arguments: [
            ("echo rubbish rubbish rubbish rubbish; exec sleep 600", "what ffmpeg sends is no video"),
            (
                "printf 'nut/multimedia container\\0NMzV\\037\\137\\004\\255\\377\\377\\377\\377\\177'; exec sleep 600",
                "a header is too large"
            ),
            ("exec >&-; exec sleep 600", "ffmpeg finds no video in it"),
            ("echo '[error] x.mp4: out of luck' >&2; exit 1", "out of luck"),
            ("kill -9 $$", "ffmpeg finds no video in it"),
        ])
    func badChild(text: String, words: String) throws {
        let program = try script(text)
        let signal = Cancellation()
        // Where it hangs, the test ends all the same, and fails.
        let watch = try JoinableThread(name: "watch") { if signal.sleep(seconds: 30) { signal.raise() } }
        let error = #expect(throws: CaptureError.self) {
            try FFmpegSource(command("x.mp4", program: program), isPaced: false, signal: signal)
        }
        #expect(!signal.isRaised)
        #expect("\(error!)".contains(words), "\(error!)")
        signal.raise()
        watch.join()
    }

    @Test("whose child is killed on the way says so, and is no end of the video")
    func killed() throws {
        let video = "\(folder.path)/clip.mkv"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=10:duration=1", "-c:v", "ffv1", video,
        ])
        let stream = "\(folder.path)/clip.nut"
        try makeWithFFmpeg(
            Array(command(video).arguments.dropFirst(5).dropLast(1)) + [stream])
        let program = try script("cat '\(stream)'; kill -9 $$")
        let source = try FFmpegSource(command("x.mp4", program: program), isPaced: false)
        #expect(
            throws: CaptureError.invalidData(
                source: "x.mp4", reason: "ffmpeg was ended by signal 9 after 10 frames")
        ) { try times(source) }
    }

    @Test(
        "is let go of at once while it is opened, and no child stays",
        arguments: ["x.mp4", "udp://x:1"])
    func cancelled(name: String) throws {
        let program = try script("exec sleep 600")
        let signal = Cancellation()
        let command = command(name, program: program)
        let outcome = Guarded<(CaptureError?, UInt64)?>(nil)
        let opening = try JoinableThread(name: "opening") {
            do throws(CaptureError) {
                _ = try FFmpegSource(command, isPaced: false, signal: signal)
            } catch {
                outcome.change { $0 = (error, MonotonicClock.now) }
            }
        }
        #expect(holds(for: 0.05) { outcome.withLock { $0 == nil } })
        let raised = MonotonicClock.now
        signal.raise()
        #expect(opening.join(until: .after(10)))
        let end = try #require(outcome.withLock { $0 })
        #expect(end.0 == .cancelled)
        #expect(end.1 - raised < 5_000_000_000)
    }

    @Test("shows user and password nowhere: not in its name, its errors, or the list of processes")
    func secrets() throws {
        let address = "rtsp://anna:open%20sesame@127.0.0.1:1/live?token=0c1d2e3f"
        let command = command(address)
        #expect(command.name == "rtsp://***@127.0.0.1:1/live?token=***")
        #expect(!command.arguments.joined(separator: " ").contains("sesame"))
        #expect(command.input?.contains(address) == true)
        let error = #expect(throws: CaptureError.self) { try FFmpegSource(command, isPaced: false) }
        let said = "\(error!)"
        #expect(said.contains("Connection refused"), "\(said)")
        for secret in ["anna", "sesame", "0c1d2e3f"] { #expect(!said.contains(secret), "\(said)") }
        let made = CaptureError.cannotOpen(
            source: command.name, reason: command.address?.redacted("\(address): 401 for anna") ?? "")
        #expect("\(made)" == "\(command.name): cannot open it: \(command.name): 401 for ***")
    }
}

@Suite("a live stream's times")
struct LiveTimeTests {
    private let second: UInt64 = 1_000_000_000

    @Test("are its own, free of the network's jitter")
    func own() {
        var pacer = FramePacer()
        var last: UInt64 = 0
        for number in 0..<200 {
            let time = UInt64(number) * second / 10
            let jitter = number % 3 == 1 ? second / 20 : 0
            let live = pacer.liveTime(of: Int64(time) + 777, at: 100 * second + time + jitter)
            #expect(live <= 100 * second + time + jitter)
            if number > 0 { #expect(abs(Double(live - last) * 1e-9 - 0.1) < 0.01) }
            last = live
        }
    }

    @Test("are true seconds where ffmpeg makes them up: ten frames a second that it takes for 25")
    func madeUp() {
        var pacer = FramePacer()
        var first: UInt64 = 0
        var last: UInt64 = 0
        for number in 0..<100 {
            last = pacer.liveTime(
                of: Int64(number) * 40_000_000, at: 100 * second + UInt64(number) * second / 10)
            if number == 50 { first = last }
        }
        #expect(last - first == 49 * second / 10)
    }

    @Test("are never later than now, also where buffered frames come at once")
    func burst() {
        var pacer = FramePacer()
        for number in 0..<50 {
            let now = 100 * second + UInt64(number) * 1_000_000
            #expect(pacer.liveTime(of: Int64(number) * 100_000_000, at: now) <= now)
        }
    }
}

/// A server of one connection after another on loopback, each served by a closure; ends with its owner.
final class LoopbackServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let thread = Guarded<JoinableThread?>(nil)
    private let ending = Cancellation()

    /// - Parameters:
    ///   - port: the port, or 0 for a free one.
    ///   - serve: called for each connection with its number, from 0; it is closed afterwards.
    init(port: UInt16 = 0, _ serve: @escaping @Sendable (_ connection: Int32, _ number: Int) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        try #require(bound == 0 && listen(listener, 4) == 0)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        self.port = UInt16(bigEndian: address.sin_port)
        let ending = ending
        let started = try JoinableThread(name: "server") {
            var number = 0
            while ending.wait(for: listener, until: .never) == .ready {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { continue }
                serve(connection, number)
                close(connection)
                number += 1
            }
        }
        thread.withLock { $0 = started }
    }

    deinit {
        ending.raise()
        thread.withLock { $0 }?.join(until: .after(5))
        close(listener)
    }

    static func send(_ bytes: [UInt8], to connection: Int32) {
        _ = bytes.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}

@Suite("a camera in the network")
struct NetworkSourceTests {
    private func picture(_ level: UInt8) throws -> [UInt8] {
        var image = ColorImage(width: 32, height: 24)
        image.pixels = [UInt8](repeating: level, count: image.pixels.count)
        return try ImageFile.encodeJPEG(image)
    }

    /// Pictures as cameras send them over HTTP, so many, then the end.
    private static func serve(_ connection: Int32, _ picture: [UInt8], count: Int) {
        var request = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &request, request.count, 0)
        let type = "Content-Type: multipart/x-mixed-replace; boundary=frame"
        LoopbackServer.send(Array("HTTP/1.0 200 OK\r\n\(type)\r\n\r\n".utf8), to: connection)
        for _ in 0..<count {
            let head = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n"
            LoopbackServer.send(Array(head.utf8) + picture + Array("\r\n".utf8), to: connection)
        }
    }

    @Test("over HTTP whose server ends is lost, not over, and comes back when it serves again")
    func http() throws {
        let picture = try picture(80)
        let server = try LoopbackServer { connection, number in
            if number != 1 { Self.serve(connection, picture, count: 60) }
        }
        let name = "http://user:word@127.0.0.1:\(server.port)/video"
        let opened = try SourceOpener.open(SourceRequest(name: name)).source
        let source = try #require(opened as? any RecoverableSource)
        #expect(source.name == "http://***@127.0.0.1:\(server.port)/video")
        #expect(source.canComeBack && source.width == 32)
        var frame = Frame()
        var count = 0
        let lost = #expect(throws: CaptureError.self) {
            while try source.next(into: &frame) { count += 1 }
        }
        #expect(count > 20)
        if case .lost = lost {} else { Issue.record("\(lost!)") }
        // The server closes the second connection without a word.
        #expect(throws: CaptureError.self) { try source.reopen() }
        try source.reopen()
        #expect(try source.next(into: &frame))
        #expect(frame.number == count + 1)
        withExtendedLifetime(server) {}
    }

    @Test(
        "that takes the connection and says nothing is let go of at once",
        arguments: ["http", "tcp", "rtsp"])
    func silent(scheme: String) throws {
        let release = Cancellation()
        let server = try LoopbackServer { _, _ in _ = release.sleep(seconds: 20) }
        defer { withExtendedLifetime(server) { release.raise() } }
        let signal = Cancellation()
        let request = SourceRequest(name: "\(scheme)://127.0.0.1:\(server.port)/x")
        let outcome = Guarded<(CaptureError?, UInt64)?>(nil)
        let opening = try JoinableThread(name: "opening") {
            do throws(CaptureError) { _ = try SourceOpener.open(request, signal) } catch {
                outcome.change { $0 = (error, MonotonicClock.now) }
            }
        }
        #expect(holds(for: 0.2) { outcome.withLock { $0 == nil } })
        let raised = MonotonicClock.now
        signal.raise()
        #expect(opening.join(until: .after(10)))
        let end = try #require(outcome.withLock { $0 })
        #expect(end.0 == .cancelled)
        #expect(end.1 - raised < 5_000_000_000)
    }

    @Test("names show neither user nor password nor the values of a query")
    func names() {
        for (address, name) in [
            ("rtsp://cam/live", "rtsp://cam/live"), ("rtsp://u:p@cam:554/a", "rtsp://***@cam:554/a"),
            ("http://cam/v?user=u&pwd=p", "http://cam/v?user=***&pwd=***"),
            ("udp://@239.0.0.1:5", "udp://@239.0.0.1:5"),
            ("http://u:p@h@cam/x", "http://***@cam/x"), ("http://u:p/q@cam/x", "http://***@cam/x"),
            ("http://cam:80/a@b", "http://cam:80/a@b"), ("http://cam/v?0c1d", "http://cam/v?***"),
        ] {
            #expect(NetworkAddress(address)?.name == name)
        }
        // Also of one that is waited for, because its server is down.
        let awaited = AwaitedSource(SourceRequest(name: "rtsp://u:p@cam/a")) {
            request, signal throws(CaptureError) in throw .cancelled
        }
        #expect(awaited.name == "rtsp://***@cam/a")
        var shown = ""
        if let address = NetworkAddress("rtsp://anna:sesame@cam/") {
            dump(address, to: &shown)
            shown += "\(address) \(String(reflecting: address))"
        }
        #expect(!shown.contains("sesame") && !shown.contains("anna"))
    }

    @Test("messages that quote what was typed show no password either")
    func quoted() {
        for (text, shown) in [
            ("unexpected 'rtsp://anna:sesame@cam/': usage", "unexpected 'rtsp://***@cam/': usage"),
            ("unknown option --rtsp://a:sesame@h/: see", "unknown option --rtsp://***@h/: see"),
            ("a.mp4, http://a/x and http://h/x?key=sesame", "a.mp4, http://a/x and http://h/x?key=***"),
            ("://", "://"), ("a://", "a://"), ("no address: a:b@c", "no address: a:b@c"),
            ("é://u:sesame@h", "é://***@h"),
        ] {
            #expect(NetworkAddress.hidingSecrets(in: text) == shown)
        }
    }
}
