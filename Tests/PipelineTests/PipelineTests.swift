import Capture
import Events
import FaceDetection
import Faces
import Foundation
import Imaging
import Pipeline
import System
import Testing
import TestSupport

@Suite("the pipeline", .timeLimit(.minutes(3)))
struct PipelineTests {
    private func playback(limit: Int? = nil) -> Pipeline.Configuration {
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        configuration.frameLimit = limit
        // These tests count looks; LookScheduleTests has what is left out.
        configuration.looksAtEachFrame = true
        return configuration
    }

    private func live(waiting: Bool = false) -> Pipeline.Configuration {
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = waiting
        configuration.tracking.confirmations = 1
        return configuration
    }

    @Test("a clip played as fast as possible is worked on frame by frame, with the same events twice")
    func twice() throws {
        func run(_ detail: EventDetail) throws -> [String] {
            let lines = Lines()
            var configuration = playback()
            configuration.detail = detail
            let pipeline = try Pipeline(
                source: ScriptedSource(Array(repeating: .frame, count: 50)), finder: ScriptedFinder(),
                recognizer: Happy(), configuration: configuration, sinks: [lines])
            #expect(pipeline.wait() == .ended)
            #expect(pipeline.counts.taken == 50)
            #expect(pipeline.counts.worked == 50)
            #expect(pipeline.counts.dropped == 0)
            return lines.all
        }
        let first = try run(.changes)
        #expect(first.count == 2)
        #expect(
            first[0].hasPrefix(
                #"{"event":"appeared","time":"1970-01-01T00:00:00.033Z","monotonic":0.033333,"frame":2,"#))
        #expect(first[0].contains(#""emotion":"happy""#))
        #expect(
            first[1].hasPrefix(
                #"{"event":"left","time":"1970-01-01T00:00:01.633Z","monotonic":1.633333,"frame":50,"#))
        #expect(first[1].contains(#""face":1,"seconds":1.633,"dominant":"happy","emotions":{"angry":0.02,"#))
        #expect(try run(.changes) == first)
        #expect(try run(.frames).count == 50)
    }

    @Test(
        "a frame that comes while the last is worked on replaces the one that waits, and latency does not grow"
    )
    func newestFirst() throws {
        let finder = ScriptedFinder()
        finder.delay = 0.05
        let steps = (0..<100).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 10)] }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: finder, recognizer: Happy(),
            configuration: live(), sinks: [])
        #expect(pipeline.wait() == .ended)
        let counts = pipeline.counts
        #expect(counts.taken == 100)
        #expect(counts.dropped > 50)
        #expect(counts.worked + counts.dropped == 100)
        // Waiting in line, the last one would be four seconds late.
        #expect(counts.latency.percentile(1) < 2000)
    }

    @Test("a viewer gets every frame while the worker is stuck on one")
    func viewerDoesNotWait() throws {
        let finder = ScriptedFinder()
        finder.hold()
        let seen = Guarded<[Int]>([])
        // Each frame comes once the one before was seen.
        let steps = (0..<20).flatMap { number in
            [ScriptedSource.Step.until { seen.withLock { $0.count } == number }, .frame]
        }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: finder, recognizer: Happy(),
            configuration: live(), sinks: [], isViewed: true)
        let isSeen = eventually {
            if let frame = pipeline.view() { seen.change { $0.append(frame.frame.number) } }
            return seen.withLock { $0.count } == 20
        }
        #expect(isSeen && finder.isStuck)
        #expect(seen.withLock { $0 } == Array(1...20))
        finder.release()
        _ = pipeline.wait()
    }

    @Test("a lost source is said once, every face leaves, and it is taken up again when it is back")
    func lostAndBack() throws {
        let lines = Lines()
        let changes = Guarded<[SourceChange]>([])
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 10)
        let source = ScriptedSource(
            frames + [.lost(reason: "unplugged")] + frames, absences: 2, refusals: 2)
        let pipeline = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: playback(),
            sinks: [lines], notify: { change in changes.withLock { $0.append(change) } })
        #expect(pipeline.wait() == .ended)
        #expect(
            lines.names == ["appeared", "left", "source lost", "source back", "appeared", "left"])
        #expect(lines.all[2].contains(#""reason":"unplugged""#))
        #expect(pipeline.counts.worked == 20)
        #expect(
            changes.withLock { $0 } == [
                .lost(.lost(source: "scripted", reason: "unplugged")),
                .waiting(.cannotOpen(source: "scripted", reason: "busy")),
                .back(name: "scripted", size: FrameSize(width: 320, height: 240)),
            ])
    }

    @Test("who comes late is told of each face in view as it last was, and of none that left")
    func inView() throws {
        let lines = Lines()
        let faces = [100, 210].map { DetectedFace(box: Rectangle(x: $0, y: 80, width: 90, height: 90)) }
        let pipeline = try Pipeline(
            source: ScriptedSource(Array(repeating: .frame, count: 100)), finder: ScriptedFinder(faces),
            recognizer: Saddened(after: 50), configuration: playback(), sinks: [lines])
        #expect(pipeline.wait() == .ended)
        #expect(lines.names == ["appeared", "appeared", "changed", "changed", "left", "left"])
        let told = lines.inView
        #expect(told[0] == [lines.all[0]])
        #expect(told[1] == lines.all[0...1].map { $0 })
        // A face that changed appears as what it is since.
        let news = lines.all[2...3].map { $0.replacing(#""event":"changed""#, with: #""event":"appeared""#) }
        #expect(told[2] == [lines.all[1], news[0]])
        #expect(told[3] == news)
        #expect(news[0].contains(#""emotion":"sad""#))
        #expect(told[4] == [news[1]])
        #expect(told[5].isEmpty)
    }

    @Test("a source that can't come back ends it with the reason")
    func lostForGood() throws {
        let source = ScriptedSource([.frame, .frame, .frame, .lost(reason: "gone")])
        source.canComeBack = false
        let lines = Lines()
        let pipeline = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: playback(),
            sinks: [lines])
        #expect(pipeline.wait() == .failed(.lost(source: "scripted", reason: "gone")))
        #expect(lines.names == ["appeared", "left"])
    }

    @Test("frames that are no pictures are passed over and said once")
    func brokenFrames() throws {
        let lines = Lines()
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 5)
        let pipeline = try Pipeline(
            source: ScriptedSource(frames + [.brokenFrame, .brokenFrame, .brokenFrame] + frames),
            finder: ScriptedFinder(), recognizer: Happy(), configuration: playback(), sinks: [lines])
        #expect(pipeline.wait() == .ended)
        #expect(lines.names == ["appeared", "source troubled", "source recovered", "left"])
        #expect(pipeline.counts.broken == 3)
        #expect(pipeline.counts.worked == 10)
    }

    @Test("a source in trouble that gives frames all the same loses no face")
    func troubled() throws {
        let lines = Lines()
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 5)
        let steps =
            frames + [.change(.troubled(reason: "half of the frames are lost"))] + frames
            + [.change(.recovered)] + frames
        let pipeline = try Pipeline(
            source: ScriptedSource(steps), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: playback(), sinks: [lines])
        #expect(pipeline.wait() == .ended)
        #expect(lines.names == ["appeared", "source troubled", "source recovered", "left"])
    }

    /// The lines of a source's frames, played to their end, for readers who were told of it.
    private func greeted(_ source: ScriptedSource) throws -> Lines {
        let lines = Lines()
        let hello = Event.Hello(
            program: "raut", model: "test", source: "scripted", width: 320, height: 240)
        let pipeline = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: playback(),
            sinks: [lines], hello: hello)
        #expect(pipeline.wait() == .ended)
        return lines
    }

    @Test("frames of another size are announced before the first event in their pixels, and old faces leave")
    func anotherSize() throws {
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 5)
        let source = ScriptedSource(frames + [.resize(width: 640, height: 480)] + frames)
        let lines = try greeted(source)
        #expect(lines.names == ["appeared", "left", "hello", "appeared", "left"])
        #expect(lines.all[2].contains(#""source":"scripted","width":640,"height":480}"#))
        #expect(lines.all[1].contains(#""frame":5,"#))
    }

    @Test("a source that is back under another name and in another size is announced before it is said")
    func anotherName() throws {
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 5)
        let source = ScriptedSource(
            frames + [.lost(reason: "unplugged"), .rename("other"), .resize(width: 640, height: 480)] + frames
        )
        let lines = try greeted(source)
        #expect(
            lines.names == ["appeared", "left", "source lost", "hello", "source back", "appeared", "left"])
        #expect(lines.all[3].contains(#""source":"other","width":640,"height":480}"#))
    }

    @Test("left says the number and the time of the last frame worked on, and seconds up to that")
    func leftIsConsistent() throws {
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 10)
        // Frames that are no picture come last: they were never worked on.
        let lines = Lines()
        let pipeline = try Pipeline(
            source: ScriptedSource(frames + [.brokenFrame, .brokenFrame], isLive: true),
            finder: ScriptedFinder(),
            recognizer: Happy(), configuration: live(waiting: true), sinks: [lines])
        #expect(pipeline.wait() == .ended)
        func object(_ index: Int) throws -> [String: Any] {
            try #require(
                JSONSerialization.jsonObject(with: Data(lines.all[index].utf8)) as? [String: Any])
        }
        #expect(lines.names == ["appeared", "source troubled", "left"])
        let (appeared, left) = (try object(0), try object(2))
        #expect(left["frame"] as? Int == 10)
        let seconds = try #require(left["seconds"] as? Double)
        let from = try #require(appeared["monotonic"] as? Double)
        let to = try #require(left["monotonic"] as? Double)
        #expect(abs(to - from - seconds) < 0.001)
    }

    @Test("a source that opens again and gives no frame is lost once, and back when it gives one")
    func opensButGivesNothing() throws {
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 10)
        let stalls = Array(repeating: ScriptedSource.Step.lost(reason: "no frame for 2 seconds"), count: 4)
        let source = ScriptedSource(frames + stalls + frames)
        let lines = Lines()
        let pipeline = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: playback(),
            sinks: [lines])
        #expect(pipeline.wait() == .ended)
        #expect(lines.names == ["appeared", "left", "source lost", "source back", "appeared", "left"])
        #expect(!pipeline.isSourceLost)
    }

    @Test("stop ends it soon, even while the source is lost, and every face has left")
    func stop() throws {
        let lines = Lines()
        let steps = Array(repeating: ScriptedSource.Step.frame, count: 5) + [.lost(reason: "unplugged")]
        let source = ScriptedSource(steps, refusals: .max)
        let pipeline = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: live(),
            sinks: [lines])
        // Until the pause before the next try is longer than what the end may take.
        #expect(eventually { source.tries >= 6 })
        #expect(!pipeline.isOver)
        let time = ContinuousClock().measure {
            pipeline.stop()
            #expect(pipeline.wait() == .stopped)
        }
        #expect(time < .seconds(1))
        #expect(lines.names.filter { $0 == "appeared" }.count == lines.names.filter { $0 == "left" }.count)
    }

    @Test(
        "a worker that is too busy to end is left behind: its faces have left, and it tells nobody what it finds"
    )
    func abandoned() throws {
        let lines = Lines()
        let finder = ScriptedFinder()
        let steps = (0..<20_000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 5)] }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: finder, recognizer: Happy(),
            configuration: live(), sinks: [lines])
        #expect(eventually { lines.names.contains("appeared") })
        finder.hold()
        #expect(eventually { finder.isStuck })
        let time = ContinuousClock().measure {
            pipeline.stop(until: .after(0.1))
            #expect(pipeline.wait(until: .after(0.1)) == nil)
            pipeline.abandon()
        }
        #expect(time < .seconds(4))
        #expect(lines.names == ["appeared", "left"])
        finder.release()
        _ = pipeline.wait()
        #expect(lines.names == ["appeared", "left"])
    }

    @Test(
        "what frames are worked on with is exchanged between two frames: faces stay, numbers go on, none is lost"
    )
    func exchanged() throws {
        let (old, new) = (Lines(), Lines())
        // More than come before the second exchange, however busy the machine is.
        let steps = (0..<20_000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 5)] }
        let hello = Event.Hello(program: "raut", model: "test", source: "scripted", width: 320, height: 240)
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: live(), sinks: [old], hello: hello)
        #expect(eventually { old.names.contains("appeared") })
        pipeline.exchange(
            pipeline.prepare(
                finder: ScriptedFinder(), recognizer: Happy(), configuration: live(), sinks: [old, new],
                hello: hello))
        #expect(eventually { new.names.count >= 2 })
        pipeline.exchange(
            pipeline.prepare(
                finder: ScriptedFinder(), recognizer: Happy(), configuration: live(), sinks: [new],
                hello: hello), source: ScriptedSource(Array(repeating: .frame, count: 3)))
        #expect(pipeline.wait() == .ended)
        #expect(old.names == ["appeared", "hello", "left"])
        // Who was not there before is told of the face in view.
        #expect(new.names == ["hello", "appeared", "left", "hello", "appeared", "left"])
        #expect(new.all[1] == old.all[0])
        #expect(new.all[4].contains(#""face":2,"#))
    }

    @Test(
        "a summary comes every so often, its rest at the end, and who keeps what happens to faces hears of that"
    )
    func summaries() throws {
        let (asked, kept) = (Lines(), Lines(wantsChanges: true))
        var configuration = playback()
        configuration.detail = .summary
        configuration.summaryInterval = 1
        let hello = Event.Hello(program: "raut", model: "test", source: "scripted", width: 320, height: 240)
        let pipeline = try Pipeline(
            source: ScriptedSource(Array(repeating: .frame, count: 100)), finder: ScriptedFinder(),
            recognizer: Saddened(after: 8), configuration: configuration, sinks: [asked, kept], hello: hello)
        #expect(pipeline.wait() == .ended)
        #expect(asked.names == ["summary", "summary", "summary", "summary"])
        #expect(kept.names == ["appeared", "changed", "left"])
        #expect(asked.inView.isEmpty)
        // The first has no face in its first frame; the last one tells of what is left: 99 frames are 3.3 s.
        #expect(asked.all[0].contains(#""seconds":1.033,"seen":1.033,"faces":1,"visits":1,"#))
        #expect(asked.all[3].contains(#""faces":1,"visits":0,"changes":0"#))
        #expect(asked.all.count { $0.contains(#""changes":1"#) } == 1)
    }

    @Test("a summary that has begun goes on after an exchange, or is told where none are wanted any more")
    func summaryExchanged() throws {
        let lines = Lines()
        let steps = (0..<20_000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 5)] }
        let hello = Event.Hello(program: "raut", model: "test", source: "scripted", width: 320, height: 240)
        var minutes = live()
        minutes.detail = .summary
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: minutes, sinks: [lines], hello: hello)
        func exchange(_ configuration: Pipeline.Configuration) {
            let before = lines.names.count { $0 == "hello" }
            pipeline.exchange(
                pipeline.prepare(
                    finder: ScriptedFinder(), recognizer: Happy(), configuration: configuration,
                    sinks: [lines], hello: hello))
            #expect(eventually { lines.names.count { $0 == "hello" } > before })
        }
        #expect(eventually { pipeline.counts.worked >= 5 })
        minutes.summaryInterval = 30
        exchange(minutes)
        #expect(lines.names == ["hello"])
        exchange(live())
        #expect(lines.names.prefix(3) == ["hello", "summary", "hello"])
        #expect(lines.all[1].contains(#""faces":1,"visits":1,"#))
        pipeline.stop()
        _ = pipeline.wait()
    }

    @Test("pictures for a page are there beside the window's, and only from when somebody looks")
    func pictures() throws {
        let steps = (0..<6000).flatMap { _ in [ScriptedSource.Step.pause(milliseconds: 10), .frame] }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: live(), sinks: [], isViewed: true)
        #expect(eventually { pipeline.counts.worked >= 5 })
        #expect(pipeline.picture() == nil)
        var (viewed, pictured) = (0, 0)
        _ = eventually {
            if pipeline.view() != nil { viewed += 1 }
            if pipeline.picture() != nil { pictured += 1 }
            return pipeline.isOver || (viewed > 5 && pictured > 5)
        }
        #expect(viewed > 5 && pictured > 5)
        pipeline.stop()
        _ = pipeline.wait()
    }

    @Test("the watchdog hears of a source that hangs when it is opened again, and of a worker that hangs")
    func watched() throws {
        let source = HangingSource()
        let lost = try Pipeline(
            source: source, finder: ScriptedFinder(), recognizer: Happy(), configuration: live(), sinks: [])
        #expect(eventually { lost.isSourceLost })
        #expect(eventually { !lost.isAlive(within: 0.2) })
        #expect(lost.isAlive(within: 60))
        source.cancel()
        _ = lost.wait()

        let finder = ScriptedFinder()
        finder.hold()
        let steps = (0..<4000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 10)] }
        let busy = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: finder, recognizer: Happy(),
            configuration: live(), sinks: [])
        #expect(eventually { !busy.isAlive(within: 0.2) })
        finder.release()
        busy.stop()
        _ = busy.wait()
    }

    @Test("without threads it says so at once")
    func noThreads() {
        for passes in 0...1 {
            let faults = SystemFaults()
            faults.fail(.thread, .tryAgain, after: passes)
            let error = faults.during {
                #expect(throws: PipelineError.self) {
                    try Pipeline(
                        source: ScriptedSource([.frame]), finder: ScriptedFinder(), recognizer: Happy(),
                        configuration: live(), sinks: [])
                }
            }
            #expect(error == .noThread(reason: "Resource temporarily unavailable"))
        }
    }

    @Test("it ends after as many frames as were asked for")
    func limit() throws {
        let pipeline = try Pipeline(
            source: ScriptedSource(Array(repeating: .frame, count: 1000)), finder: ScriptedFinder(),
            recognizer: Happy(), configuration: playback(limit: 7), sinks: [])
        #expect(pipeline.wait() == .ended)
        #expect(pipeline.counts.worked == 7)
    }
}

