/// The lines that a reader has not taken yet, bounded: what does not fit is lost and counted, in whole lines. Of first
/// lines that are lost the newest is kept, and follows the count: without it, later boxes would be in unknown pixels.
struct LineBacklog: Sendable {
    /// Bytes that may wait.
    let limit: Int
    private var bytes: [UInt8] = []
    private var head = 0
    private var lost = 0
    private var lostHello: [UInt8] = []
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
        guard lost == 0 || count <= limit / 2 else { return lose(line) }
        noticeLoss()
        guard count + line.count <= limit else { return lose(line) }
        compact()
        bytes.append(contentsOf: line)
    }

    private mutating func lose(_ line: some Collection<UInt8>) {
        if EventEncoder.isHello(line) { lostHello = Array(line) } else { lost += 1 }
    }

    /// Adds the rest of a line that was sent in part, whatever the limit.
    mutating func appendAlways(_ rest: some Collection<UInt8>) {
        compact()
        bytes.append(contentsOf: rest)
    }

    /// Says how many lines were lost, if any.
    mutating func noticeLoss() {
        guard lost > 0 || !lostHello.isEmpty else { return }
        compact()
        if lost > 0 { bytes.append(contentsOf: encoder.encode(.dropped(count: lost))) }
        bytes.append(contentsOf: lostHello)
        lostHello.removeAll()
        lost = 0
    }

    /// Counts lines that were lost before they came here; `hello` is the newest first line among them, or
    /// empty.
    mutating func addLost(_ count: Int, hello: [UInt8]) {
        lost += count
        if !hello.isEmpty { lostHello = hello }
    }

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
