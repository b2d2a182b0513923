import Events
import Faces

/// A face that came, was looked at and went.
package struct Visit: Sendable {
    /// A stretch in which one emotion was reported.
    package struct Span: Sendable {
        package var start: EventTime
        package var end: EventTime
        package var emotion: Emotion

        /// Its length in seconds, never negative: somebody may have set the clock.
        package var seconds: Double { max(0, Double(end.milliseconds - start.milliseconds) / 1000) }
    }

    /// The run of the program that saw it, and the number of the face there.
    package var run: Int
    package var face: Int
    /// What was reported while it was in view, in order.
    package var spans: [Span]
    /// How long it was in view, in seconds.
    package var seconds: Double
    /// The emotion that it showed most.
    package var dominant: Emotion
    /// The mean probabilities, where the event said them; else the shares of the spans.
    package var emotions: EmotionProbabilities

    package var start: EventTime { spans.first?.start ?? EventTime(milliseconds: 0) }
    package var end: EventTime { spans.last?.end ?? start }
}

/// What the events of one or more runs tell, read line by line.
package struct DayRecord: Sendable {
    /// The visits, in the order of their beginnings once ``finish()`` was called.
    package private(set) var visits: [Visit] = []
    /// Lines that are no events: how many, and the numbers of the first.
    package private(set) var brokenCount = 0
    /// Lines that are events.
    package private(set) var eventCount = 0
    package private(set) var brokenLines: [Int] = []
    /// Lines read, the broken ones among them.
    package private(set) var lineCount = 0
    /// Events that the log itself says were lost.
    package private(set) var droppedCount = 0
    /// Where the faces were seen: the sources of the runs.
    package private(set) var sources: [String] = []
    /// The first and the last moment that any event names.
    package private(set) var range: ClosedRange<EventTime>?

    private struct Key: Hashable {
        var run: Int
        var face: Int
    }

    private struct Open {
        var spans: [Visit.Span]
        /// Read from lines that tell every frame: it has left when it is in none any more.
        var isFromFrames: Bool
    }

    private var open: [Key: Open] = [:]
    /// Visits that were open when a first line came: of the run before, or of the same one where its options were read
    /// again.
    private var beforeHello: [Int: Key] = [:]
    private var run = 0

    /// A longer pause from one frame to the next than a program takes to read its options, in milliseconds.
    private static let longestPause: Int64 = 2000
    /// How many broken lines are named.
    private static let mostNamed = 5

    package init() {}

    /// Adds a line of JSON; empty lines are passed over. The runs count up with each first line, unless `run` says which
    /// it is.
    package mutating func add(_ line: [UInt8], run number: Int? = nil) {
        lineCount += 1
        guard line.contains(where: { $0 > 0x20 }) else { return }
        guard let event = DayEvent(line) else {
            brokenCount += 1
            if brokenLines.count < Self.mostNamed { brokenLines.append(lineCount) }
            return
        }
        eventCount += 1
        if case .hello(let source) = event {
            if number == nil { for key in open.keys { beforeHello[key.face] = key } }
            run += 1
            if !source.isEmpty, !sources.contains(source) { sources.append(source) }
        }
        take(event, run: number ?? run)
    }

    private mutating func take(_ event: DayEvent, run: Int) {
        switch event {
        case .hello, .other: break
        case .dropped(let count): droppedCount += count
        case .seen(let face, let emotion, let isNew, let time):
            note(time)
            let key = key(of: face, run) { last in !isNew || time <= last }
            see(key, emotion, at: time, isFromFrames: false)
        case .frame(let faces, let time):
            note(time)
            for (face, emotion) in faces {
                let key = key(of: face, run) { last in
                    time.milliseconds - last.milliseconds <= Self.longestPause
                }
                see(key, emotion, at: time, isFromFrames: true)
            }
            let inView = Set(faces.map(\.face))
            for key in open.keys
            where (key.run == run || beforeHello[key.face] == key) && open[key]?.isFromFrames == true
                && !inView.contains(key.face)
            {
                close(key)
            }
        case .left(let face, let seconds, let dominant, let emotions, let time):
            note(time)
            leave(key(of: face, run) { _ in true }, seconds, dominant, emotions, at: time)
        }
    }

    /// The visit that an event is about. A face that was in view before a first line is still the same where its program
    /// only read its options again, and another one where that began anew.
    ///
    /// - Parameter goesOn: whether it is the same, by when it was last heard of.
    private mutating func key(of face: Int, _ run: Int, goesOn: (EventTime) -> Bool) -> Key {
        let new = Key(run: run, face: face)
        guard open[new] == nil, let known = beforeHello[face], let last = open[known]?.spans.last else {
            return new
        }
        if goesOn(last.end) { return known }
        close(known)
        return new
    }

    private mutating func note(_ time: EventTime) {
        let known = range ?? time...time
        range = min(known.lowerBound, time)...max(known.upperBound, time)
    }

    private mutating func see(_ key: Key, _ emotion: Emotion, at time: EventTime, isFromFrames: Bool) {
        guard var visit = open[key], let last = visit.spans.last else {
            open[key] = Open(
                spans: [Visit.Span(start: time, end: time, emotion: emotion)], isFromFrames: isFromFrames)
            return
        }
        visit.spans[visit.spans.count - 1].end = max(last.end, time)
        if last.emotion != emotion {
            visit.spans.append(Visit.Span(start: time, end: time, emotion: emotion))
        }
        open[key] = visit
    }

    private mutating func leave(
        _ key: Key, _ seconds: Double, _ dominant: Emotion?, _ emotions: EmotionProbabilities?,
        at time: EventTime
    ) {
        // One that came before the log began, or the day before, is told by its end alone.
        let start = EventTime(milliseconds: time.milliseconds - Int64(max(0, min(seconds, 1e9)) * 1000))
        var visit =
            open.removeValue(forKey: key)
            ?? Open(
                spans: [Visit.Span(start: start, end: time, emotion: dominant ?? .neutral)],
                isFromFrames: false)
        visit.spans[visit.spans.count - 1].end = max(visit.spans[visit.spans.count - 1].end, time)
        if let first = visit.spans.first, start < first.start { visit.spans[0].start = start }
        append(key, visit.spans, seconds, dominant, emotions)
    }

    /// Ends a visit of which no event tells the end.
    private mutating func close(_ key: Key) {
        guard let visit = open.removeValue(forKey: key) else { return }
        append(key, visit.spans, nil, nil, nil)
    }

    private mutating func append(
        _ key: Key, _ spans: [Visit.Span], _ seconds: Double?, _ dominant: Emotion?,
        _ emotions: EmotionProbabilities?
    ) {
        var lanes = SIMD8<Float>(repeating: 0)
        for span in spans { lanes[span.emotion.rawValue] += Float(max(span.seconds, 0.001)) }
        let shares = EmotionProbabilities(lanes: lanes).normalized
        visits.append(
            Visit(
                run: key.run, face: key.face, spans: spans,
                seconds: seconds ?? spans.reduce(0) { $0 + $1.seconds },
                dominant: dominant ?? shares.mostLikely, emotions: emotions ?? shares))
    }

    /// Ends what is still open, and puts the visits in order.
    package mutating func finish() {
        for key in open.keys { close(key) }
        visits.sort { ($0.start, $0.run, $0.face) < ($1.start, $1.run, $1.face) }
    }
}

extension EventTime: Comparable {
    /// The earlier by the wall clock.
    package static func < (first: EventTime, second: EventTime) -> Bool {
        first.milliseconds < second.milliseconds
    }
}
