import System

/// How long an encoder that takes nothing is waited for: while it works, and that is a minute at most.
///
/// Ten seconds on a clock say little of an encoder: on a machine with much to do, or a slow disk, ffmpeg takes as long to
/// begin; and where both programs stood still together, as in a container that was paused, they are over at once. So what
/// counts is short waits of our own in which it did nothing.
package struct EncoderPatience: Sendable {
    /// One wait, in seconds.
    package var slice: Double
    /// Waits without anything done by the encoder, one after another, until it is given up.
    package var idle: Int
    /// Waits until it is given up though it works.
    package var most: Int

    /// Ten seconds, and a minute for one that works.
    package static let standard = EncoderPatience(slice: 1, idle: 10, most: 60)

    /// Takes all three.
    package init(slice: Double, idle: Int, most: Int) {
        (self.slice, self.idle, self.most) = (slice, idle, most)
    }

    /// Waits for something that an encoder is to do.
    ///
    /// - Parameter wait: waits until a deadline, and says what came of it.
    /// - Returns: what came before patience ended; nil where that ended first, with the seconds that were waited.
    func wait<Outcome>(
        for encoder: ChildProcess, _ wait: (Deadline) -> Outcome?
    ) -> (outcome: Outcome?, seconds: Int) {
        var used = encoder.processorTime
        var idle = 0
        for count in 1...max(1, most) {
            if let outcome = wait(.after(slice)) { return (outcome, 0) }
            let now = encoder.processorTime
            idle = now == used ? idle + 1 : 0
            used = now
            if idle >= self.idle { return (nil, Int(Double(count) * slice)) }
        }
        return (nil, Int(Double(most) * slice))
    }
}
