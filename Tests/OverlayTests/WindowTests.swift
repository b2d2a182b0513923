import CSDL2
import Capture
import Drawing
import Faces
import Foundation
import Imaging
import Overlay
import Pipeline
import Recording
import Testing

/// Not Xlib's type of that name.
private typealias Window = Overlay.Window

/// Red, green or blue in each format, as a camera would give it, and the colour that the window must show.
private struct Sample: Sendable, CustomTestStringConvertible {
    let format: PixelFormat
    let bytesPerPixelRow: Int
    let bytes: [UInt8]
    let shown: (red: Int, green: Int, blue: Int)
    let encoding: ColorEncoding

    var testDescription: String { format.rawValue }

    static let side = 64

    /// Luma 81, blue 90, red 240: red of BT.601 video.
    static func all() throws -> [Sample] {
        let count = side * side
        func many(_ value: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: value, count: count) }
        func packed(_ group: [UInt8]) -> [UInt8] { (0..<count / 2).flatMap { _ in group } }
        let red = (254, 0, 0)
        let quarter = count / 4
        var green = ColorImage(width: side, height: side)
        for index in 0..<count { green.pixels[3 * index + 1] = 200 }
        return [
            Sample(
                format: .yuyv, bytesPerPixelRow: 2 * side, bytes: packed([81, 90, 81, 240]), shown: red,
                encoding: .video),
            Sample(
                format: .uyvy, bytesPerPixelRow: 2 * side, bytes: packed([90, 81, 240, 81]), shown: red,
                encoding: .video),
            Sample(
                format: .nv12, bytesPerPixelRow: side,
                bytes: many(81, count) + (0..<quarter).flatMap { _ in [90, 240] as [UInt8] }, shown: red,
                encoding: .video),
            Sample(
                format: .yu12, bytesPerPixelRow: side,
                bytes: many(81, count) + many(90, quarter) + many(240, quarter),
                shown: red, encoding: .video),
            Sample(
                format: .gray, bytesPerPixelRow: side, bytes: many(120, count), shown: (120, 120, 120),
                encoding: .video),
            Sample(
                format: .rgb24, bytesPerPixelRow: 3 * side,
                bytes: (0..<count).flatMap { _ in [10, 20, 200] as [UInt8] },
                shown: (10, 20, 200), encoding: .video),
            Sample(
                format: .bgr24, bytesPerPixelRow: 3 * side,
                bytes: (0..<count).flatMap { _ in [10, 20, 200] as [UInt8] },
                shown: (200, 20, 10), encoding: .video),
            Sample(
                format: .mjpeg, bytesPerPixelRow: 0, bytes: try ImageFile.encodeJPEG(green),
                shown: (0, 200, 0),
                encoding: .jpeg),
        ]
    }

    var frame: Frame {
        var frame = Frame()
        frame.width = Self.side
        frame.height = Self.side
        frame.format = format
        frame.bytesPerRow = bytesPerPixelRow
        frame.encoding = encoding
        frame.bytes = bytes
        return frame
    }
}

/// SDL belongs to one thread; its driver without a screen draws as the others do.
@MainActor
@Suite("the window", .serialized)
struct WindowTests {
    private let path = NSTemporaryDirectory() + "raut-window-\(getpid()).png"

    /// - Parameter bySDL: true to have SDL draw the picture, as it does with a graphics card.
    private func open(bySDL: Bool = false) throws -> Window {
        setenv("SDL_VIDEODRIVER", "dummy", 1)
        if bySDL { setenv("SDL_RENDER_DRIVER", "software", 1) }
        defer { unsetenv("SDL_RENDER_DRIVER") }
        return try Window(title: "test", pictureWidth: 640, pictureHeight: 480)
    }

