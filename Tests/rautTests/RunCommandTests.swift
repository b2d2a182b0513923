import Pipeline
import Testing

import raut

private func settings(_ words: String...) throws -> LiveSettings {
    try RunCommand.settings(from: Arguments(words, for: RunCommand.command))
}

@Suite("raut run's options")
struct RunCommandTests {
    @Test("a server that is down is waited for, and its password stands nowhere")
    func downWithPassword() throws {
        let stand = try SessionStand(source: "rtsp://anna:sesame@127.0.0.1:1/live")
        defer { stand.tearDown() }
        try stand.begin()
        #expect(stand.eventually { stand.count(#""state":"lost""#) == 1 })
        #expect(stand.count(#""source":"rtsp://***@127.0.0.1:1/live""#) == 1)
        #expect(stand.count("sesame") == 0)
        #expect(stand.reports.contains { $0.hasPrefix("rtsp://***@127.0.0.1:1/live: ") })
        #expect(!stand.reports.contains { $0.contains("sesame") })
    }

    @Test("without options: window, changes, faces from 80 pixels, one thread, the first camera")
    func defaults() throws {
        let settings = try settings()
        #expect(!settings.isHeadless)
        #expect(settings.source.name == nil)
        #expect(settings.pipeline.detail == .changes)
        #expect(settings.pipeline.detection.minSize == 80)
        #expect(settings.pipeline.detection.threads == 1)
        #expect(settings.socketAccess.mode == 0o660)
        #expect(settings.pipeline.frameLimit == nil)
        #expect(!settings.pipeline.isPlayback)
    }

    @Test("every option reaches what it is for")
    func all() throws {
        let settings = try settings(
            "--source", "clip.mp4", "--headless", "--events", "frames", "--raw", "--socket", "/run/x",
            "--socket-mode", "606", "--socket-group", "kiosk", "--size", "320x240", "--fps", "15", "--mirror",
            "--record", "out.mp4", "--frames", "9", "--as-fast-as-possible", "--stats", "2.5", "--min-size",
            "60",
            "--max-size", "300", "--threads", "2", "--full-scan")
        #expect(settings.source.name == "clip.mp4")
        #expect(settings.source.size?.width == 320)
        #expect(settings.source.size?.height == 240)
        #expect(settings.source.frameRate == 15)
        #expect(settings.source.asFastAsPossible && settings.pipeline.isPlayback)
        #expect(settings.isHeadless && settings.view.isMirrored == true)
        #expect(settings.pipeline.detail == .frames)
        #expect(settings.pipeline.includesRaw && settings.pipeline.searchesWholly)
        #expect(settings.socketPath == "/run/x")
        #expect(settings.socketAccess.mode == 0o606)
        #expect(settings.socketAccess.group == "kiosk")
        #expect(settings.recordPath == "out.mp4")
        #expect(settings.pipeline.frameLimit == 9)
        #expect(settings.statisticsInterval == 2.5)
        #expect(settings.pipeline.detection.minSize == 60)
        #expect(settings.pipeline.detection.maxSize == 300)
        #expect(settings.pipeline.detection.threads == 2)
    }

    @Test(
        "values that mean nothing are wrong usage",
        arguments: [
            ["--socket-mode", "999"], ["--socket-mode", "7777"], ["--frames", "0"], ["--stats", "0"],
            ["--fps", "-1"], ["--size", "640"], ["--events", "some"], ["--threads", "0"],
            ["--json", "--quiet"], ["--min-neighbors", "-1"], ["--min-size", "90", "--max-size", "80"],
            ["--frames", "3", "--frames", "4"],
        ])
    func wrong(words: [String]) {
        #expect(throws: UsageError.self) {
            try RunCommand.settings(from: Arguments(words, for: RunCommand.command))
        }
    }
}
