import Capture
import System

/// The capture thread: takes frames from the source, finds it again when it is lost, and changes to another.
extension Pipeline {
    /// A source that was lost and has given no frame since: what was said of it, and how long to wait before it is
    /// tried again.
    private struct Loss {
        var said: String
        var pause = Backoff(first: 0.1, longest: 2, factor: 1.6)
    }

    func capture() {
        var pool = FramePool()
        var loss: Loss?
        while !isStopping.load(ordering: .relaxed) {
            captureProgress.step()
            let source = source
            do throws(CaptureError) {
                guard
                    let frame = try pool.next({ frame throws(CaptureError) in try source.next(into: &frame) })
                else {
                    if changeSource(&loss) { continue }
                    break
                }
                statistics.update { $0.taken += 1 }
                if loss != nil {
                    loss = nil
                    isLost.store(false, ordering: .relaxed)
                    tell(.back(name: source.name, width: source.width, height: source.height))
                    notify(.back(name: source.name))
                }
                pass(source.takeNotice())
                viewSlot?.put(frame)
                if slot.put(frame, waits: waits) { statistics.update { $0.dropped += 1 } }
            } catch {
                if recover(source, from: error, &loss) { continue }
                if changeSource(&loss) { continue }
                break
            }
        }
        ending.withLock { ending in if ending.outcome == nil { ending.outcome = .ended } }
        captureProgress.rest()
        slot.close()
    }

    private var waits: Bool { isPlayback.load(ordering: .relaxed) }

    private func pass(_ notice: SourceNotice?) {
        switch notice {
        case .troubled(let reason): tell(.troubled(reason: reason))
        case .recovered: tell(.recovered)
        case nil: break
        }
    }

    private func tell(_ message: Message) {
        if slot.put(message: message, waits: waits) { statistics.update { $0.dropped += 1 } }
    }

    /// Goes on with the next source, where one was given; false where none was, or the end was asked for.
    private func changeSource(_ loss: inout Loss?) -> Bool {
        guard !isStopping.load(ordering: .relaxed) else { return false }
        let successor = supply.withLock { supply in
            defer { supply.successor = nil }
            // Nobody holds the old source after this: a camera is closed with it.
            if supply.successor != nil { supply.source = NoSource(like: supply.source) }
            return supply.successor
        }
        guard let successor else { return false }
        let next = successor()
        supply.withLock { supply in
            supply.source = next.source
            supply.interruption = Cancellation()
        }
        // The end may have been asked for while there was no source to tell it.
        if isStopping.load(ordering: .relaxed) { next.source.cancel() }
        if let worker = next.worker { tell(.exchange(worker, keepsFaces: false)) }
        // Where readers were told that the one before was lost, the first frame of this one says that frames come again.
        loss?.pause.reset()
        return true
    }

    /// Tries until the source is open again, with pauses that grow; false where it can't come back or is not wanted
    /// any more. It is back when it gives a frame: one that opens and gives none is lost once, not again and again.
    private func recover(
        _ source: any FrameSource, from error: CaptureError, _ known: inout Loss?
    ) -> Bool {
        guard let source = source as? any RecoverableSource, source.canComeBack else {
            if supply.withLock({ $0.successor == nil }) { end(.failed(error)) }
            return false
        }
        var loss = known ?? Loss(said: error.reason)
        defer { known = loss }
        if known == nil {
            isLost.store(true, ordering: .relaxed)
            tell(.lost(reason: error.reason))
            notify(.lost(error))
        } else if !wait(&loss) {
            return false
        }
        while supply.withLock({ $0.successor == nil }), !isStopping.load(ordering: .relaxed) {
            captureProgress.step()
            do {
                try source.reopen()
                return true
            } catch {
                if case .cannotOpen(_, let reason) = error, reason != loss.said {
                    notify(.waiting(error))
                    loss.said = reason
                }
                guard wait(&loss) else { return false }
            }
        }
        return false
    }

    /// Pauses, longer from time to time; false where the end or another source comes meanwhile.
    private func wait(_ loss: inout Loss) -> Bool {
        captureProgress.step()
        let interruption = supply.withLock { $0.interruption }
        return interruption.sleep(seconds: loss.pause.next())
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