    private func shown(_ window: Window, _ faces: [DrawnFace] = []) throws -> ColorImage {
        try window.draw(faces)
        try window.snapshot(to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var image = ColorImage()
        try ImageFile.readColor(path: path, into: &image)
        return image
    }

    private func middle(_ image: ColorImage) -> [Int] {
        let at = (image.height / 2 * image.width + image.width / 2) * 3
        return (0..<3).map { Int(image.pixels[at + $0]) }
    }

    @Test("every pixel format shows in its true colours", arguments: [false, true])
    func formats(bySDL: Bool) throws {
        let window = try open(bySDL: bySDL)
        for sample in try Sample.all() {
            try window.setPicture(sample.frame)
            let color = middle(try shown(window))
            let wanted = [sample.shown.red, sample.shown.green, sample.shown.blue]
            let isNear = zip(color, wanted).allSatisfy { abs($0 - $1) <= 6 }
            #expect(isNear, "\(sample.format.rawValue) shows \(color), not \(wanted)")
        }
    }

    @Test("a frame cut short leaves the picture before it", arguments: [false, true])
    func cutShort(bySDL: Bool) throws {
        let window = try open(bySDL: bySDL)
        let samples = try Sample.all()
        try window.setPicture(samples[5].frame)
        for sample in samples {
            var frame = sample.frame
            frame.bytes.removeLast(frame.bytes.count / 2)
            if sample.format == .mjpeg { frame.bytes = Array(frame.bytes.prefix(20)) }
            try window.setPicture(frame)
            #expect(middle(try shown(window)) == [10, 20, 200], "\(sample.format.rawValue)")
        }
    }

    @Test("a face has its box and label in its emotion's colour, and bars where they are wanted")
    func faces() throws {
        let window = try open()
        var gray = try Sample.all()[4].frame
        gray.bytes = [UInt8](repeating: 90, count: gray.bytes.count)
        try window.setPicture(gray)
        let face = DrawnFace(
            number: 1, box: Rectangle(x: 8, y: 24, width: 24, height: 24),
            probabilities: EmotionProbabilities(lanes: SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0)), emotion: .happy)
        func count(_ emotion: Emotion, _ image: ColorImage) -> Int {
            let color = emotion.color
            return stride(from: 0, to: image.pixels.count, by: 3).count {
                image.pixels[$0] == color.red && image.pixels[$0 + 1] == color.green
                    && image.pixels[$0 + 2] == color.blue
            }
        }
        let without = try shown(window)
        #expect(count(.happy, without) == 0)
        window.options.showsBars = false
        let plain = try shown(window, [face])
        #expect(count(.happy, plain) > 1500)
        #expect(count(.surprise, plain) == 0)
        window.options.showsBars = true
        let bars = try shown(window, [face])
        #expect(count(.happy, bars) > count(.happy, plain))
        #expect(count(.surprise, bars) > 20)
        window.isMirrored = true
        #expect(try shown(window, [face]) != bars)
    }

    @Test(
        "a mirrored picture is the picture turned, whether it came before the mirror or after",
        arguments: [false, true])
    func mirror(bySDL: Bool) throws {
        let window = try open(bySDL: bySDL)
        var frame = try Sample.all()[4].frame
        for index in frame.bytes.indices {
            frame.bytes[index] = UInt8((index % Sample.side) * 2 + (index / Sample.side) / 2)
        }
        try window.setPicture(frame)
        let plain = try shown(window)
        func differences(_ image: ColorImage) -> Int {
            var count = 0
            for y in 0..<plain.height {
                for x in 0..<plain.width {
                    let at = 3 * (y * plain.width + x)
                    let other = 3 * (y * plain.width + plain.width - 1 - x)
                    if abs(Int(plain.pixels[at]) - Int(image.pixels[other])) > 6 { count += 1 }
                }
            }
            return count
        }
        #expect(differences(plain) > plain.width * plain.height / 2)
        window.isMirrored = true
        #expect(try differences(shown(window)) < plain.width * plain.height / 50)
        try window.setPicture(frame)
        #expect(try differences(shown(window)) < plain.width * plain.height / 50)
        window.isMirrored = false
        #expect(try differences(shown(window)) > plain.width * plain.height / 2)
    }

    @Test("our own kernels draw the picture that SDL draws")
    func sameAsSDL() throws {
        var frame = Frame()
        (frame.width, frame.height, frame.format, frame.bytesPerRow) = (200, 150, .rgb24, 600)
        for index in 0..<200 * 150 {
            let (x, y) = (index % 200, index / 200)
            let wave: Double = 128 + 90 * sin(Double(x) / 9) * cos(Double(y) / 7)
            frame.bytes += [UInt8(x / 2 + 60), UInt8(y + 40), UInt8(wave)]
        }
        let (window, other) = (try open(), try open(bySDL: true))
        try window.setPicture(frame)
        try other.setPicture(frame)
        let (own, theirs) = (try shown(window), try shown(other))
        #expect(own.width > 600 && own.width == theirs.width)
        let apart = differences(own, theirs)
        #expect((apart.max() ?? 99) <= 4, "\(apart.max() ?? 99)")
    }

