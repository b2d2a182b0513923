import Capture
import System

/// The worker thread: works on the newest frame, and tells readers what capture says between frames.
extension Pipeline {
    func work(_ first: Confined<FrameWorker>) {
        var worker = first.value
        var isBroken = false
        while let contents = slot.take() {
            workerProgress.step()
            for message in contents.messages {
                switch message {
                case .source(let change): tell(change, worker)
                case .exchange(let next, let keepsFaces):
                    next.value.takeOver(from: worker, keepsFaces: keepsFaces)
                    worker = next.value
                    publisher.withLock { $0 = worker.publisher }
                    isBroken = false
                }
            }
            if let frame = contents.value {
                // Frames still in the slot when somebody calls stop are not worth the wait.
                if ending.withLock({ $0.outcome == .stopped }) { break }
                work(on: frame, worker, &isBroken)
                if let limit = worker.configuration.frameLimit, statistics.snapshot.worked >= limit {
                    end(.ended)
                    break
                }
            }
            workerProgress.rest()
        }
        slot.close()
        worker.leaveAll()
        // With the summary of what was seen last.
        worker.publisher.close()
        scene.withLock { $0 = worker.scene }
        let deadline = ending.withLock { $0.deadline }
        worker.recorder?.finish(within: min(Self.recorderPatience, deadline.seconds))
        workerProgress.rest()
    }

    private func work(on frame: SharedFrame, _ worker: FrameWorker, _ isBroken: inout Bool) {
        do throws(CaptureError) {
            guard try worker.work(on: frame.frame) else { return }
            if isBroken { tell(.recovered, worker) }
            isBroken = false
            scene.withLock { $0 = worker.scene }
            worker.recorder?.record(frame, worker.scene.faces, waits: worker.configuration.isPlayback)
        } catch {
            statistics.update { $0.broken += 1 }
            if !isBroken { tell(.troubled(reason: error.reason), worker) }
            isBroken = true
        }
    }

    private func tell(_ change: SourceChange, _ worker: FrameWorker) {
        worker.tell(change)
        switch change {
        case .troubled, .recovered: notify(change)
        // The capture thread says those at once.
        case .lost, .waiting, .back: break
        }
        scene.withLock { $0 = worker.scene }
    }
}
