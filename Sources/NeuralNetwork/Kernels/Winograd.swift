import CKernels

/// Winograd's minimal filtering for 3×3 convolutions of maps of one size (Lavin and Gray, 2016).
///
/// A map is cut into tiles; each tile's transform is spread over `positions` matrices, and at each position a matrix
/// product over the channels takes the convolution's place. Channels are a multiple of 8.
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

    init(_ kernels: winograd_kernels, _ height: Int, _ width: Int) {
        self.kernels = kernels
        self.height = height
        self.width = width
        tiles = ((height + kernels.tile - 1) / kernels.tile) * ((width + kernels.tile - 1) / kernels.tile)
    }

    /// Transforms a kernel `[3, 3, in, out]` into `positions` matrices `[in, out]`.
    func weights(_ kernel: Span<Float>, inputs: Int, outputs: Int, into target: inout MutableSpan<Float>) {
        precondition(inputs % 8 == 0 && outputs % 8 == 0)
        check(kernel, from: 0, 9 * inputs * outputs)
        check(target, from: 0, positions * inputs * outputs)
        kernels.weights(kernel.address(), inputs, outputs, target.address(), nil)
    }

    /// Transforms one map `[height, width, channels]` into `positions` matrices `[tiles, channels]`.
    func input(_ map: Span<Float>, channels: Int, into target: inout MutableSpan<Float>) {
        precondition(channels % 8 == 0)
        check(map, from: 0, height * width * channels)
        check(target, from: 0, positions * tiles * channels)
        kernels.input(map.address(), 1, height, width, channels, target.address())
    }

    /// Transforms the products, `positions` matrices `[tiles, channels]`, into one map, and adds to it the bias, the
    /// residual where one is given, and a ReLU where asked.
    func output(
        _ products: Span<Float>, channels: Int, bias: Span<Float>, residual: Span<Float>?, relu: Bool,
        into map: inout MutableSpan<Float>
    ) {
        precondition(channels % 8 == 0 && bias.count == channels)
        check(products, from: 0, positions * tiles * channels)
        check(map, from: 0, height * width * channels)
        if let residual { check(residual, from: 0, height * width * channels) }
        kernels.output(
            products.address(), 1, height, width, channels, bias.address(), residual?.address(), relu,
            map.address())
    }
}
