import Testing

import Capture
import Imaging

@Suite("the demo")
struct DemoTests {
    private func frame(_ number: Int) throws -> Frame {
        let opened = try SourceOpener.open(SourceRequest(name: "demo", asFastAsPossible: true))
        var frame = Frame()
        for _ in 1...number { #expect(try opened.source.next(into: &frame)) }
        return frame
    }

    private func gray(_ number: Int) throws -> GrayImage {
        var image = GrayImage()
        try FrameDecoder().gray(of: frame(number), into: &image)
        return image
    }

    @Test("gives 640×480 at 30 frames a second, numbered from 1")
    func size() throws {
        let opened = try SourceOpener.open(SourceRequest(name: "demo", asFastAsPossible: true))
        #expect(opened.source.name == "demo")
        #expect(opened.source.width == 640 && opened.source.height == 480)
        #expect(opened.source.frameRate == 30)
        let frame = try frame(3)
        #expect(frame.number == 3)
        #expect(frame.size == FrameSize(width: 640, height: 480))
        #expect(frame.planes.count == 3)
        #expect(frame.sourceTime == 66_666_666)
    }

    @Test("shows the same picture in the same frame each time")
    func deterministic() throws {
        #expect(try frame(37).bytes == frame(37).bytes)
        #expect(try frame(37).bytes != frame(38).bytes)
        #expect(try frame(1).bytes == frame(601).bytes)
    }

    @Test("has nobody in view from frame 511 to 540 of a round")
    func empty() throws {
        #expect(try gray(520).pixels.allSatisfy { $0 == 64 })
        #expect(try gray(450).pixels.contains { $0 != 64 })
        #expect(try gray(600).pixels.contains { $0 != 64 })
    }

    @Test("keeps its pace unless told to hurry")
    func pace() throws {
        let paced = try SourceOpener.open(SourceRequest(name: "demo", frameRate: 50)).source
        var frame = Frame()
        var times: [UInt64] = []
        for _ in 1...6 {
            #expect(try paced.next(into: &frame))
            times.append(frame.monotonicTime)
        }
        #expect(times[5] - times[0] >= 100_000_000)
        paced.cancel()
        #expect(try !paced.next(into: &frame))
    }
}
