#if MPI
import CMPI
import Glibc
import NeuralNetwork
import System

/// The processes that one `mpirun` started, as MPI 3.1 joins them. Used from one thread.
///
/// Sums are made of messages from rank to rank, not by `MPI_Allreduce`, whose order of additions is the
/// implementation's: each rank adds one part in the ranks' order and sends it to all. That takes as many bytes as the
/// best algorithm of a library (Rabenseifner, 2004), and every wait knows who is missing and has a deadline.
package final class MPICommunicator: Communicator {
    /// This process's number, counted from 0.
    package let rank: Int
    /// How many there are.
    package let size: Int
    /// How long another rank may take to answer, in seconds.
    package var patience: Double
    private let onLoss: @Sendable (String) -> Never
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)

    /// Messages up to this many bytes go to all at once: one wait instead of two.
    private static let smallest = 65_536

    /// A message on its way.
    struct Pending {
        var request: MPI_Request?
        var peer: Int
    }

    private var pending: [Pending] = []

    /// The sums that go on beside other work.
    var sums: [Sum] = []
    /// Memory of the sums of a step, the first's first, used again in the next one.
    var rooms: [UnsafeMutableRawBufferPointer] = []
    /// How many were begun since the last end.
    var begun = 0

    /// Joins the others.
    ///
    /// - Parameters:
    ///   - joining: how long the others may take to join, in seconds: MPI itself waits for them without an end.
    ///   - patience: how long another rank may take to answer, in seconds.
    ///   - onLoss: told, in one line, why it can't go on: who did not answer, or what MPI says. Ends the process.
    package init(joining: Double, patience: Double, onLoss: @escaping @Sendable (String) -> Never) {
        let joined = Cancellation()
        defer { joined.raise() }
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-joining") {
                guard joined.sleep(seconds: joining) else { return }
                onLoss(
                    "not all that mpirun started have joined in \(Int(joining)) s: each must be "
                        + "the same 'raut train' or 'raut search'")
            }
        } catch {
            onLoss("MPI does not start: no thread: \(error)")
        }
        var (rank, size): (Int32, Int32) = (0, 1)
        for result in [cmpi_start(), cmpi_rank(&rank), cmpi_size(&size)] where result != cmpi_success() {
            onLoss("MPI does not start: \(Self.reason(result))")
        }
        (self.rank, self.size) = (Int(rank), Int(size))
        self.patience = patience
        self.onLoss = onLoss
    }

    deinit {
        memory.deallocate()
        for room in rooms { room.deallocate() }
    }

    /// Leaves, once all others do: what is sent is sent.
    package func finish() { MPI_Finalize() }

    /// Ends all ranks at once; those that have not joined are ended by mpirun, once this process is.
    package static func abort() { _ = cmpi_abort(1) }

    /// Replaces numbers by their sums over all ranks, added in the ranks' order.
    package func sum(_ values: inout [Float]) { add(&values) }

    /// The same in double precision.
    package func sum(_ values: inout [Double]) { add(&values) }

    /// What each rank gives, in the ranks' order.
    package func gather(_ bytes: [UInt8]) -> [[UInt8]] {
        var counts = [Double](repeating: 0, count: size)
        counts[rank] = Double(bytes.count)
        sum(&counts)
        var all = counts.map { [UInt8](repeating: 0, count: Int(exactly: $0) ?? 0) }
        all[rank] = bytes
        reserve(all.reduce(0) { $0 + $1.count })
        var start = 0
        for peer in 0..<size where peer != rank {
            receive(memory[start..<start + all[peer].count], from: peer)
            start += all[peer].count
        }
        bytes.withUnsafeBytes { own in
            for peer in 0..<size where peer != rank { send(own[...], to: peer) }
            wait()
        }
        start = 0
        for peer in 0..<size where peer != rank {
            all[peer].withUnsafeMutableBytes { target in
                target.copyMemory(from: .init(rebasing: memory[start..<start + target.count]))
            }
            start += all[peer].count
        }
        return all
    }

    /// Adds the ranks' numbers in the ranks' order.
    private func add<Number: AdditiveArithmetic & BitwiseCopyable>(_ values: inout [Number]) {
        guard size > 1, !values.isEmpty else { return }
        let stride = MemoryLayout<Number>.stride
        values.withUnsafeMutableBytes { bytes in
            if bytes.count <= Self.smallest {
                reserve(bytes.count * size)
                for peer in 0..<size where peer != rank {
                    receive(memory[peer * bytes.count..<(peer + 1) * bytes.count], from: peer)
                }
                for peer in 0..<size where peer != rank {
                    send(UnsafeRawBufferPointer(bytes)[...], to: peer)
                }
                wait()
                addUp(Number.self, into: bytes[...], from: memory)
                return
            }
            func range(_ peer: Int) -> Range<Int> { part(peer, ofBytes: bytes.count, stride: stride) }
            let own = range(rank)
            reserve(own.count * size)
            for peer in 0..<size where peer != rank {
                receive(memory[peer * own.count..<(peer + 1) * own.count], from: peer)
            }
            for peer in 0..<size where peer != rank {
                send(UnsafeRawBufferPointer(bytes)[range(peer)], to: peer)
            }
            wait()
            addUp(Number.self, into: bytes[own], from: memory)
            for peer in 0..<size where peer != rank { receive(bytes[range(peer)], from: peer) }
            for peer in 0..<size where peer != rank { send(UnsafeRawBufferPointer(bytes)[own], to: peer) }
            wait()
        }
    }

    /// Adds what came from the others to this rank's own numbers, all in the ranks' order.
    func addUp<Number: AdditiveArithmetic & BitwiseCopyable>(
        _: Number.Type, into own: Slice<UnsafeMutableRawBufferPointer>,
        from others: UnsafeMutableRawBufferPointer
    ) {
        let own = UnsafeMutableRawBufferPointer(rebasing: own).bindMemory(to: Number.self)
        let others = others.bindMemory(to: Number.self)
        for index in own.indices {
            var total = Number.zero
            for peer in 0..<size {
                total += peer == rank ? own[index] : others[peer * own.count + index]
            }
            own[index] = total
        }
    }

    /// The bytes of the numbers that a rank adds up.
    func part(_ rank: Int, ofBytes count: Int, stride: Int) -> Range<Int> {
        let part = part(rank, of: count / stride)
        return part.lowerBound * stride..<part.upperBound * stride
    }

    // MARK: Messages

    private func reserve(_ count: Int) {
        guard memory.count < count else { return }
        memory.deallocate()
        memory = .allocate(byteCount: count, alignment: 64)
    }

    private func send(_ bytes: Slice<UnsafeRawBufferPointer>, to peer: Int) {
        pending.append(send(bytes, to: peer, tag: 1))
    }

    private func receive(_ bytes: Slice<UnsafeMutableRawBufferPointer>, from peer: Int) {
        pending.append(receive(bytes, from: peer, tag: 1))
    }

    func send(_ bytes: Slice<UnsafeRawBufferPointer>, to peer: Int, tag: Int32) -> Pending {
        guard let count = Int32(exactly: bytes.count) else { fail("a message of \(bytes.count) bytes") }
        var message = Pending(peer: peer)
        let start = UnsafeRawBufferPointer(rebasing: bytes).baseAddress
        check(cmpi_send(start, count, Int32(peer), tag, &message.request))
        return message
    }

    func receive(
        _ bytes: Slice<UnsafeMutableRawBufferPointer>, from peer: Int, tag: Int32
    ) -> Pending {
        guard let count = Int32(exactly: bytes.count) else { fail("a message of \(bytes.count) bytes") }
        var message = Pending(peer: peer)
        let start = UnsafeMutableRawBufferPointer(rebasing: bytes).baseAddress
        check(cmpi_receive(start, count, Int32(peer), tag, &message.request))
        return message
    }

    /// Takes away the messages that have come or gone.
    func drop(_ messages: inout [Pending]) {
        messages.removeAll { message in
            var request = message.request
            var done: Int32 = 0
            check(cmpi_test(&request, &done))
            return done != 0
        }
    }

    /// Waits until every message of a sum that nothing goes on beside has come or gone.
    private func wait() {
        wait {
            drop(&pending)
            return pending
        }
    }

    /// Waits until nothing is missing; what was begun beside goes on meanwhile.
    func wait(untilNoneOf missing: () -> [Pending]) {
        let deadline = Deadline.after(patience)
        var rounds = 0
        while true {
            advanceSums()
            let pending = missing()
            if pending.isEmpty { return }
            rounds += 1
            // At first the answer is a matter of microseconds; then the core is somebody else's.
            if rounds > 20_000 { usleep(100) } else if rounds > 100 { sched_yield() }
            if rounds % 64 == 0, deadline.isOver {
                let names = Set(pending.map(\.peer)).sorted().map(String.init).joined(separator: ", ")
                fail("rank \(names) has not answered for \(Int(patience)) s")
            }
        }
    }

    private func check(_ result: Int32) {
        if result != cmpi_success() { fail("MPI: \(Self.reason(result))") }
    }

    private func fail(_ reason: String) -> Never { onLoss("rank \(rank): \(reason)") }

    private static func reason(_ result: Int32) -> String {
        var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING))
        var count: Int32 = 0
        guard MPI_Error_string(result, &text, &count) == cmpi_success() else { return "error \(result)" }
        return String(decoding: text.prefix(Int(count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }
}
#endif
