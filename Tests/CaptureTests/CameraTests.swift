import Capture
import Foundation
import Imaging
import System
import Testing

extension Tag {
    /// Takes the kernel's virtual camera, vivid, as /dev/video0: run by `make test-camera`, in a virtual machine.
    @Tag static var camera: Self
}

/// Against a real kernel driver whose test pattern and faults are known.
@Suite(
    "a camera", .tags(.camera), .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["RAUT_TEST_CAMERA"] == "vivid"))
struct CameraTests {
    /// Sets the virtual camera's controls: `disconnect=1`.
    private func control(_ settings: String) throws {
        try #require(run("v4l2-ctl", "-d", "/dev/video0", "-c", settings) == 0)
    }

    private func run(_ words: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Takes the virtual camera from its driver, or gives it back.
    private func bind(_ file: String) throws {
        let path = "/sys/bus/platform/drivers/vivid/\(file)"
        try "vivid.0".write(toFile: path, atomically: false, encoding: .ascii)
    }

    private func small(_ format: PixelFormat? = nil) -> CameraSettings {
        CameraSettings(
            name: "/dev/video0", size: FrameSize(width: 320, height: 180), frameRate: 25, format: format)
    }

    /// Why the camera can't be opened; empty where it can.
    private func refusal() -> String {
        do {
            _ = try Camera(small())
            return ""
        } catch {
            return error.reason
        }
    }

    /// Frames until one is thrown at us, at most so many.
    private func fault(of camera: Camera, within frames: Int = 200) -> CaptureError? {
        var frame = Frame()
        do {
            for _ in 0..<frames { _ = try camera.next(into: &frame) }
            return nil
        } catch {
            return error
        }
    }

    /// White, yellow, cyan, green, magenta, red, blue, black: the colours of the test pattern "100% Colorbar".
    private static let bars: [(red: Int, green: Int, blue: Int)] = [
        (255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255),
        (0, 0, 0),
    ]

    @Test(
        "shows the test pattern's colours in each format that is read natively",
        arguments: PixelFormat.allCases.filter { $0 != .mjpeg })
    func colors(format: PixelFormat) throws {
        let camera = try Camera(small(format))
        #expect(camera.mode.format == format)
        #expect(camera.mode.size == FrameSize(width: 320, height: 180))
        var frame = Frame()
        for number in 1...3 {
            try #require(try camera.next(into: &frame))
            #expect(frame.number == number)
        }
        let decoder = FrameDecoder()
        var color = ColorImage()
        var gray = GrayImage()
        try decoder.color(of: frame, into: &color)
        try decoder.gray(of: frame, into: &gray)
        for (bar, expected) in Self.bars.enumerated() {
            let (red, green, blue) = (Double(expected.red), Double(expected.green), Double(expected.blue))
            // The driver's own grey weighs by BT.709 in full range; its luma is BT.601's from 16 to 235.
            let bt709 = 0.2126 * red + 0.7152 * green + 0.0722 * blue
            let bt601 = 0.299 * red + 0.587 * green + 0.114 * blue
            let isGray = format == .gray || format == .y16
            let isColor = format == .rgb24 || format == .bgr24
            let level = isGray ? bt709 : isColor ? bt601 : 16 + bt601 * 219 / 255
            let wanted = isGray ? [level, level, level] : [red, green, blue]
            for y in [2, 90, 177] {
                let at = y * 320 + bar * 40 + 20
                let seen = (0..<3).map { Double(color.pixels[3 * at + $0]) }
                #expect(
                    zip(seen, wanted).allSatisfy { abs($0 - $1) <= 6 },
                    "\(format) bar \(bar) row \(y): \(seen), not \(wanted)")
                #expect(
                    abs(Double(gray.pixels[at]) - level) <= 4,
                    "\(format) bar \(bar) row \(y): grey \(gray.pixels[at]), not \(level)")
            }
        }
    }

    @Test("is described by its card and bus")
    func described() throws {
        let camera = try #require(Camera.list().first)
        #expect(camera.device == "/dev/video0")
        #expect(camera.card == "vivid")
        #expect(camera.bus == "platform:vivid-000")
    }

    @Test("is found by a part of its card's name, whatever the case")
    func byName() throws {
        #expect(try Camera(CameraSettings(name: "VIV")).identity.device == "/dev/video0")
        #expect(try Camera(CameraSettings(name: "video0")).identity.device == "/dev/video0")
        #expect(try Camera(CameraSettings()).identity.device == "/dev/video0")
    }

    @Test("takes the nearest size and says so")
    func nearestSize() throws {
        let opened = try SourceOpener.open(
            SourceRequest(name: "/dev/video0", size: FrameSize(width: 650, height: 470)))
        #expect(opened.source.width == 640 && opened.source.height == 480)
        #expect(opened.notes == ["/dev/video0 does not offer 650×470: taking 640×480"])
    }

    @Test("stamps frames with the monotonic clock, in order, from before they arrive")
    func stamps() throws {
        let camera = try Camera(small())
        var frame = Frame()
        var last: UInt64 = 0
        for _ in 0..<5 {
            try #require(try camera.next(into: &frame))
            let now = MonotonicClock.now
            #expect(frame.monotonicTime > last && frame.monotonicTime <= now)
            #expect(now - frame.monotonicTime < 2_000_000_000)
            last = frame.monotonicTime
        }
    }

    @Test("stops waiting when it is cancelled")
    func cancelled() throws {
        let camera = try Camera(small())
        camera.cancel()
        var frame = Frame()
        #expect(try !camera.next(into: &frame))
    }

    @Test("that is unplugged is lost, is not there, and comes back")
    func unplugged() throws {
        let camera = try Camera(small())
        var frame = Frame()
        try #require(try camera.next(into: &frame))
        try control("disconnect=1")
        #expect(fault(of: camera) == .lost(source: "/dev/video0", reason: "it was unplugged"))
        // The virtual camera comes back by itself when nobody has it open any more.
        try camera.reopen()
        #expect(try camera.next(into: &frame))
        #expect(frame.number > 1)
    }

    @Test("that is not there says which cameras are, until it is plugged in again")
    func notThere() throws {
        var camera: Camera? = try Camera(small())
        try control("inject_fatal_streaming_error=1")
        _ = camera.flatMap { fault(of: $0) }
        try bind("unbind")
        #expect(throws: CaptureError.lost(source: "/dev/video0", reason: "it is not there")) {
            try camera?.reopen()
        }
        #expect(throws: CameraError.notThere(name: "viv", cameras: [])) {
            try Camera(CameraSettings(name: "viv"))
        }
        try bind("bind")
        try control("test_pattern=1,osd_text_mode=2")
        try camera?.reopen()
        var frame = Frame()
        #expect(try camera?.next(into: &frame) == true)
        camera = nil
    }

    @Test("whose stream fails is lost, and comes back at once")
    func streamFailure() throws {
        let camera = try Camera(small())
        var frame = Frame()
        try #require(try camera.next(into: &frame))
        try control("inject_fatal_streaming_error=1")
        #expect(fault(of: camera) == .lost(source: "/dev/video0", reason: "the stream failed"))
        try camera.reopen()
        #expect(try camera.next(into: &frame))
    }

    @Test("that refuses a buffer is lost, and comes back at once")
    func refusedBuffer() throws {
        let camera = try Camera(small())
        try control("inject_vidioc_qbuf_error=1")
        let lost = try #require(fault(of: camera))
        #expect("\(lost)".hasPrefix("/dev/video0: lost: the driver refused VIDIOC_QBUF"))
        try camera.reopen()
        var frame = Frame()
        #expect(try camera.next(into: &frame))
    }

    @Test("that refuses to stream says which call it refused", arguments: ["streamon", "reqbufs"])
    func refused(call: String) throws {
        try control("inject_vidioc_\(call)_error=1")
        #expect("\(refusal())".hasPrefix("the driver refused VIDIOC_\(call.uppercased())"))
        var frame = Frame()
        #expect(try Camera(small()).next(into: &frame))
    }

    @Test("that hands over a broken buffer says so once and goes on with whole ones")
    func brokenBuffer() throws {
        let camera = try Camera(small())
        #expect(try changes(of: camera, during: 10).isEmpty)
        try control("inject_v4l2_buf_flag_error=1")
        let changes = try changes(of: camera, during: 80)
        #expect(changes == [.troubled(reason: "the driver hands over broken frames"), .recovered])
    }

    @Test("of which half the frames are dropped says so once, and when it is over")
    func dropped() throws {
        let camera = try Camera(small())
        #expect(try changes(of: camera, during: 10).isEmpty)
        try control("percentage_of_dropped_buffers=50")
        let trouble = try changes(of: camera, during: 40)
        try #require(trouble.count == 1)
        #expect("\(trouble[0])".contains("the driver dropped "))
        try control("percentage_of_dropped_buffers=0")
        #expect(try changes(of: camera, during: 80) == [.recovered])
    }

    /// What a camera says of itself while so many frames are read.
    private func changes(of camera: Camera, during count: Int) throws -> [SourceChange] {
        var frame = Frame()
        var changes: [SourceChange] = []
        for _ in 0..<count {
            guard try camera.next(into: &frame) else { break }
            if let change = camera.takeChange() { changes.append(change) }
        }
        return changes
    }

    @Test("read by ffmpeg gives luma alone where asked, is lost when unplugged and comes back, numbers go on")
    func throughFFmpeg() throws {
        let input = CameraInput(
            format: "yuyv422", size: FrameSize(width: 320, height: 180), frameRate: 25)
        // ffmpeg takes more than ten seconds to begin in a virtual machine without help from the processor.
        let camera = try CompressedCamera(small(), isGray: true, input: input, patience: 60)
        #expect(camera.leavesOutColors)
        var frame = Frame()
        for number in 1...5 {
            #expect(try camera.next(into: &frame))
            #expect(frame.number == number && frame.width == 320 && frame.height == 180)
            #expect(frame.format == .gray && frame.bytes.count == 320 * 180)
        }
        try control("disconnect=1")
        #expect(throws: CaptureError.self) { while try camera.next(into: &frame) {} }
        let last = frame.number
        try bind("unbind")
        #expect(throws: CaptureError.lost(source: "/dev/video0", reason: "it is not there")) {
            try camera.reopen()
        }
        try bind("bind")
        try camera.reopen()
        #expect(try camera.next(into: &frame))
        #expect(frame.number == last + 1 && frame.format == .gray)
        #expect(camera.name == "/dev/video0")
        let began = MonotonicClock.seconds
        camera.cancel()
        #expect(try !camera.next(into: &frame))
        #expect(MonotonicClock.seconds - began < 2)
    }

    @Test("that another program streams from is busy, and the program is named")
    func busy() throws {
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/v4l2-ctl")
        other.arguments = ["-d", "/dev/video0", "--stream-mmap"]
        let output = Pipe()
        other.standardOutput = output
        other.standardError = output
        try other.run()
        defer {
            kill(other.processIdentifier, SIGKILL)
            other.waitUntilExit()
        }
        // It prints a character for each frame.
        try #require(!output.fileHandleForReading.availableData.isEmpty)
        let expected = CameraError.busy(
            path: "/dev/video0", holder: "v4l2-ctl (process \(other.processIdentifier))")
        #expect(refusal() == expected.reason)
    }

    @Test("that we may not open names the group to join")
    func noPermission() throws {
        try #require(run("chown", "root:video", "/dev/video0") == 0)
        try #require(run("chmod", "660", "/dev/video0") == 0)
        try #require(seteuid(65534) == 0)
        defer { seteuid(0) }
        #expect(throws: CameraError.noPermission(path: "/dev/video0", group: "video")) {
            try Camera(small())
        }
    }
}
