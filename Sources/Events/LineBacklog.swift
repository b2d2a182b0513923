/// The lines that a reader has not taken yet, bounded: what does not fit is lost and counted, in whole lines.
struct LineBacklog: Sendable {
    /// Bytes that may wait.
    let limit: Int
    private var bytes: [UInt8] = []
    private var head = 0
    private var lost = 0
    private var encoder = EventEncoder()

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { bytes.count - head }
    var isEmpty: Bool { count == 0 }

    /// Adds a line, or counts it as lost where it does not fit.
    ///
    /// After a loss, lines are taken again only when half of the room is free, so that a slow reader gets runs of
    /// lines and not a notice after each.
    mutating func append<Line: Collection>(_ line: Line) where Line.Element == UInt8 {
        guard lost == 0 || count <= limit / 2 else {
            lost += 1
            return
        }
        noticeLoss()
        guard count + line.count <= limit else {
            lost += 1
            return
        }
        compact()
        bytes.append(contentsOf: line)
    }

    /// Adds what must not be torn off: the rest of a line already begun.
    mutating func appendAlways(_ rest: some Collection<UInt8>) {
        compact()
        bytes.append(contentsOf: rest)
    }

    /// Says how many lines were lost, if any.
    mutating func noticeLoss() {
        guard lost > 0 else { return }
        compact()
        bytes.append(contentsOf: encoder.encode(.dropped(count: lost)))
        lost = 0
    }

    /// Counts lines as lost that never came here.
    mutating func addLost(_ count: Int) { lost += count }

    /// Gives the waiting bytes to `write`, which returns how many of them it took.
    mutating func take(_ write: (UnsafeRawBufferPointer) -> Int) -> Int {
        guard !isEmpty else { return 0 }
        let taken = bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[head...])) }
        head += max(0, min(taken, count))
        if isEmpty {
            bytes.removeAll(keepingCapacity: true)
            head = 0
        }
        return taken
    }

    /// Removes the first line and returns it, with its newline; empty where none waits.
    mutating func takeLine() -> [UInt8] {
        var line: [UInt8] = []
        _ = take { bytes in
            let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1
            line = Array(bytes[...end])
            return line.count
        }
        return line
    }

    private mutating func compact() {
        guard head > limit / 4 else { return }
        bytes.removeSubrange(..<head)
        head = 0
    }
}