    @Test("a window and a copy of the same scene are the same picture")
    func sameAsCopy() throws {
        let window = try open()
        let (width, height) = (640, 480)
        // A busy ground, so that what lies below shows through in both.
        var image = ColorImage(width: width, height: height)
        for index in 0..<width * height {
            let (x, y) = (index % width, index / width)
            image.pixels[3 * index] = UInt8((x * 3 + y) % 256)
            image.pixels[3 * index + 1] = UInt8((x + y * 5) % 256)
            image.pixels[3 * index + 2] = UInt8((x ^ y) % 256)
        }
        var frame = Frame()
        (frame.width, frame.height, frame.format, frame.bytesPerRow) = (width, height, .rgb24, 3 * width)
        frame.bytes = image.pixels
        let lanes: [SIMD8<Float>] = [
            SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0), SIMD8(0.4, 0, 0, 0, 0.35, 0, 0.25, 0),
            SIMD8(0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0),
        ]
        let faces = lanes.enumerated().map { index, lanes in
            DrawnFace(
                number: index,
                box: Rectangle(x: 60 + 190 * index, y: 130 + 90 * index, width: 100, height: 100),
                tilt: index == 1 ? 20 : 0, probabilities: EmotionProbabilities(lanes: lanes))
        }
        try window.setPicture(frame)
        let seen = try shown(window, faces)
        var copy = try shown(window)
        #expect(seen != copy)
        let text = try PangoText()
        let layer = DrawingLayer(text: text)
        let canvas = Canvas(
            width: copy.width, height: copy.height, pictureWidth: width, pictureHeight: height)
        try layer.update(
            SceneLayout(text: text).arrange(faces, on: canvas), width: copy.width, height: copy.height)
        layer.blend(onto: &copy)
        let differences = zip(seen.pixels, copy.pixels).map { abs(Int($0) - Int($1)) }
        #expect(differences.count { $0 > 6 } == 0, "\(differences.count { $0 > 6 }) of \(differences.count)")
    }

    private func differences(_ one: ColorImage, _ other: ColorImage) -> [Int] {
        zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }
    }

    /// The mean green of each square of eight pixels, which a JPEG keeps.
    private func squares(_ image: ColorImage) -> [Double] {
        var sums: [Double] = []
        for top in stride(from: 0, to: image.height - 7, by: 8) {
            for left in stride(from: 0, to: image.width - 7, by: 8) {
                var sum = 0
                for place in 0..<64 {
                    sum += Int(image.pixels[3 * ((top + place / 8) * image.width + left + place % 8) + 1])
                }
                sums.append(Double(sum) / 64)
            }
        }
        return sums
    }

    @Test("a copy is the window's picture pixel by pixel, a recording but for its JPEG")
    func sameAsRecording() throws {
        // So high that the window is as large as the picture on the driver's screen of 1024×768.
        let (width, height) = (896, 691)
        var image = ColorImage(width: width, height: height)
        for index in 0..<width * height {
            image.pixels[3 * index] = UInt8(40 + index % width / 8)
            image.pixels[3 * index + 1] = UInt8(60 + index / width / 8)
            image.pixels[3 * index + 2] = 110
        }
        let lanes: [SIMD8<Float>] = [
            SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0), SIMD8(0.4, 0, 0, 0, 0.35, 0, 0.25, 0),
            SIMD8(0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0), SIMD8(0, 0, 0.1, 0, 0.1, 0.8, 0, 0),
        ]
        let tracked = lanes.enumerated().map { index, lanes in
            let probabilities = EmotionProbabilities(lanes: lanes)
            return TrackedFace(
                number: index + 1,
                box: Rectangle(x: 60 + 210 * index, y: 130 + 90 * index, width: 100, height: 100),
                tilt: index == 1 ? 20 : 0, rawProbabilities: probabilities, probabilities: probabilities,
                emotion: probabilities.mostLikely, isUnsure: probabilities.isUnsure)
        }
        setenv("SDL_VIDEODRIVER", "dummy", 1)
        let window = try Window(title: "test", pictureWidth: width, pictureHeight: height)
        var pool = FramePool()
        let folder = NSTemporaryDirectory() + "raut-recording-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recording = try Recording(path: folder + "/", frameRate: 30) { Issue.record("\($0)") }
        // Labels fade in: in the second picture they are there.
        for number in 1...2 {
            let filled = try pool.next { frame in
                (frame.width, frame.height, frame.format, frame.bytesPerRow) =
                    (width, height, .rgb24, 3 * width)
                (frame.number, frame.sourceTime) = (number, UInt64(number) * 1_000_000_000)
                frame.bytes = image.pixels
                return true
            }
            let shared = try #require(filled)
            try window.setPicture(shared.frame)
            recording.record(shared, tracked, waits: true)
        }
        recording.finish(within: 20)
        let seen = try shown(window, tracked.map { DrawnFace($0) })
        try #require(seen.width == width && seen.height == height)
        var copy = image
        try PictureAnnotator().draw(tracked.map { DrawnFace($0) }, on: &copy)
        #expect(seen != image && differences(copy, image).count { $0 > 60 } > 10_000)
        #expect(differences(seen, copy).count { $0 > 6 } == 0)
        var recorded = ColorImage()
        try ImageFile.readColor(path: folder + "/frame-00000002.jpg", into: &recorded)
        let apart = zip(squares(recorded), squares(copy)).map { abs($0 - $1) }
        #expect(recorded.width == width && (apart.max() ?? 99) < 8, "\(apart.max() ?? 99)")
        #expect(apart.reduce(0, +) / Double(max(1, apart.count)) < 1)
    }

    @Test("in a booth no key ends the program, writes a file or leaves the full screen")
    func booth() throws {
        setenv("SDL_VIDEODRIVER", "dummy", 1)
        let window = try Window(title: "test", pictureWidth: 640, pictureHeight: 480, isKiosk: true)
        _ = try window.actions(waitingUpTo: 10)
        for key in [SDLK_q, SDLK_ESCAPE, SDLK_s, SDLK_f, SDLK_F11, SDLK_SPACE] {
            var event = SDL_Event()
            event.key.type = SDL_KEYDOWN.rawValue
            event.key.keysym.sym = Int32(bitPattern: key.rawValue)
            SDL_PushEvent(&event)
            #expect(try window.actions(waitingUpTo: 20).filter { $0 != .resized } == [])
        }
        var event = SDL_Event()
        event.type = SDL_QUIT.rawValue
        SDL_PushEvent(&event)
        #expect(try window.actions(waitingUpTo: 100).contains(.quit))
    }

    @Test("keys and the close button are what they say")
    func keys() throws {
        let window = try open()
        _ = try window.actions(waitingUpTo: 10)
        let keys: [(SDL_KeyCode, WindowAction)] = [
            (SDLK_q, .quit), (SDLK_ESCAPE, .quit), (SDLK_SPACE, .pause), (SDLK_m, .mirror),
            (SDLK_f, .fullScreen),
            (SDLK_b, .bars), (SDLK_s, .snapshot), (SDLK_TAB, .nextFace), (SDLK_h, .help), (SDLK_r, .ribbon),
            (SDLK_g, .smileMeter),
        ]
        for (key, action) in keys {
            var event = SDL_Event()
            event.key.type = SDL_KEYDOWN.rawValue
            event.key.keysym.sym = Int32(bitPattern: key.rawValue)
            SDL_PushEvent(&event)
            #expect(try window.actions(waitingUpTo: 100) == [action])
        }
        var event = SDL_Event()
        event.key.type = SDL_KEYDOWN.rawValue
        event.key.keysym.sym = Int32(bitPattern: SDLK_x.rawValue)
        SDL_PushEvent(&event)
        event.type = SDL_QUIT.rawValue
        SDL_PushEvent(&event)
        #expect(try window.actions(waitingUpTo: 100) == [.quit])
    }
}
