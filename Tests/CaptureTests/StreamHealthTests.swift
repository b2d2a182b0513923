import Capture
import Testing

@Suite("a stream's health")
struct StreamHealthTests {
    private func changes(_ sequences: some Sequence<UInt32>, _ health: inout StreamHealth) -> [SourceChange] {
        sequences.compactMap { sequence in
            health.count(goodFrame: sequence)
            return health.takeChange()
        }
    }

    @Test("is good while no frame is lost, also where the driver's count wraps around")
    func good() {
        var health = StreamHealth()
        #expect(changes((0..<200).map { UInt32.max - 100 &+ $0 }, &health).isEmpty)
    }

    @Test("bears every fifth frame lost, as under load")
    func bearable() {
        var health = StreamHealth()
        #expect(changes((0..<500).filter { $0 % 5 != 2 }, &health).isEmpty)
    }

    @Test("is bad once where every other frame is lost, and good once when none is any more")
    func half() {
        var health = StreamHealth()
        let bad = changes((0..<200).filter { $0 % 2 == 0 }, &health)
        #expect(bad == [.troubled(reason: "the driver dropped 10 of the last 30 frames")])
        #expect(changes(200..<400, &health) == [.recovered])
    }

    @Test("is bad at the first broken frame, good after a window without one")
    func broken() {
        var health = StreamHealth()
        #expect(changes(0..<20, &health).isEmpty)
        for sequence in UInt32(20)..<23 { health.count(brokenFrame: sequence) }
        #expect(health.takeChange() == .troubled(reason: "the driver hands over broken frames"))
        #expect(health.takeChange() == nil)
        #expect(changes(23..<40, &health).isEmpty)
        #expect(changes(40..<80, &health) == [.recovered])
    }

    @Test("says nothing of the first frames, in which cameras find themselves")
    func warmUp() {
        var health = StreamHealth()
        health.count(brokenFrame: 0)
        #expect(changes([3, 9, 14, 20], &health).isEmpty)
        #expect(health.takeChange() == nil)
    }

    @Test("takes a count that starts anew for no loss")
    func restarted() {
        var health = StreamHealth()
        #expect(changes(5000..<5100, &health).isEmpty)
        #expect(changes(0..<100, &health).isEmpty)
    }
}

@Suite("a camera's choice")
struct CameraChoiceTests {
    private let vga = FrameSize(width: 640, height: 480)
    private let hd = FrameSize(width: 1280, height: 720)

    @Test("is the uncompressed format where it is fast enough")
    func uncompressed() {
        let choice = CameraChoice.best(
            of: [
                .init(format: .mjpeg, size: vga, rates: [30]),
                .init(format: .yuyv, size: vga, rates: [30, 15]),
            ], size: vga, rate: 30)
        #expect(choice?.format == .yuyv)
    }

    @Test("is Motion JPEG where only that reaches the rate")
    func compressed() {
        let choice = CameraChoice.best(
            of: [.init(format: .yuyv, size: hd, rates: [10]), .init(format: .mjpeg, size: hd, rates: [30])],
            size: hd, rate: 30)
        #expect(choice?.format == .mjpeg)
    }

    @Test("is the nearest size before all else, and colours before grey")
    func nearest() {
        let choice = CameraChoice.best(
            of: [
                .init(format: .gray, size: vga, rates: [60]), .init(format: .mjpeg, size: vga, rates: [30]),
                .init(format: .yuyv, size: hd, rates: [30]),
            ], size: FrameSize(width: 700, height: 500), rate: 30)
        #expect(choice?.format == .mjpeg)
        #expect(choice?.size == vga)
    }

    @Test("is none among no candidates")
    func none() {
        #expect(CameraChoice.best(of: [], size: vga, rate: 30) == nil)
    }
}
