extension Kernels {
    /// `target` = max(0, `first` + `second`), element by element, in some elements.
    func addReLU(
        _ first: Span<Float>, _ second: Span<Float>, _ range: Range<Int>,
        into target: inout MutableSpan<Float>
    ) {
        check(first, from: range.lowerBound, range.count)
        check(second, from: range.lowerBound, range.count)
        check(target, from: range.lowerBound, range.count)
        table.pointee.add_relu(
            first.address(range.lowerBound), second.address(range.lowerBound), range.count,
            target.address(range.lowerBound))
    }

    /// `target` = the gradient where `output` is positive, else 0, in some elements.
    func reluGradient(
        _ gradient: Span<Float>, output: Span<Float>, _ range: Range<Int>,
        into target: inout MutableSpan<Float>
    ) {
        check(gradient, from: range.lowerBound, range.count)
        check(output, from: range.lowerBound, range.count)
        check(target, from: range.lowerBound, range.count)
        table.pointee.relu_gradient(
            gradient.address(range.lowerBound), output.address(range.lowerBound), range.count,
            target.address(range.lowerBound))
    }

    /// The maximum of each 2×2 window, stride 2, of one image.
    func maxPool(
        _ map: Span<Float>, image: Int = 0, height: Int, width: Int, channels: Int,
        into target: inout MutableSpan<Float>
    ) {
        let (large, small) = (height * width * channels, (height / 2) * (width / 2) * channels)
        check(map, from: image * large, large)
        check(target, from: image * small, small)
        table.pointee.max_pool(
            map.address(image * large), height, width, channels, target.address(image * small))
    }

    /// Each gradient goes to the first of its window's equal maxima; a last odd row or column is left as it is.
    func maxPoolGradient(
        _ gradient: Span<Float>, input: Span<Float>, output: Span<Float>, image: Int, height: Int,
        width: Int, channels: Int, into target: inout MutableSpan<Float>
    ) {
        let (large, small) = (height * width * channels, (height / 2) * (width / 2) * channels)
        check(gradient, from: image * small, small)
        check(input, from: image * large, large)
        check(output, from: image * small, small)
        check(target, from: image * large, large)
        table.pointee.max_pool_gradient(
            input.address(image * large), output.address(image * small), gradient.address(image * small),
            height, width, channels, target.address(image * large))
    }

    /// Adam's step for some elements of one parameter, with decoupled decay (Loshchilov and Hutter, 2019).
    func adam(
        _ value: inout MutableSpan<Float>, gradient: Span<Float>, first: inout MutableSpan<Float>,
        second: inout MutableSpan<Float>, _ part: Range<Int>, _ step: AdamStep
    ) {
        let start = part.lowerBound
        check(value, from: start, part.count)
        check(gradient, from: start, part.count)
        check(first, from: start, part.count)
        check(second, from: start, part.count)
        table.pointee.adam(
            part.count, value.address(start), gradient.address(start), first.address(start),
            second.address(start), step.beta1,
            step.beta2, step.rate, step.rootCorrection, step.epsilon, step.decay, step.gradientScale)
    }
}

/// The numbers of a step of Adam.
struct AdamStep {
    /// How much of the moments stays.
    let beta1, beta2: Float
    /// The learning rate, divided by the first moment's bias correction.
    let rate: Float
    /// What the root of the second moment is multiplied by against its bias.
    let rootCorrection: Float
    /// Added to the root.
    let epsilon: Float
    /// Which part of the value goes.
    let decay: Float
    /// What gradients are multiplied by.
    let gradientScale: Float
}