@Test("what waits in a slot is the newest value; messages are kept in order and come before it")
func slot() throws {
    let slot = LatestSlot<Int, String>()
    #expect(slot.takeNow()?.value == nil)
    #expect(!slot.put(1))
    #expect(slot.put(2))
    #expect(slot.takeNow()?.value == 2)
    #expect(!slot.put(3))
    #expect(slot.put(message: "lost"))
    #expect(!slot.put(message: "back"))
    #expect(!slot.put(4))
    let contents = slot.take()
    #expect(contents?.messages == ["lost", "back"])
    #expect(contents?.value == 4)
    slot.put(5)
    slot.close()
    slot.put(6)
    #expect(slot.take()?.value == 5)
    #expect(slot.take()?.value == nil)
}

@Test("frames are used again when nobody looks at them any more, and not before")
func pool() throws {
    var pool = FramePool()
    var held: [SharedFrame] = []
    for number in 1...3 {
        let frame = try pool.next { frame in
            frame.number = number
            return true
        }
        held.append(try #require(frame))
    }
    #expect(held.map(\.frame.number) == [1, 2, 3])
    #expect(pool.count == 3)
    held.remove(at: 1)
    for number in 4...100 {
        let frame = try pool.next { frame in
            frame.number = number
            return true
        }
        #expect(frame?.frame.number == number)
    }
    #expect(held.map(\.frame.number) == [1, 3])
    #expect(pool.count == 3)
}

@Test("percentiles of latency are right within 5 %")
func percentiles() throws {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == 0)
    for value in 1...1000 { histogram.add(milliseconds: Double(value) / 10) }
    #expect((50...52.6).contains(histogram.percentile(0.5)))
    #expect((99...104).contains(histogram.percentile(0.99)))
    for value in [Double.nan, -1, .infinity, 0, 1e300] { histogram.add(milliseconds: value) }
    #expect(histogram.count == 1005)
}

@Test("processor time and memory are this process's")
func usage() throws {
    let before = ProcessUsage.now
    var sum = 0.0
    for number in 0..<30_000_000 { sum += Double(number).squareRoot() }
    let after = ProcessUsage.now
    #expect(sum > 0)
    #expect(after.seconds > before.seconds)
    #expect(after.memory > 1 << 20)
}
