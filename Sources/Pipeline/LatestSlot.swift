import Foundation

/// A place for one value between two threads: a new value replaces the one that waits.
///
/// Messages beside the values are never replaced and are taken before the value that came after them.
package final class LatestSlot<Value: Sendable, Message: Sendable>: @unchecked Sendable {
    // Sendable unchecked because `condition` guards every variable below it.
    private let condition = NSCondition()
    private var value: Value?
    private var messages: [Message] = []
    private var isClosed = false

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
    /// - Parameter waits: true to wait until the slot is empty instead of replacing what is in it.
    /// - Returns: true where a value that nobody had taken was replaced.
    @discardableResult
    package func put(_ new: Value, waits: Bool = false) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waits, value != nil, !isClosed { condition.wait() }
        guard !isClosed else { return false }
        defer {
            value = new
            condition.broadcast()
        }
        return value != nil
    }

    /// Puts a message in; a value that waits is older than the message and given up, unless `waits` asks to wait
    /// until it is taken.
    ///
    /// - Returns: true where a value was given up.
    @discardableResult
    package func put(message: Message, waits: Bool = false) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waits, value != nil, !isClosed { condition.wait() }
        guard !isClosed else { return false }
        defer {
            value = nil
            messages.append(message)
            condition.broadcast()
        }
        return value != nil
    }

    /// Waits for something and takes it out; nil where the slot is closed and empty.
    package func take() -> Contents? {
        condition.lock()
        defer { condition.unlock() }
        while value == nil, messages.isEmpty, !isClosed { condition.wait() }
        return removeAll()
    }

    /// Takes out what is there without waiting.
    package func takeNow() -> Contents? {
        condition.lock()
        defer { condition.unlock() }
        return removeAll()
    }

    /// Takes nothing in any more; what is in can still be taken out.
    package func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    private func removeAll() -> Contents? {
        guard value != nil || !messages.isEmpty else { return nil }
        defer {
            value = nil
            if !messages.isEmpty { messages = [] }
            condition.broadcast()
        }
        return Contents(messages: messages, value: value)
    }
}
