import Capture
import Glibc
import System
import Testing

@Suite("a camera that has gone")
struct LostCameraTests {
    private func camera(_ number: Int, card: String = "HD Webcam", bus: Int, id: String? = nil)
        -> CameraDescription
    {
        CameraDescription(
            device: "/dev/video\(number)", card: card, id: id ?? "usb-\(bus)", bus: "usb-\(bus)")
    }

    private func choose(
        _ gone: CameraDescription, _ there: [CameraDescription], others: [CameraDescription],
        named: Bool = true
    ) -> CameraDescription? {
        CameraDirectory.choose(
            again: gone, among: there, others: others, isMeant: { !named || $0.device == gone.device })
    }

    @Test(
        "says why in the same words, whether a filled buffer is taken or an empty one handed over",
        arguments: ["VIDIOC_DQBUF", "VIDIOC_QBUF"])
    func why(call: String) {
        let failed = CameraError.refused(path: "/dev/video0", call: call, number: EIO)
        #expect(failed.reasonWhileStreaming == "the stream failed")
        let gone = CameraError.notThere(name: "/dev/video0", cameras: [])
        #expect(gone.reasonWhileStreaming == "it was unplugged")
        let refused = CameraError.refused(path: "/dev/video0", call: call, number: EINVAL)
        #expect(refused.reasonWhileStreaming == "the driver refused \(call): Invalid argument")
    }

    @Test("is not taken for another of its model that was there beside it")
    func twin() {
        let (gone, twin) = (camera(0, bus: 1), camera(1, bus: 2))
        #expect(choose(gone, [twin], others: [twin]) == nil)
        #expect(choose(gone, [twin], others: [twin], named: false) == nil)
        // Nor where the twin has taken its number since.
        let renumbered = camera(0, bus: 2)
        #expect(choose(gone, [renumbered], others: [twin]) == nil)
    }

    @Test("is known again at its plug, under any number, and by its serial number at any plug")
    func known() {
        let (gone, twin) = (camera(0, bus: 1), camera(1, bus: 2))
        #expect(choose(gone, [twin, camera(5, bus: 1)], others: [twin]) == camera(5, bus: 1))
        let (serial, other) = (camera(0, bus: 1, id: "SN7"), camera(1, bus: 2, id: "SN8"))
        let moved = camera(3, bus: 9, id: "SN7")
        #expect(choose(serial, [other, moved], others: [other]) == moved)
    }

    @Test("may come back at another plug, as what was not there before")
    func moved() {
        let (gone, twin) = (camera(0, bus: 1), camera(1, bus: 2))
        let moved = camera(2, bus: 7)
        #expect(choose(gone, [twin, moved], others: [twin]) == moved)
    }

    @Test("is replaced by another model only where that stands at its name, or nobody named one")
    func replaced() {
        let gone = camera(0, bus: 1)
        let new = camera(0, card: "Another", bus: 4)
        let elsewhere = camera(3, card: "Another", bus: 4)
        #expect(choose(gone, [new], others: []) == new)
        #expect(choose(gone, [elsewhere], others: []) == nil)
        #expect(choose(gone, [elsewhere], others: [], named: false) == elsewhere)
    }

    @Test("counts as lost after three of its frames' times, and not before two seconds")
    func stallTime() {
        var settings = CameraSettings()
        #expect(settings.stallTime(atRate: 30) == 2_000_000_000)
        #expect(settings.stallTime(atRate: 0.2) == 15_000_000_000)
        settings.frameRate = 0.2
        #expect(settings.stallTime(atRate: nil) == 15_000_000_000)
        #expect(settings.stallTime(atRate: 0) == 15_000_000_000)
    }

    @Test("with formats that are not read is refused naming them")
    func formats() {
        #expect(
            CameraError.noFormat(path: "/dev/video0", offered: ["H264", "HEVC"]).reason.hasPrefix(
                "it gives only H264, HEVC, which is not read"))
    }

    @Test("with compressed video alone is read by ffmpeg, which takes it from the driver")
    func compressed() {
        #expect(CompressedCamera.canRead(["H264"]))
        #expect(CompressedCamera.canRead(["PRV0", "HEVC"]))
        #expect(!CompressedCamera.canRead(["PRV0", "MJPG"]))
        var command = FFmpegCommand(location: "/dev/video2")
        command.camera = CameraInput(
            format: "h264", size: FrameSize(width: 1280, height: 720), frameRate: 15)
        #expect(command.isLive && !command.isNetwork)
        #expect(command.name == "/dev/video2")
        let words = command.arguments.joined(separator: " ")
        #expect(
            words.contains(" -f v4l2 -input_format h264 -video_size 1280x720 -framerate 15.0 -i /dev/video2 ")
        )
    }
}
