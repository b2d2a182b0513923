import Analysis
import Events
import Faces
import Foundation
import Testing

private let hello =
    #"{"event":"hello","version":1,"program":"raut 1.0.0","model":"raut","labels":[],"source":"/dev/video0","width":640,"height":480}"#

private func seen(_ event: String, _ clock: String, face: Int, _ emotion: String) -> String {
    #"{"event":"\#(event)","time":"2026-11-23T\#(clock).000Z","frame":1,"face":\#(face),"box":[1,2,3,4],"emotion":"\#(emotion)","confidence":0.9,"probabilities":[0,0,0,1,0,0,0]}"#
}

private func left(_ clock: String, face: Int, seconds: Double, dominant: String = "happy") -> String {
    #"{"event":"left","time":"2026-11-23T\#(clock).000Z","frame":9,"face":\#(face),"seconds":\#(seconds),"dominant":"\#(dominant)","emotions":{"angry":0,"disgust":0,"fear":0,"happy":0.8,"sad":0,"surprise":0,"neutral":0.2}}"#
}

private func record(_ lines: [String]) -> DayRecord {
    var record = DayRecord()
    for line in lines { record.add(Array(line.utf8)) }
    record.finish()
    return record
}

@Suite("what events tell of a day")
struct DayRecordTests {
    @Test("a visit runs from appeared to left, with a span for each emotion")
    func visit() throws {
        let day = record([
            hello, seen("appeared", "10:00:00", face: 1, "neutral"),
            seen("changed", "10:00:04", face: 1, "happy"),
            left("10:00:10", face: 1, seconds: 10.5),
        ])
        let visit = try #require(day.visits.first)
        #expect(day.visits.count == 1 && visit.seconds == 10.5 && visit.dominant == .happy)
        #expect(visit.spans.map(\.emotion) == [.neutral, .happy])
        #expect(visit.spans.map(\.seconds) == [4.5, 6])
        #expect(visit.emotions[.happy] == 0.8)
        #expect(day.sources == ["/dev/video0"])
    }

    @Test("broken lines are counted and named, and the rest is read")
    func broken() {
        let day = record([
            hello, "{\"event\":", "no JSON at all", seen("appeared", "10:00:00", face: 1, "happy"), "",
            #"{"event":"appeared","face":1}"#, #"{"event":"news","what":1}"#,
            left("10:00:10", face: 1, seconds: 10),
        ])
        #expect(day.visits.count == 1)
        #expect(day.brokenWords == "3 broken lines (2, 3, 6)")
    }

    @Test("the same number in another run is another face, and a run that was cut off ends its visits")
    func runs() {
        let day = record([
            hello, seen("appeared", "10:00:00", face: 1, "happy"),
            seen("changed", "10:00:05", face: 1, "sad"), hello,
            seen("appeared", "11:00:00", face: 1, "angry"),
            left("11:00:01", face: 1, seconds: 1, dominant: "angry"),
        ])
        #expect(day.visits.map(\.seconds) == [5, 1])
        #expect(day.visits.map(\.run) == [1, 2])
    }

    @Test(
        "a first line that is said again, after options were read or to a reader that came back, ends no visit"
    )
    func saidAgain() {
        let reload = record([
            hello, seen("appeared", "10:00:00", face: 1, "happy"), hello,
            seen("changed", "10:00:20", face: 1, "sad"), left("10:00:30", face: 1, seconds: 30),
        ])
        #expect(reload.visits.map(\.seconds) == [30])
        let reader = record([
            hello, seen("appeared", "10:00:00", face: 1, "neutral"),
            seen("changed", "10:00:05", face: 1, "happy"),
            hello, seen("appeared", "10:00:05", face: 1, "happy"), left("10:00:30", face: 1, seconds: 30),
        ])
        #expect(reader.visits.map(\.seconds) == [30])
        #expect(reader.visits.first?.spans.map(\.emotion) == [.neutral, .happy])
    }

