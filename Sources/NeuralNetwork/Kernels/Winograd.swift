import CKernels

/// Winograd's minimal filtering for 3×3 convolutions of maps of one size (Lavin and Gray, 2016).
///
/// A map is cut into tiles; each tile's transform is spread over `positions` matrices, and at each position a matrix
/// product over the channels takes the convolution's place. Channels are a multiple of 8. Maps lie one after another;
/// `from` and `at` count floats.
struct Winograd {
    private let kernels: winograd_kernels
    /// Rows of the map.
    let height: Int
    /// Columns of the map.
    let width: Int
    /// Tiles of a map.
    let tiles: Int
    /// Matrices that a transform is spread over.
    var positions: Int { kernels.positions }

    /// Floats from one of a transform's matrices `[rows, columns]` to the next.
    func plane(_ rows: Int, _ columns: Int) -> Int { winograd_plane(rows, columns) }

    /// Floats of a transform: `positions` matrices `[rows, columns]`, each ``plane(_:_:)`` behind the one before.
    func count(_ rows: Int, _ columns: Int) -> Int { positions * plane(rows, columns) }

    init(_ kernels: winograd_kernels, _ height: Int, _ width: Int) {
        self.kernels = kernels
        self.height = height
        self.width = width
        tiles = ((height + kernels.tile - 1) / kernels.tile) * ((width + kernels.tile - 1) / kernels.tile)
    }

    /// Transforms a kernel `[3, 3, in, out]` into `positions` matrices `[in, out]`, and where given into their transposes
    /// `[out, in]`, all in panels of so many columns; those inputs alone that a range of eights names.
    func weights(
        _ kernel: Span<Float>, inputs: Int, outputs: Int, eights: Range<Int>? = nil, panel: Int,
        into target: inout MutableSpan<Float>, transposed: Tensor? = nil
    ) {
        precondition(panel > 0 && panel % 8 == 0)
        let part = eights ?? 0..<inputs / 8
        checkWeights(kernel.count, min(target.count, transposed?.count ?? .max), inputs, outputs, part)
        var turned = transposed?.mutableSpan
        kernels.weights(
            kernel.address(), inputs, outputs, 8 * part.lowerBound, 8 * part.upperBound, panel,
            target.address(), turned?.address())
    }

    /// Sets the gradient for a kernel from that for its transform: the adjoint of ``weights``; for those inputs alone that
    /// a range of eights names.
    func weightsAdjoint(
        _ gradient: Span<Float>, inputs: Int, outputs: Int, eights: Range<Int>,
        into target: inout MutableSpan<Float>
    ) {
        checkWeights(target.count, gradient.count, inputs, outputs, eights)
        kernels.weights_adjoint(
            gradient.address(), inputs, outputs, 8 * eights.lowerBound, 8 * eights.upperBound,
            target.address())
    }

    /// Transforms maps `[images, height, width, channels]` into `positions` matrices `[images · tiles, channels]`.
    func input(
        _ map: Span<Float>, from start: Int = 0, images: Int = 1, channels: Int,
        into target: inout MutableSpan<Float>
    ) {
        checkMaps(images, channels)
        check(map, from: start, images * height * width * channels)
        check(target, from: 0, count(images * tiles, channels))
        kernels.input(map.address(start), images, height, width, channels, target.address())
    }

    /// The same of what a normalisation with ReLU would make of the maps: the maximum of 0 and map · scale + shift.
    func input(
        _ map: Span<Float>, scale: Span<Float>, shift: Span<Float>, from start: Int, images: Int,
        into target: inout MutableSpan<Float>
    ) {
        let channels = scale.count
        checkMaps(images, channels)
        precondition(shift.count == channels)
        check(map, from: start, images * height * width * channels)
        check(target, from: 0, count(images * tiles, channels))
        kernels.activated_input(
            map.address(start), images, height, width, channels, scale.address(), shift.address(),
            target.address())
    }

    /// Sets the gradient for maps from that for their transforms: the adjoint of ``input``.
    func inputAdjoint(
        _ gradient: Span<Float>, images: Int, channels: Int, into map: inout MutableSpan<Float>,
        at start: Int
    ) {
        checkMaps(images, channels)
        check(gradient, from: 0, count(images * tiles, channels))
        check(map, from: start, images * height * width * channels)
        kernels.input_adjoint(gradient.address(), images, height, width, channels, map.address(start))
    }

    /// Transforms the products, `positions` matrices `[images · tiles, channels]`, into maps, and adds to them the bias
    /// and the residual where they are given, and a ReLU where asked.
    func output(
        _ products: Span<Float>, images: Int = 1, channels: Int, bias: Span<Float>?, residual: Span<Float>?,
        relu: Bool, into map: inout MutableSpan<Float>, at start: Int = 0
    ) {
        checkMaps(images, channels)
        check(products, from: 0, count(images * tiles, channels))
        check(map, from: start, images * height * width * channels)
        if let bias { precondition(bias.count == channels) }
        if let residual { check(residual, from: 0, images * height * width * channels) }
        kernels.output(
            products.address(), images, height, width, channels, bias?.address(), residual?.address(), relu,
            map.address(start))
    }

    /// Transforms the gradient for maps: the adjoint of ``output`` without its extras.
    func outputAdjoint(
        _ gradient: Span<Float>, from start: Int, images: Int, channels: Int,
        into target: inout MutableSpan<Float>
    ) {
        checkMaps(images, channels)
        check(gradient, from: start, images * height * width * channels)
        check(target, from: 0, count(images * tiles, channels))
        kernels.output_adjoint(gradient.address(start), images, height, width, channels, target.address())
    }

    private func checkMaps(_ images: Int, _ channels: Int) { precondition(images > 0 && channels % 8 == 0) }

    private func checkWeights(
        _ kernel: Int, _ transform: Int, _ inputs: Int, _ outputs: Int, _ eights: Range<Int>
    ) {
        precondition(inputs % 8 == 0 && outputs % 8 == 0)
        precondition(eights.lowerBound >= 0 && eights.upperBound <= inputs / 8)
        precondition(kernel >= 9 * inputs * outputs && transform >= count(inputs, outputs))
    }
}
