import Capture
import System

/// The capture thread: takes frames from the source, finds it again when it is lost, and changes to another, as
/// ``SourceMachine`` says.
extension Pipeline {
    func capture() {
        var pool = FramePool()
        var machine = SourceMachine()
        while !machine.state.isOver {
            captureProgress.step()
            // One that is changing has heard of it.
            let known = machine.state == .changing && !isStopping.load(ordering: .relaxed) ? nil : asked()
            let (event, frame) = known.map { ($0, nil) } ?? happening(in: &machine, &pool)
            let action = machine.take(event)
            isLost.store(machine.isLost, ordering: .relaxed)
            switch action {
            case .nothing: break
            case .tell(let change): tell(change)
            case .end(let error): end(.failed(error))
            }
            if let frame { pass(frame) }
        }
        ending.withLock { ending in if ending.outcome == nil { ending.outcome = .ended } }
        captureProgress.rest()
        slot.close()
    }

    /// What somebody asks for, which comes before whatever the source does.
    private func asked() -> SourceMachine.Event? {
        if isStopping.load(ordering: .relaxed) { return .stop }
        return supply.withLock { $0.successor != nil } ? .exchange : nil
    }

    /// Does what the state says, and returns what came of it.
    private func happening(
        in machine: inout SourceMachine, _ pool: inout FramePool
    ) -> (SourceMachine.Event, SharedFrame?) {
        let source = source
        switch machine.state {
        case .lost:
            let interruption = supply.withLock { $0.interruption }
            let isOver = interruption.sleep(seconds: machine.nextPause())
            return (isOver ? .pauseOver : asked() ?? .pauseOver, nil)
        case .reopening:
            do throws(CaptureError) {
                Log.debug("source", "trying to open \(source.name) again")
                // Of another kind none is ever lost.
                try (source as? any RecoverableSource)?.reopen()
                return (.opened, nil)
            } catch {
                return (asked() ?? .fault(error, canComeBack: true), nil)
            }
        case .changing:
            change()
            return (.opened, nil)
        case .opening, .running, .returning:
            do throws(CaptureError) {
                let frame = try pool.next { frame throws(CaptureError) in try source.next(into: &frame) }
                guard let frame else { return (asked() ?? .end, nil) }
                let size = FrameSize(width: source.width, height: source.height)
                return (.frame(name: source.name, size: size), frame)
            } catch {
                let canComeBack = (source as? any RecoverableSource)?.canComeBack ?? false
                return (asked() ?? .fault(error, canComeBack: canComeBack), nil)
            }
        // Nothing happens any more.
        case .ended, .failed, .stopped: return (.stop, nil)
        }
    }

    private func pass(_ frame: SharedFrame) {
        statistics.update { $0.taken += 1 }
        if let change = source.takeChange() { tell(change) }
        viewSlot?.put(frame)
        if isPictured.load(ordering: .relaxed) { pictureSlot.put(frame) }
        if slot.put(frame, waits: waits) { statistics.update { $0.dropped += 1 } }
    }

    private var waits: Bool { isPlayback.load(ordering: .relaxed) }

    private func send(_ message: Message) {
        if slot.put(message: message, waits: waits) { statistics.update { $0.dropped += 1 } }
    }

    private func tell(_ change: SourceChange) {
        switch change {
        case .lost, .back:
            send(.source(change))
            notify(change)
        // Readers know that it is lost, and a frame that waits is none of its.
        case .waiting: notify(change)
        // The worker says so, as it does where it finds the broken frames itself.
        case .troubled, .recovered: send(.source(change))
        }
    }

    /// Closes the source and goes on with the next one.
    private func change() {
        let successor = supply.withLock { supply in
            defer { supply.successor = nil }
            // Nobody holds the old source after this: a camera is closed with it.
            supply.source = NoSource(like: supply.source)
            return supply.successor
        }
        guard let next = successor?() else { return }
        supply.withLock { supply in
            supply.source = next.source
            supply.interruption = Cancellation()
        }
        // The end, or yet another source, may have been asked for while there was no source to tell it.
        if asked() != nil { next.source.cancel() }
        // Where readers were told that the one before was lost, the first frame of this one says that frames come again.
        if let worker = next.worker { send(.exchange(worker, keepsFaces: false)) }
    }
}

/// Stands where a source was, while the next one is opened.
private final class NoSource: FrameSource {
    let name: String
    let width: Int
    let height: Int
    let frameRate: Double?

    init(like source: any FrameSource) {
        (name, width, height) = (source.name, source.width, source.height)
        frameRate = source.frameRate
    }

    func next(into frame: inout Frame) -> Bool { false }
    func cancel() {}
}