    @Test(
        "hours are those of the zone: a night of 25 hours has two o'clock twice, and midnight parts no visit")
    func hours() throws {
        func utc(_ event: String, _ time: String, _ face: Int, _ rest: String) -> String {
            #"{"event":"\#(event)","time":"2026-10-\#(time).000Z","frame":1,"face":\#(face),\#(rest)}"#
        }
        let happy = #""emotion":"happy""#
        let page = DayPage(
            record([
                hello, utc("appeared", "24T21:59:00", 1, happy),
                utc("left", "24T22:01:00", 1, #""seconds":120"#),
                utc("appeared", "25T00:30:00", 2, happy), utc("left", "25T00:31:00", 2, #""seconds":60"#),
                utc("appeared", "25T01:30:00", 3, happy), utc("left", "25T01:31:00", 3, #""seconds":60"#),
            ]), timeZone: try #require(TimeZone(identifier: "Europe/Berlin"))
        ).html
        #expect(page.components(separatedBy: "aria-label='from 02:00: 1 visit'").count == 3)
        #expect(page.components(separatedBy: "aria-label='from 23:00: 1 visit'").count == 2)
        #expect(page.contains("3 visits") && page.contains("2026-10-24 to 2026-10-25"))
    }

    @Test("a day of very many visits makes a page that a browser opens, with a stretch a minute")
    func crowded() throws {
        var lines = [hello]
        for number in 0..<6000 {
            let clock = String(format: "%02d:%02d:%02d", 8 + number / 3600, number / 60 % 60, number % 60)
            lines.append(seen("appeared", clock, face: number, number % 3 == 0 ? "sad" : "happy"))
            lines.append(left(clock, face: number, seconds: 0.5))
        }
        let page = DayPage(record(lines), timeZone: try #require(TimeZone(identifier: "UTC"))).html
        #expect(page.contains("08:59: mostly happy, 6") && page.contains("each minute with the emotion"))
        #expect(page.utf8.count < 200_000)
    }

    @Test("a face that came before the log began is told by its end")
    func early() throws {
        let visit = try #require(record([left("00:00:05", face: 7, seconds: 65)]).visits.first)
        #expect(visit.start == EventTime("2026-11-22T23:59:00.000Z"))
        #expect(visit.spans.map(\.emotion) == [.happy])
    }

    @Test("lines of frames tell visits, too: a face that is in no frame any more has left")
    func frames() {
        func frame(_ second: Int, _ faces: String) -> String {
            #"{"event":"frame","time":"2026-11-23T10:00:0\#(second).000Z","frame":\#(second),"latency_ms":3,"faces":[\#(faces)]}"#
        }
        let day = record([
            hello, frame(1, #"{"face":1,"emotion":"happy"}"#), frame(3, #"{"face":1,"emotion":"sad"}"#),
            frame(4, ""),
        ])
        #expect(day.visits.count == 1)
        #expect(day.visits.first?.spans.map(\.seconds) == [2, 0])
    }
}

@Suite("the page of a day")
struct DayPageTests {
    private let utc = TimeZone(secondsFromGMT: 0) ?? .current

    @Test("visits an hour, shares, the longest smile, and a table, by the clock of the place")
    func page() {
        let lines =
            [hello]
            + (0..<9).flatMap { hour in
                [
                    seen("appeared", "0\(hour):30:00", face: hour, "happy"),
                    left("0\(hour):30:1\(hour)", face: hour, seconds: 10 + Double(hour)),
                ]
            }
        let page = DayPage(record(lines), timeZone: utc).html
        #expect(page.contains("<title>Faces of 2026-11-23</title>"))
        #expect(page.contains("9 visits, 2 min 06 s in view, mostly happy."))
        #expect(page.contains("The longest smile lasted 18.0 s, at 08:30:00 on face 8."))
        #expect(page.contains("from 05:00: 1 visit"))
        #expect(page.contains("happy: 100 %"))
        let berlin = TimeZone(secondsFromGMT: 3600) ?? .current
        #expect(DayPage(record(lines), timeZone: berlin).html.contains("from 09:00: 1 visit"))
    }

    @Test("a page needs no other file, has names for screen readers, and values where one points")
    func selfContained() {
        let page = DayPage(
            record([
                hello, seen("appeared", "10:00:00", face: 1, "happy"), left("10:00:09", face: 1, seconds: 9),
            ]), timeZone: utc
        ).html
        #expect(
            !page.contains("http:") && !page.contains("https:") && !page.contains("src=\"")
                && !page.contains("@import"))
        let charts = page.matches(of: /<figure><svg[^>]*aria-label='[^']+'/).count
        #expect(charts == page.matches(of: /<figure><svg/).count && charts == 3)
        #expect(page.contains("prefers-color-scheme:dark") && page.contains("@media print"))
        #expect(page.matches(of: /data-tip='[^']+'/).count >= 3)
    }

    @Test("no event makes an honest page, and what a source is called can't break it")
    func nothing() {
        #expect(DayPage(record([]), timeZone: utc).html.contains("No face was seen."))
        let evil = hello.replacing("/dev/video0", with: "<script>alert(1)</script>")
        let page = DayPage(
            record([
                evil, seen("appeared", "10:00:00", face: 1, "happy"), left("10:00:09", face: 1, seconds: 9),
            ]),
            timeZone: utc
        ).html
        #expect(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"))
    }

    @Test("the table has a row a visit")
    func csv() {
        let csv = record([
            hello, seen("appeared", "10:00:00", face: 1, "happy"), left("10:00:09", face: 1, seconds: 9),
        ]).csv
        #expect(
            csv == """
                run,face,start,end,seconds,dominant,angry,disgust,fear,happy,sad,surprise,neutral
                1,1,2026-11-23T10:00:00.000Z,2026-11-23T10:00:09.000Z,9,happy,0,0,0,0.8,0,0,0.2

                """)
    }
}
