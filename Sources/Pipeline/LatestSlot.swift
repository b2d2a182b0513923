import System

/// A place for one value between two threads: a new value replaces the one that waits.
///
/// Messages beside the values are never replaced and are taken before the value that came after them.
package final class LatestSlot<Value: Sendable, Message: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var messages: [Message] = []
        var isClosed = false

        mutating func removeAll() -> Contents? {
            guard value != nil || !messages.isEmpty else { return nil }
            defer {
                value = nil
                if !messages.isEmpty { messages = [] }
            }
            return Contents(messages: messages, value: value)
        }
    }

    private let state = Guarded(State())

    /// What one `take` gives.
    package struct Contents {
        /// Messages in the order in which they came.
        package var messages: [Message]
        /// The newest value, or nil where there are only messages.
        package var value: Value?
    }

    /// An empty slot.
    package init() {}

    /// Puts a value in.
    ///
    /// - Parameter waits: true to wait until the slot is empty instead of replacing what is in it; a slot that is
    ///   closed meanwhile ends the wait.
    /// - Returns: true where a value that nobody had taken was replaced.
    @discardableResult
    package func put(_ new: Value, waits: Bool = false) -> Bool {
        put(waits: waits) { $0.value = new }
    }

    /// Puts a message in; a value that waits is older than the message and given up, unless `waits` asks to wait
    /// until it is taken.
    ///
    /// - Returns: true where a value was given up.
    @discardableResult
    package func put(message: Message, waits: Bool = false) -> Bool {
        put(waits: waits) { state in
            state.value = nil
            state.messages.append(message)
        }
    }

    private func put(waits: Bool, _ change: (inout State) -> Void) -> Bool {
        state.wait(until: .never) { state in
            if state.isClosed { return false }
            if waits, state.value != nil { return nil }
            defer { change(&state) }
            return state.value != nil
        } ?? false
    }

    /// Waits for something and takes it out; nil where the slot is closed and empty.
    package func take() -> Contents? {
        state.wait(until: .never) { state -> Contents?? in
            if let contents = state.removeAll() { return .some(contents) }
            return state.isClosed ? .some(nil) : nil
        } ?? nil
    }

    /// Takes out what is there without waiting.
    package func takeNow() -> Contents? {
        state.change { $0.removeAll() }
    }

    /// Takes nothing in any more; what is in can still be taken out.
    package func close() {
        state.change { $0.isClosed = true }
    }
}
