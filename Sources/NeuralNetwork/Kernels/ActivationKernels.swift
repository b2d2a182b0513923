import CKernels

/// Maps before what follows their normalisation: one, or the two branches that a residual block joins.
struct ActivationMaps {
    /// A map `[batch, channels, height, width]` and each channel's scale.
    struct Branch {
        let map: Tensor
        let scale: Tensor
    }

    let first: Branch
    let second: Branch?
    /// Each channel's shift, of both branches together.
    let shift: Tensor
    /// Whether the maximum of each 2×2 window follows the ReLU.
    let pools: Bool

    var channels: Int { shift.count }
    /// Rows and columns of what a part has: an image where windows count, else a pixel.
    private var size: (height: Int, width: Int) {
        pools ? (first.map.shape[1], first.map.shape[2]) : (1, 1)
    }
    /// How many parts threads can share: images where windows count, else pixels.
    var parts: Int { pools ? first.map.shape[0] : first.map.count / channels }
    /// What comes of them.
    var outputShape: [Int] {
        pools ? [parts, size.height / 2, size.width / 2, channels] : first.map.shape
    }

    /// Floats of so many parts, before and after the maximum of windows.
    fileprivate func floats(_ parts: Int) -> (before: Int, after: Int) {
        let before = parts * size.height * size.width * channels
        return (before, pools ? before / 4 : before)
    }

    /// The gradients for the branches' maps, made some images at a time, as ``Kernels/activationGradient`` does it; the second
    /// branch's goes to `second` with the first's.
    func pendingGradient(
        _ gradient: Tensor, factors: Tensor, second: Tensor?, _ execution: Execution
    ) -> MapGradient {
        let image = parts / max(1, first.map.shape[0])
        return .pending(shape: first.map.shape) { images, target in
            execution.kernels.activationGradient(
                self, gradient.span, images.lowerBound * image..<images.upperBound * image,
                factors: factors.span, first: &target, at: 0, second: second)
        }
    }

    /// Hands some parts to a kernel as if they were one image, the parts below each other.
    fileprivate func withMaps(_ part: Range<Int>, _ body: (UnsafePointer<activation_maps>) -> Void) {
        let (start, count) = (floats(part.lowerBound).before, floats(part.count).before)
        precondition(!pools || size.height % 2 == 0 && size.width % 2 == 0)
        check(first.map.span, from: start, count)
        if let second { check(second.map.span, from: start, count) }
        precondition(first.scale.count == channels && second.map { $0.scale.count == channels } ?? true)
        var maps = activation_maps(
            x: first.map.span.address(start), z: second?.map.span.address(start),
            scale: first.scale.span.address(), scale_z: second?.scale.span.address(),
            shift: shift.span.address(), height: part.count * size.height, width: size.width,
            channels: channels, pools: pools)
        body(&maps)
    }
}

extension Kernels {
    /// `target` = the maximum of 0 and the normalised sum of the branches, or of that the maximum of windows, in some parts.
    func activation(_ maps: ActivationMaps, _ part: Range<Int>, into target: inout MutableSpan<Float>) {
        let start = maps.floats(part.lowerBound).after
        check(target, from: start, maps.floats(part.count).after)
        let address = target.address(start)
        maps.withMaps(part) { table.pointee.activation($0, address) }
    }

    /// With g the gradient that reaches a value, adds over some parts each channel's sums of g and of g · value of each
    /// branch to `sums`: `[2, channels]`, or `[3, channels]` with two branches.
    func activationSums(
        _ maps: ActivationMaps, _ gradient: Span<Float>, _ part: Range<Int>,
        into sums: inout MutableSpan<Double>
    ) {
        let start = maps.floats(part.lowerBound).after
        check(gradient, from: start, maps.floats(part.count).after)
        precondition(sums.count >= (maps.second == nil ? 2 : 3) * maps.channels)
        let (from, address) = (gradient.address(start), sums.address(0))
        maps.withMaps(part) { table.pointee.activation_sums($0, from, address) }
    }

    /// The gradients for the branches' maps in some parts: g · scale + value · factor + constant.
    ///
    /// - Parameters:
    ///   - factors: `[2, channels]` for each branch, factor and constant.
    ///   - place: Where the first part's gradient goes in `first`, where it is not where the part lies in the map.
    func activationGradient(
        _ maps: ActivationMaps, _ gradient: Span<Float>, _ part: Range<Int>, factors: Span<Float>,
        first: inout MutableSpan<Float>, at place: Int? = nil, second: Tensor?
    ) {
        let (start, count) = (maps.floats(part.lowerBound), maps.floats(part.count))
        check(gradient, from: start.after, count.after)
        check(first, from: place ?? start.before, count.before)
        precondition((second == nil) == (maps.second == nil))
        precondition(factors.count >= (second == nil ? 2 : 4) * maps.channels)
        var other = second?.mutableSpan(start.before..<start.before + count.before)
        let (from, slopes) = (gradient.address(start.after), factors.address())
        let (one, two) = (first.address(place ?? start.before), other?.address())
        maps.withMaps(part) { table.pointee.activation_gradient($0, from, slopes, one, two) }
    }
}
