import Capture
import Foundation
import Imaging
import System
import Testing
import TestSupport

@Suite("a source's name")
struct SourceOpenerTests {
    private let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func open(_ name: String, fast: Bool = true) throws -> any FrameSource {
        try SourceOpener.open(SourceRequest(name: name, asFastAsPossible: fast)).source
    }

    private func picture(_ level: UInt8, _ name: String) throws -> String {
        var image = ColorImage(width: 20, height: 10)
        for index in image.pixels.indices { image.pixels[index] = level }
        let path = "\(folder.path)/\(name)"
        try ImageFile.write(image, path: path)
        return path
    }

    /// A short clip: three frames, black, grey, white.
    private func clip() throws -> [UInt8] {
        let frames = [16, 128, 235].flatMap { level in
            Array("FRAME\n".utf8) + [UInt8](repeating: UInt8(level), count: 21 * 13)
                + [UInt8](repeating: 128, count: 2 * 11 * 7)
        }
        return Array("YUV4MPEG2 W21 H13 F10:1 Ip A1:1 C420jpeg\n".utf8) + frames
    }

    @Test(
        "a camera that is away is waited for where that is asked for, and said so; a file that is not there is not"
    )
    func waited() throws {
        var request = SourceRequest(name: "/dev/video99")
        request.waitsForCamera = true
        let opened = try SourceOpener.open(request)
        #expect(opened.source is AwaitedSource)
        #expect(opened.notes.count == 1)
        #expect(opened.notes.first?.hasPrefix("/dev/video99: there is no such") ?? false)
        #expect(opened.notes.first?.hasSuffix(": waiting for it") ?? false)
        request.name = "97"
        #expect(try SourceOpener.open(request).source is AwaitedSource)
        request.name = "clip.mp5"
        #expect(throws: CaptureError.self) { try SourceOpener.open(request) }
    }

    @Test("a file that is repeated keeps its pace, and its numbers and times go on")
    func repeated() throws {
        let video = "\(folder.path)/one.mp4"
        try makeWithFFmpeg([
            "-f", "lavfi", "-i", "testsrc=size=32x24:rate=10", "-frames:v", "1", "-c:v", "mjpeg", video,
        ])
        var request = SourceRequest(name: video)
        request.repeats = true
        let source = try SourceOpener.open(request).source
        var frame = Frame()
        var times: [UInt64] = []
        let began = MonotonicClock.seconds
        for number in 1...3 {
            #expect(try source.next(into: &frame))
            #expect(frame.number == number)
            times.append(frame.sourceTime / 1_000_000)
        }
        #expect(MonotonicClock.seconds - began > 0.19)
        #expect(times == [0, 100, 200])
        source.cancel()
        #expect(try !source.next(into: &frame))
    }

    @Test("what may pass by itself is waited for, what takes a change of options or rights is not")
    func mayPass() {
        let path = "/dev/video0"
        #expect(CameraError.busy(path: path, holder: "cheese (process 1)").mayPass)
        #expect(CameraError.notThere(name: path, cameras: []).mayPass)
        #expect(CameraError.notThere(name: "1", cameras: []).mayPass)
        #expect(CameraError.refused(path: path, call: "VIDIOC_STREAMON", number: ENOSPC).mayPass)
        #expect(!CameraError.refused(path: path, call: "VIDIOC_S_FMT", number: EINVAL).mayPass)
        #expect(!CameraError.notThere(name: "clip.mp5", cameras: []).mayPass)
        #expect(!CameraError.noPermission(path: path, group: "video").mayPass)
        #expect(!CameraError.noFormat(path: path, offered: ["H264"]).mayPass)
    }

