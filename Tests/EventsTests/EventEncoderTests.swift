import EmotionRecognition
import Events
import Faces
import Foundation
import Imaging
import SchemaCheck
import Testing
import Tracking

private let noon = EventTime(milliseconds: 1_795_464_930_123, monotonic: 4_711_250_000_000)

private func face(_ number: Int = 3) -> TrackedFace {
    let happy = EmotionProbabilities(lanes: SIMD8(0.01, 0, 0.01, 0.93, 0.01, 0.02, 0.02, 0))
    return TrackedFace(
        number: number, box: Rectangle(x: 212, y: -96, width: 148, height: 148), tilt: -26,
        rawProbabilities: EmotionProbabilities(lanes: SIMD8(0, 0, 0, 1, 0, 0, 0, 0)), probabilities: happy,
        emotion: .happy)
}

private func line(_ event: Event, raw: Bool = false) -> String {
    var encoder = EventEncoder(includesRaw: raw)
    return String(decoding: encoder.encode(event), as: UTF8.self)
}

private let faceMembers = """
    "box":[212,-96,148,148],"tilt":-26,"emotion":"happy","confidence":0.93,"probabilities":[0.01,0,0.01,0.93,0.01,\
    0.02,0.02],\(emotions)
    """

private let emotions = """
    "emotions":{"angry":0.01,"disgust":0,"fear":0.01,"happy":0.93,"sad":0.01,"surprise":0.02,"neutral":0.02}
    """

private func departure(_ number: Int, seconds: Double) -> FaceDeparture {
    FaceDeparture(number: number, seconds: seconds, emotions: face().probabilities)
}

@Test("each event is the line that version 1 says, keys in order")
func lines() {
    let hello = Event.Hello(
        program: "raut 1.0.0", model: "raut", source: "/dev/video0", width: 640, height: 480)
    #expect(
        line(.hello(hello)) == """
            {"event":"hello","version":1,"program":"raut 1.0.0","model":"raut","labels":["angry","disgust","fear",\
            "happy","sad","surprise","neutral"],"source":"/dev/video0","width":640,"height":480}

            """)
    #expect(
        line(.appeared(face(), frame: 1042, time: noon)) == """
            {"event":"appeared","time":"2026-11-23T20:15:30.123Z","monotonic":4711.25,"frame":1042,"face":3,\(faceMembers)}

            """)
    #expect(line(.changed(face(), frame: 1, time: noon)).hasPrefix(#"{"event":"changed","time":"2026-"#))
    #expect(
        line(.left(departure(3, seconds: 12.4), frame: 7, time: noon)) == """
            {"event":"left","time":"2026-11-23T20:15:30.123Z","monotonic":4711.25,"frame":7,"face":3,"seconds":12.4,\
            "dominant":"happy",\(emotions)}

            """)
    #expect(
        line(.frame(1043, latency: 6.1, faces: [face(3), face(4)], time: noon)) == """
            {"event":"frame","time":"2026-11-23T20:15:30.123Z","monotonic":4711.25,"frame":1043,"latency_ms":6.1,"faces":[\
            {"face":3,\(faceMembers)},{"face":4,\(faceMembers)}]}

            """)
    #expect(
        line(.frame(1, latency: 0, faces: [], time: noon)).hasSuffix(#""latency_ms":0,"faces":[]}"# + "\n"))
    #expect(
        line(.source(.lost, reason: "unplugged", time: noon)) == """
            {"event":"source","time":"2026-11-23T20:15:30.123Z","monotonic":4711.25,"state":"lost","reason":"unplugged"}

            """)
    #expect(line(.dropped(count: 17)) == #"{"event":"dropped","count":17}"# + "\n")
}

