extension Kernels {
    /// Scale and shift of each channel.
    struct Affine: ~Escapable {
        let scale: Span<Float>
        let shift: Span<Float>
        var channels: Int { scale.count }

        @_lifetime(copy scale, copy shift)
        init(scale: Span<Float>, shift: Span<Float>) {
            precondition(shift.count == scale.count)
            self.scale = scale
            self.shift = shift
        }
    }

    /// The factors of normalisation's gradient for each channel: `dx = g · gradient + x · input + constant`.
    struct GradientFactors: ~Escapable {
        let gradient: Span<Float>
        let input: Span<Float>
        let constant: Span<Float>

        @_lifetime(copy gradient, copy input, copy constant)
        init(gradient: Span<Float>, input: Span<Float>, constant: Span<Float>) {
            precondition(input.count == gradient.count && constant.count == gradient.count)
            self.gradient = gradient
            self.input = input
            self.constant = constant
        }
    }

    /// `target` = `source` · scale + shift for each channel, then ReLU where asked, in some rows.
    func scaleShift(
        _ source: Span<Float>, rows: Range<Int>, _ factors: Affine, relu: Bool,
        into target: inout MutableSpan<Float>
    ) {
        let (channels, start) = (factors.channels, rows.lowerBound * factors.channels)
        check(source, from: start, rows.count * channels)
        check(target, from: start, rows.count * channels)
        table.pointee.scale_shift(
            source.address(start), rows.count, channels, factors.scale.address(), factors.shift.address(),
            relu, target.address(start))
    }

    /// The same in place, in `rows` rows from an element on.
    func scaleShift(
        _ target: inout MutableSpan<Float>, at start: Int, rows: Int, _ factors: Affine, relu: Bool
    ) {
        check(target, from: start, rows * factors.channels)
        table.pointee.scale_shift(
            target.address(start), rows, factors.channels, factors.scale.address(), factors.shift.address(),
            relu, target.address(start))
    }

    /// Adds the sum and the sum of squares of each channel over some rows to `sums`: `[2, channels]` from a place on.
    func channelSums(
        _ source: Span<Float>, rows: Range<Int>, channels: Int, into sums: inout MutableSpan<Double>,
        at start: Int = 0
    ) {
        check(source, from: rows.lowerBound * channels, rows.count * channels)
        precondition(start >= 0 && start + 2 * channels <= sums.count)
        table.pointee.channel_sums(
            source.address(rows.lowerBound * channels), rows.count, channels, sums.address(start),
            sums.address(start + channels))
    }

    /// Adds the sum of the gradient and that of gradient · input of each channel over some rows to `sums`: `[2, channels]`
    /// from a place on.
    func normalizationSums(
        _ gradient: Span<Float>, input: Span<Float>, rows: Range<Int>, channels: Int,
        into sums: inout MutableSpan<Double>, at place: Int = 0
    ) {
        let start = rows.lowerBound * channels
        check(gradient, from: start, rows.count * channels)
        check(input, from: start, rows.count * channels)
        precondition(place >= 0 && place + 2 * channels <= sums.count)
        table.pointee.normalization_sums(
            gradient.address(start), input.address(start), rows.count, channels, sums.address(place),
            sums.address(place + channels))
    }

    /// The gradient for the input in some rows.
    func normalizationGradient(
        _ gradient: Span<Float>, input: Span<Float>, rows: Range<Int>, _ factors: GradientFactors,
        into target: inout MutableSpan<Float>
    ) {
        let channels = factors.gradient.count
        let start = rows.lowerBound * channels
        check(gradient, from: start, rows.count * channels)
        check(input, from: start, rows.count * channels)
        check(target, from: start, rows.count * channels)
        table.pointee.normalization_gradient(
            gradient.address(start), input.address(start), rows.count, channels,
            factors.gradient.address(), factors.input.address(), factors.constant.address(),
            target.address(start))
    }
}

extension MutableSpan<Double> {
    /// The address of an element, for the one call into C that it stands in; nil where there is none.
    mutating func address(_ index: Int) -> UnsafeMutablePointer<Double>? {
        withUnsafeMutableBufferPointer { $0.baseAddress.map { $0 + index } }
    }
}
