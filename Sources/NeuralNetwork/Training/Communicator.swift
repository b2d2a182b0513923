/// Processes that train one network together, each with a part of every batch. Named as MPI names them: a process is a
/// rank, counted from 0.
///
/// All ranks make the same calls in the same order, from one thread each. A call that another rank does not answer in time
/// does not return: whoever implements this ends the process, and says who was missing.
package protocol Communicator: AnyObject {
    /// This process's number.
    var rank: Int { get }
    /// How many there are.
    var size: Int { get }
    /// Replaces numbers by their sums over all ranks, added in the ranks' order: the same bits on each, and on every run.
    func sum(_ values: inout [Float])
    /// The same in double precision.
    func sum(_ values: inout [Double])
    /// What each rank gives, in the ranks' order.
    func gather(_ bytes: [UInt8]) -> [[UInt8]]
    /// Begins what ``sum(_:)`` does, while this rank goes on with something else: a tensor's elements are the sums, and may
    /// be touched again, after ``finishSums()``. Each rank begins the same ones in the same order.
    func beginSum(_ tensor: Tensor)
    /// Does without waiting what can be done by now for the sums that were begun.
    func advanceSums()
    /// Waits for the sums that were begun.
    func finishSums()
}

extension Communicator {
    /// Sums at once, where nothing can go on beside.
    package func beginSum(_ tensor: Tensor) {
        var elements = tensor.elements
        sum(&elements)
        tensor.elements = elements
    }

    /// Nothing is on its way.
    package func advanceSums() {}

    /// Nothing is on its way.
    package func finishSums() {}

    /// The numbers of one part out of as many as there are ranks, for the chunk that a rank adds up.
    package func part(_ rank: Int, of count: Int) -> Range<Int> {
        count * rank / size..<count * (rank + 1) / size
    }
}

/// A batch of which each rank has a part: whole pairs of an image and its partner, as far from the end as the other is
/// from the start, so that mixing needs no other rank's images.
package struct SharedBatch: Sendable, Equatable {
    /// Images of the whole batch.
    package let total: Int
    /// This rank's images of the first half.
    package let firsts: Range<Int>
    /// Whether it has the one in the middle, which has no partner.
    package let hasMiddle: Bool

    /// The part of one rank; nil where there are fewer pairs than ranks, so that each rank has to take all of it.
    package init?(total: Int, rank: Int, size: Int) {
        guard size > 0, (0..<size).contains(rank), total / 2 >= size else { return nil }
        self.total = total
        firsts = total / 2 * rank / size..<total / 2 * (rank + 1) / size
        hasMiddle = total % 2 == 1 && rank == size - 1
    }

    /// Images of this rank.
    package var count: Int { 2 * firsts.count + (hasMiddle ? 1 : 0) }

    /// The place in the whole batch of this rank's image at a place: the first half's, the middle one, the partners in
    /// their order.
    package func place(_ own: Int) -> Int {
        if own < firsts.count { return firsts.lowerBound + own }
        if hasMiddle, own == firsts.count { return total / 2 }
        // The partner of the image as far from this rank's start as this one is from its end.
        return total - 1 - (firsts.lowerBound + count - 1 - own)
    }
}