@Test("raw probabilities come last, and only when asked for")
func raw() {
    #expect(
        line(.changed(face(), frame: 1, time: noon), raw: true).hasSuffix(
            #""surprise":0.02,"neutral":0.02},"raw":[0,0,0,1,0,0,0]}"# + "\n"))
    #expect(!line(.changed(face(), frame: 1, time: noon)).contains("raw"))
}

@Test(
    "any text becomes one valid line",
    arguments: ["a\"b\\c", "line\nbreak\r\t\u{0}", "Käse 😀", "\u{7f}\u{2028}"])
func text(name: String) throws {
    let hello = Event.Hello(program: name, model: name, source: name, width: 1, height: 1)
    let encoded = line(.hello(hello))
    #expect(encoded.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    let object = try JSONSerialization.jsonObject(with: Data(encoded.utf8)) as? [String: Any]
    #expect(object?["source"] as? String == name)
}

@Test("numbers that JSON can't hold become 0, huge ones are limited")
func oddNumbers() throws {
    for value in [Double.nan, .infinity, -.infinity, 1e300, -1e300, -0.0, -0.004, 0.005, 1e-9] {
        let encoded = line(.left(departure(.min, seconds: value), frame: .max, time: noon))
        let object = try JSONSerialization.jsonObject(with: Data(encoded.utf8)) as? [String: Any]
        #expect(object?["frame"] as? Int == .max)
        #expect(object?["face"] as? Int == .min)
        #expect(!encoded.contains("-0,") && !encoded.contains("-0}"))
    }
    #expect(line(.left(departure(1, seconds: .nan), frame: 1, time: noon)).contains(#""seconds":0,"#))
    #expect(line(.left(departure(1, seconds: 9.9999), frame: 1, time: noon)).contains(#""seconds":10,"#))
    #expect(line(.left(departure(1, seconds: 0.05), frame: 1, time: noon)).contains(#""seconds":0.05,"#))
}

@Test("times are written as Foundation writes them, leap days and years before 1970 included")
func times() {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    var generator = SystemRandomNumberGenerator()
    var samples: [Int64] = [0, -1, 951_782_400_000, 951_868_799_999, 4_107_542_400_000, 1_582_934_400_000]
    for _ in 0..<500 {
        samples.append(Int64.random(in: -11_000_000_000_000...200_000_000_000_000, using: &generator))
    }
    for milliseconds in samples {
        let written = line(.source(.back, reason: "", time: EventTime(milliseconds: milliseconds)))
        let start = written.index(written.startIndex, offsetBy: #"{"event":"source","time":""#.count)
        let date = formatter.date(from: String(written[start...].prefix(24)))
        #expect(date.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) } == milliseconds)
    }
    #expect(
        line(.source(.back, reason: "", time: EventTime(milliseconds: .max))).contains(
            "9999-12-31T23:59:59.999Z"))
    #expect(
        line(.source(.back, reason: "", time: EventTime(milliseconds: .min))).contains(
            "0000-01-01T00:00:00.000Z"))
}

@Test("a guess says so, an answer does not")
func unsure() {
    var guess = face()
    guess.isUnsure = true
    #expect(
        line(.appeared(guess, frame: 1, time: noon)).contains(
            #""confidence":0.93,"unsure":true,"probabilities":["#))
    #expect(!line(.appeared(face(), frame: 1, time: noon)).contains("unsure"))
}

@Test("every event is as the schema says, and the schema knows every key")
func schema() {
    let hello = Event.Hello(program: "raut 1.0.0", model: "raut", source: "a\"b", width: 640, height: 480)
    var summary = EventSummary()
    summary.seconds = 60
    let departure = FaceDeparture(number: 3, seconds: 12.4, emotions: face().probabilities)
    let events: [Event] = [
        .hello(hello), .appeared(face(), frame: 1, time: noon), .changed(face(), frame: 2, time: noon),
        .left(departure, frame: 7, time: noon),
        .frame(9, latency: 6.1, faces: [face(1), face(2)], time: noon),
        .source(.troubled, reason: "x", time: noon), .summary(summary, time: noon), .dropped(count: 7),
    ]
    for event in events {
        #expect(SchemaCheck.faults(of: line(event, raw: true)) == [])
    }
    // The check itself sees what is wrong.
    for wrong in [
        #"{"event":"dropped"}"#, #"{"event":"dropped","count":0}"#, #"{"event":"dropped","count":true}"#,
        #"{"event":"dropped","count":1,"more":2}"#, #"{"event":"none"}"#, "[]", "{",
    ] { #expect(SchemaCheck.faults(of: wrong) != [], "\(wrong)") }
}
