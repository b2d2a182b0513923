#if MQTT
import System

extension MQTTClient {
    private enum Outcome {
        case reached, failed(EventError), abandoned
    }

    /// Reaches a broker. The library does that without an end: on a thread that is left behind where it takes too long,
    /// and then says good-bye, so that the broker never says `offline` for it.
    ///
    /// - Parameters:
    ///   - address: the broker.
    ///   - authorities: a file of certificates that its own is checked by.
    ///   - seconds: how long that may take.
    ///   - stopping: ends the wait.
    /// - Throws: ``EventError/cannotPublish(address:reason:)``.
    static func reached(
        _ address: MQTTAddress, authorities: String?, within seconds: Double, _ stopping: Cancellation
    ) throws(EventError) -> MQTTClient {
        let client = try MQTTClient(address, authorities: authorities)
        let outcome = Guarded<Outcome?>(nil)
        // The dialling thread's until there is an outcome, and ours after that.
        let dialled = Confined(client)
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-mqtt-dial") {
                let result = Result { () throws(EventError) in try dialled.value.connect() }
                outcome.change { outcome in
                    if case .abandoned = outcome { return dialled.value.disconnect() }
                    switch result {
                    case .success: outcome = .reached
                    case .failure(let error): outcome = .failed(error)
                    }
                }
            }
        } catch {
            throw .cannotPublish(address: address.name, reason: error.description)
        }
        let deadline = Deadline.after(seconds)
        while true {
            switch outcome.wait(until: .after(0.02), for: { $0 }) {
            case .reached: return client
            case .failed(let error): throw error
            case .abandoned, nil:
                guard deadline.isOver || stopping.isRaised else { continue }
                let isLate = outcome.withLock { outcome in
                    if outcome != nil { return false }
                    outcome = .abandoned
                    return true
                }
                guard isLate else { continue }
                throw .cannotPublish(
                    address: address.name,
                    reason: "the broker can't be reached within \(Int(seconds)) seconds")
            }
        }
    }
}
#endif
