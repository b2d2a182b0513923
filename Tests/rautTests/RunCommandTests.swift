import EmotionRecognition
import Glibc
import Pipeline
import System
import Testing
import TestSupport

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
        #expect(eventually { stand.count(#""state":"lost""#) == 1 })
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
        "each frame of a clip of which a line is told is looked at, as for a video's table; live ones are not"
    )
    func looks() throws {
        #expect(try settings("--as-fast-as-possible", "--events", "frames").pipeline.looksAtEachFrame)
        #expect(try !settings("--events", "frames").pipeline.looksAtEachFrame)
        #expect(try !settings("--as-fast-as-possible").pipeline.looksAtEachFrame)
    }

    @Test("a clip's lines are worked out in floats, as a video's table is; else the processor chooses")
    func precision() throws {
        #expect(try settings("--as-fast-as-possible", "--events", "frames").precision == .float)
        let asked = try settings("--as-fast-as-possible", "--events", "frames", "--precision", "int8")
        #expect(asked.precision == .int8)
        #expect(try settings("--events", "frames").precision == nil)
    }

    @Test("the end is heard while a pipe in the place of the options says nothing")
    func endWhileReading() throws {
        let folder = TemporaryFolder()
        let path = folder.path("options")
        try #require(mkfifo(path, 0o600) == 0)
        let arguments = try Arguments<RunOptions>(["--headless", "--options", path], for: RunCommand.command)
        let isReading = Guarded(false)
        let session = LiveSession { ending in
            isReading.change { $0 = true }
            return try RunCommand.settings(from: RunCommand.withFile(arguments, ending), ending)
        }
        let stopper = try JoinableThread(name: "stopper") {
            _ = isReading.wait(until: .after(10)) { $0 ? true : nil }
            session.stop()
        }
        defer { stopper.join(until: .after(10)) }
        let begun = MonotonicClock.now
        #expect(try session.run() == 0)
        #expect(MonotonicClock.now - begun < 5_000_000_000)
    }

    @Test("summaries, a log and a page: each option reaches what it is for")
    func facts() throws {
        let minutes = try settings("--events", "summary", "--every", "5")
        #expect(minutes.pipeline.detail == .summary && minutes.pipeline.summaryInterval == 5)
        #expect(try settings("--events", "summary").pipeline.summaryInterval == 60)
        let log = try settings("--log-events", "/var/log/raut", "--keep", "31")
        #expect(log.log == LogSettings(folder: "/var/log/raut", days: 31))
        #expect(try settings("--log-events", "x").log == LogSettings(folder: "x", days: nil))
        let page = try #require(try settings("--http", "8080").http)
        #expect(page.address.description == "127.0.0.1:8080" && page.tokenPath == nil && !page.showsPicture)
        let open = try #require(
            try settings("--http", "192.168.1.5:80", "--http-token-file", "token", "--http-picture").http)
        #expect(
            open.address.description == "192.168.1.5:80" && open.tokenPath == "token" && open.showsPicture)
    }

    @Test(
        "values that mean nothing are wrong usage",
        arguments: [
            ["--socket-mode", "999"], ["--socket-mode", "7777"], ["--frames", "0"], ["--stats", "0"],
            ["--fps", "-1"], ["--size", "640"], ["--events", "some"], ["--threads", "0"],
            ["--json", "--quiet"], ["--min-neighbors", "-1"], ["--min-size", "90", "--max-size", "80"],
            ["--frames", "3", "--frames", "4"], ["--every", "5"], ["--events", "summary", "--every", "0"],
            ["--keep", "3"], ["--log-events", "x", "--keep", "0"], ["--http", "0"], ["--http", "70000"],
            ["--http", "0.0.0.0:8080"], ["--http", "localhost.example:80"], ["--http", "::1:80"],
            ["--http-picture"], ["--http-token-file", "token"],
        ])
    func wrong(words: [String]) {
        #expect(throws: UsageError.self) {
            try RunCommand.settings(from: Arguments(words, for: RunCommand.command))
        }
    }
}