    @Test("of a picture gives it once, or again and again at a pace")
    func picture() throws {
        let path = try picture(80, "a.png")
        let once = try open(path)
        #expect(try grays(of: once).map { Int($0.pixels[0]) } == [80])
        // By its rate it is known that a second look at a face may never come.
        #expect(once.frameRate == 2)
        let still = try SourceOpener.open(SourceRequest(name: path, frameRate: 500)).source
        var frame = Frame()
        for _ in 0..<3 { #expect(try still.next(into: &frame)) }
        #expect(frame.number == 3 && still.frameRate == 500)
    }

    @Test("of a folder gives its pictures by name, passes over broken ones, and says so")
    func folderOfPictures() throws {
        _ = try picture(30, "b.png")
        _ = try picture(10, "a.jpg")
        _ = try picture(90, "d.jpeg")
        _ = try folder.write([1, 2, 3], to: "c.png")
        _ = try folder.write([1, 2, 3], to: "notes.txt")
        let source = try open(folder.path)
        var frame = Frame()
        var levels: [Int] = []
        var changes: [SourceChange] = []
        while try source.next(into: &frame) {
            levels.append(Int(frame.bytes[0]))
            while let change = source.takeChange() { changes.append(change) }
        }
        #expect(zip(levels, [10, 30, 90]).allSatisfy { abs($0 - $1) <= 2 } && levels.count == 3)
        #expect(
            changes == [
                .troubled(
                    reason:
                        "\(folder.path)/c.png: no picture that is read: JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or AVIF"
                ), .recovered,
            ])
    }

    @Test("of a folder with what is no picture opens all the same, and counts and names what it left out")
    func folderOfMore() throws {
        _ = try folder.write([1], to: "notes.txt")
        try #require(mkfifo("\(folder.path)/c.jpg", 0o600) == 0)
        try #require(symlink("/dev/zero", "\(folder.path)/z.png") == 0)
        _ = try picture(90, "a.jpg")
        try #require(rename(try picture(30, "b.jpg"), "\(folder.path)/b.jfif") == 0)
        let opened = try SourceOpener.open(SourceRequest(name: folder.path, asFastAsPossible: true))
        #expect(opened.notes == ["\(folder.path): 3 left out: c.jpg, notes.txt, z.png"])
        #expect(opened.source.givesStills)
        #expect(try grays(of: opened.source).count == 2)
    }

    @Test("of a folder whose first picture is broken begins with the next")
    func brokenFirst() throws {
        _ = try folder.write([0xFF, 0xD8, 0xFF, 1, 2], to: "a.jpg")
        _ = try picture(90, "b.png")
        #expect(try grays(of: open(folder.path)).map { Int($0.pixels[0]) } == [90])
    }

    @Test("of a FIFO that nobody writes to is let go of at once")
    func silentPipe() throws {
        let path = "\(folder.path)/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        let signal = Cancellation()
        let outcome = Guarded<CaptureError?>(nil)
        let opening = try JoinableThread(name: "opening") {
            do throws(CaptureError) { _ = try SourceOpener.open(SourceRequest(name: path), signal) } catch {
                outcome.change { $0 = error }
            }
        }
        #expect(holds(for: 0.02) { outcome.withLock { $0 } == nil })
        let raised = MonotonicClock.now
        signal.raise()
        #expect(opening.join(until: .after(10)))
        #expect(MonotonicClock.now - raised < 5_000_000_000)
        #expect(outcome.withLock { $0 } == .cancelled)
        // A writer that comes later is read.
        let late = try JoinableThread(name: "writer") { [clip = try clip()] in
            let descriptor = Glibc.open(path, O_WRONLY)
            _ = clip.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
        #expect(try grays(of: open(path)).count == 3)
        late.join()
    }

    @Test("with a turn gives the picture turned, then flipped")
    func turned() throws {
        // A 3×2 picture whose red says where each pixel stood.
        var image = ColorImage(width: 3, height: 2)
        for index in 0..<6 { image.pixels[3 * index] = UInt8(10 * index) }
        let path = "\(folder.path)/turn.png"
        try ImageFile.write(image, path: path)
        for (turn, columns, reds) in [
            (FrameTurn(), 3, [0, 10, 20, 30, 40, 50]),
            (FrameTurn(clockwise: 90), 2, [30, 0, 40, 10, 50, 20]),
            (FrameTurn(clockwise: 180), 3, [50, 40, 30, 20, 10, 0]),
            (FrameTurn(clockwise: 270), 2, [20, 50, 10, 40, 0, 30]),
            (FrameTurn(isFlipped: true), 3, [20, 10, 0, 50, 40, 30]),
            (FrameTurn(clockwise: 90, isFlipped: true), 2, [0, 30, 10, 40, 20, 50]),
        ] {
            var request = SourceRequest(name: path, asFastAsPossible: true)
            request.turn = turn
            let source = try SourceOpener.open(request).source
            var frame = Frame()
            try #require(try source.next(into: &frame))
            #expect(frame.width == columns && source.width == columns && frame.height == 6 / columns)
            #expect((0..<6).map { Int(frame.bytes[3 * $0]) } == reds, "\(turn)")
        }
    }

    @Test("of a YUV4MPEG2 file is read without ffmpeg, held to its rate unless told to hurry")
    func yuv4mpeg() throws {
        let path = try folder.write(try clip(), to: "clip.y4m")
        #expect(try grays(of: open(path)).map { Int($0.pixels[5]) } == [16, 128, 235])
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try grays(of: open(path, fast: false)) }
        #expect(time >= .milliseconds(190))
    }

