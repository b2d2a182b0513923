#if MPI
import NeuralNetwork

// Sums of gradients that go on while the backward pass does.

extension MPICommunicator {
    /// A sum that goes on beside other work.
    struct Sum {
        let tensor: Tensor
        /// What the other ranks give for the part that this one adds up.
        let room: UnsafeMutableRawBufferPointer
        /// Its messages' tag; the next number is that of the sums themselves.
        let tag: Int32
        var pending: [Pending] = []
        /// Whether this rank's part is added up and on its way.
        var isAdded = false
    }

    /// Sends the others their parts, and awaits theirs of this rank's.
    package func beginSum(_ tensor: Tensor) {
        guard size > 1, tensor.count > 0 else { return }
        let bytes = Self.bytes(of: tensor)
        func range(_ peer: Int) -> Range<Int> { part(peer, ofBytes: bytes.count, stride: 4) }
        let own = range(rank)
        if begun == rooms.count { rooms.append(.allocate(byteCount: 0, alignment: 64)) }
        if rooms[begun].count < own.count * size {
            rooms[begun].deallocate()
            rooms[begun] = .allocate(byteCount: own.count * size, alignment: 64)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: rooms[begun][..<(own.count * size)])
        var sum = Sum(tensor: tensor, room: room, tag: Int32(2 + 2 * begun))
        for peer in others {
            sum.pending.append(
                receive(sum.room[peer * own.count..<(peer + 1) * own.count], from: peer, tag: sum.tag))
            sum.pending.append(send(UnsafeRawBufferPointer(bytes)[range(peer)], to: peer, tag: sum.tag))
        }
        sums.append(sum)
        begun += 1
    }

    /// Looks which messages have come, adds up what is complete, and sends it to all.
    package func advanceSums() {
        for index in sums.indices {
            drop(&sums[index].pending)
            guard sums[index].pending.isEmpty, !sums[index].isAdded else { continue }
            let bytes = Self.bytes(of: sums[index].tensor)
            func range(_ peer: Int) -> Range<Int> { part(peer, ofBytes: bytes.count, stride: 4) }
            addUp(Float.self, into: bytes[range(rank)], from: sums[index].room)
            sums[index].isAdded = true
            let tag = sums[index].tag + 1
            for peer in others {
                sums[index].pending.append(receive(bytes[range(peer)], from: peer, tag: tag))
                sums[index].pending.append(
                    send(UnsafeRawBufferPointer(bytes)[range(rank)], to: peer, tag: tag))
            }
        }
        sums.removeAll { $0.isAdded && $0.pending.isEmpty }
    }

    /// Waits until all ranks have all sums.
    package func finishSums() {
        wait { sums.flatMap(\.pending) }
        begun = 0
    }

    /// The other ranks.
    private var others: [Int] { (0..<size).filter { $0 != rank } }

    /// A tensor's memory, which stays where it is while the tensor lives: a sum that goes on holds on to it.
    private static func bytes(of tensor: Tensor) -> UnsafeMutableRawBufferPointer {
        var elements = tensor.mutableSpan
        return elements.withUnsafeMutableBytes { $0 }
    }
}
#endif
