import Capture

/// A frame that several threads look at: filled by the capture thread while nobody else has it, read by all after.
package final class SharedFrame: @unchecked Sendable {
    // Sendable unchecked: `FramePool` hands out for filling only what nobody else refers to.
    /// The frame; never changed while anybody else refers to it.
    package fileprivate(set) var frame = Frame()

    fileprivate init() {}
}

/// Frames used again as soon as nobody looks at them any more, so that capture allocates only at the beginning.
package struct FramePool {
    private var frames: [SharedFrame] = []

    package init() {}

    /// Fills a free frame by `fill` and returns it, or nil where `fill` says that there is none.
    package mutating func next(
        _ fill: (inout Frame) throws(CaptureError) -> Bool
    ) throws(CaptureError) -> SharedFrame? {
        let index = freeIndex()
        guard try fill(&frames[index].frame) else { return nil }
        return frames[index]
    }

    /// How many frames there are.
    package var count: Int { frames.count }

    private mutating func freeIndex() -> Int {
        for index in frames.indices where isKnownUniquelyReferenced(&frames[index]) { return index }
        frames.append(SharedFrame())
        return frames.count - 1
    }
}
