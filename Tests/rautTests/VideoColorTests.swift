import Events
import Testing
import TestSupport

import raut

@Suite("a video's colours")
struct VideoColorTests {
    @Test("are left out where nobody sees them, and asked for by the reload after which somebody does")
    func reloads() throws {
        let stand = try SessionStand(source: "video")
        defer { stand.tearDown() }
        stand.plan(source: "video") { $0.recordPath = nil }
        try stand.begin()
        #expect(stand.goesOn())
        #expect(stand.isGrayOfVideos == [true])
        // Nobody sees them yet: the source stays.
        stand.plan(source: "video", minSize: 90) { $0.recordPath = nil }
        stand.session.hangUp()
        #expect(eventually { stand.count(#""event":"hello""#) == 2 })
        #expect(stand.isGrayOfVideos == [true])
        stand.plan(source: "video")
        stand.session.hangUp()
        #expect(eventually { stand.isGrayOfVideos == [true, false] })
        #expect(stand.goesOn())
        // What has them keeps them.
        stand.plan(source: "video") { $0.recordPath = nil }
        stand.session.hangUp()
        #expect(eventually { stand.count(#""event":"hello""#) == 4 })
        #expect(stand.isGrayOfVideos == [true, false])
        #expect(stand.goesOn())
    }

    @Test("are seen in a window, in a recording, and in a page that shows the picture")
    func seen() throws {
        var settings = LiveSettings()
        #expect(settings.showsColors)
        settings.isHeadless = true
        #expect(!settings.showsColors)
        settings.http = HTTPSettings(address: try HTTPAddress("127.0.0.1:8080"))
        #expect(!settings.showsColors)
        settings.http?.showsPicture = true
        #expect(settings.showsColors)
        settings.http = nil
        settings.recordPath = "day.mp4"
        #expect(settings.showsColors)
    }
}