    @Test("of a video is read through ffmpeg, whose process is gone afterwards")
    func video() throws {
        let source = try folder.write(try clip(), to: "clip.y4m")
        let video = "\(folder.path)/-a:b.mkv"
        let convert = Process()
        convert.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        convert.arguments = [
            "ffmpeg", "-loglevel", "error", "-i", source, "-c:v", "ffv1", "file:\(video)",
        ]
        try convert.run()
        convert.waitUntilExit()
        try #require(convert.terminationStatus == 0)
        let opened = try open(video)
        #expect(opened.width == 21 && opened.height == 13 && opened.frameRate == 10)
        #expect(try grays(of: opened).map { Int($0.pixels[5]) } == [16, 128, 235])
        let scaled = try SourceOpener.open(
            SourceRequest(
                name: video, size: FrameSize(width: 40, height: 26), frameRate: 20, asFastAsPossible: true)
        ).source
        // It keeps its shape, and there are no more frames than it holds.
        #expect(scaled.width == 40 && scaled.height == 25 && scaled.frameRate == 10)
        scaled.cancel()
        var frame = Frame()
        #expect(try !scaled.next(into: &frame))
        // Those that tests beside this one have just ended are zombies for a moment.
        #expect(eventually { !childrenNamed("ffmpeg", reading: video) })
    }

    /// True where a child of this process, running or not yet reaped, has the file on its command line or is a
    /// zombie.
    private func childrenNamed(_ name: String, reading file: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            guard
                let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
                status.contains("Name:\t\(name)\n"), status.contains("PPid:\t\(getpid())\n")
            else { return false }
            let command = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return command.isEmpty || command.contains(file)
        }
    }

    /// Silence, 8000 samples a second of 8 bits each.
    private func wave(samples: UInt32) -> [UInt8] {
        func bytes(_ numbers: UInt32...) -> [UInt8] {
            numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        }
        // One channel of plain samples; then the rates in samples and bytes, and a sample's bytes and bits.
        let format = bytes(16, 1 << 16 | 1, 8000, 8000, 8 << 16 | 1)
        return Array("RIFF".utf8) + bytes(36 + samples) + Array("WAVEfmt ".utf8) + format + Array("data".utf8)
            + bytes(samples) + [UInt8](repeating: 128, count: Int(samples))
    }

    @Test("that means nothing is refused in one line that says why")
    func refused() throws {
        let rubbish = try folder.write((0..<5000).map { UInt8($0 * 37 & 255) }, to: "rubbish.mp4")
        let empty = try folder.write([], to: "empty.mp4")
        let sound = try folder.write(wave(samples: 800), to: "sound.wav")
        let noPictures = TemporaryFolder()
        for (name, words) in [
            (sound, "there is no video in it"), ("/no/such/file.mp4", "no file and no camera of this name"),
            (rubbish, "Invalid data"),
            (empty, "the file is empty"), (noPictures.path, "no picture in it"),
            ("/dev/null", "it gives no pictures"), ("/dev/video99", "there is no such"),
        ] {
            do {
                _ = try open(name)
                Issue.record("\(name) was opened")
            } catch {
                #expect("\(error)".contains(words), "\(error)")
                #expect(!"\(error)".contains("\n"))
            }
        }
    }

    @Test("that is a stream nobody serves is refused with ffmpeg's reason, said once")
    func nobodyServes() {
        let name = "rtsp://127.0.0.1:1/x"
        let error = #expect(throws: CaptureError.self) { try open(name) }
        #expect("\(error!)" == "\(name): cannot open it: Connection refused")
    }

    @Test("takes a size as 640x480 and nothing else")
    func sizes() {
        #expect(FrameSize("640x480") == FrameSize(width: 640, height: 480))
        for text in ["640", "640x", "x480", "0x480", "640x-1", "99999x1", "640x480x3", "640×480"] {
            #expect(FrameSize(text) == nil, "\(text)")
        }
    }
}
