import System

/// A place for one value between two threads: a new value replaces the one that waits.
///
/// Messages beside the values are never replaced and are taken before the value that came after them.
package final class LatestSlot<Value: Sendable, Message: Sendable>: Sendable {
    private struct State: Sendable {
        var value: Value?
        var messages: [Message] = []
        var isClosed = false
        var isAwaited = false
    }

    private let state = Guarded(State())

    /// What one `take` gives.
    package struct Contents: Sendable {
        /// Messages in the order in which they came.
        package var messages: [Message]
        /// The newest value, or nil where there are only messages.
        package var value: Value?
    }

    /// An empty slot.
    package init() {}

    /// Puts a value in.
    ///
    /// - Parameter waits: true to wait until the slot is empty instead of replacing what is in it; ``close()`` ends that.
    /// - Returns: true where a value that nobody had taken was replaced.
    @discardableResult
    package func put(_ new: Value, waits: Bool = false) -> Bool {
        insert(waits: waits) { state in
            defer { state.value = new }
            return state.value != nil
        }
    }

    /// Puts a message in; a value that waits is older than the message and given up, unless `waits` asks to wait
    /// until it is taken.
    ///
    /// - Returns: true where a value was given up.
    @discardableResult
    package func put(message: Message, waits: Bool = false) -> Bool {
        insert(waits: waits) { state in
            defer {
                state.value = nil
                state.messages.append(message)
            }
            return state.value != nil
        }
    }

    /// Puts a message in that is handled before the value that waits, which stays.
    package func put(urgent message: Message) {
        state.change { state in if !state.isClosed { state.messages.append(message) } }
    }

    /// Waits for something and takes it out; nil where the slot is closed and empty.
    package func take() -> Contents? {
        state.wait(until: .never) { state in
            state.isAwaited = false
            if let contents = Self.removeAll(&state) { return .some(contents) }
            if state.isClosed { return .some(nil) }
            state.isAwaited = true
            return nil
        } ?? nil
    }

    /// True while somebody waits in ``take()``: all that came before is dealt with.
    package var isAwaited: Bool { state.withLock { $0.isAwaited } }

    /// Takes out what is there without waiting.
    package func takeNow() -> Contents? { state.change { Self.removeAll(&$0) } }

    /// Takes nothing in any more; what is in can still be taken out.
    package func close() { state.change { $0.isClosed = true } }

    private func insert(waits: Bool, _ body: (inout State) -> Bool) -> Bool {
        state.wait(until: .never) { state in
            if state.isClosed { return false }
            if waits, state.value != nil { return nil }
            return body(&state)
        } ?? false
    }

    private static func removeAll(_ state: inout State) -> Contents? {
        guard state.value != nil || !state.messages.isEmpty else { return nil }
        defer {
            state.value = nil
            if !state.messages.isEmpty { state.messages = [] }
        }
        return Contents(messages: state.messages, value: state.value)
    }
}
