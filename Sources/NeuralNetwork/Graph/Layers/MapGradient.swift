/// The gradient for a map: whole, or still to be made of what lies behind it.
///
/// A large map's gradient leaves the cache before the next layer asks for it. A layer that works on some images at a time makes
/// theirs in the cache instead, and the whole is never written.
enum MapGradient {
    /// As it lies in memory.
    case whole(Tensor)
    /// Made for some images when they are needed, each once; the first of them goes to the target's begin.
    case pending(shape: [Int], fill: (_ images: Range<Int>, _ target: inout MutableSpan<Float>) -> Void)

    /// All of it; made now where it was not.
    func tensor(_ execution: Execution) -> Tensor {
        switch self {
        case .whole(let tensor): return tensor
        case .pending(let shape, let fill):
            let tensor = execution.tensor(shape)
            let image = tensor.count / max(1, shape[0])
            execution.pool.split(shape[0]) { _, images in
                var target = tensor.mutableSpan(images.lowerBound * image..<images.upperBound * image)
                fill(images, &target)
            }
            return tensor
        }
    }
}
