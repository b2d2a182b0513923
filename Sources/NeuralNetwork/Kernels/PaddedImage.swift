/// An image with zeros around it, in which the pixels under a convolution's kernel lie at the same offsets from each
/// pixel: a matrix product gathers them from there, and none is copied more than once (indirect convolution, Dukhan,
/// 2019).
struct PaddedImage: Sendable {
    let height: Int
    let width: Int
    let channels: Int
    let kernelSize: Int

    private var reach: Int { kernelSize / 2 }
    /// Floats of a padded row.
    private var line: Int { (width + 2 * reach) * channels }
    /// Floats of the padded image.
    var count: Int { (height + 2 * reach) * line }
    /// Inputs under the kernel.
    var taps: Int { kernelSize * kernelSize * channels }

    /// Where each input under the kernel lies, from the first one on, in the order of a convolution's weight.
    var offsets: [Int] {
        (0..<kernelSize).flatMap { ky in
            (0..<kernelSize * channels).map { ky * line + $0 }
        }
    }

    /// The first input under the kernel for the first pixel of a row; the next pixel's lies `channels` after.
    func start(row: Int) -> Int { row * line }

    /// Copies an image `[height, width, channels]`, which begins at a place of `source`, into a padded one.
    func fill(_ target: inout MutableSpan<Float>, from source: Span<Float>, at start: Int = 0) {
        check(target, from: 0, count)
        check(source, from: start, height * width * channels)
        guard let target = target.address(), let image = source.address(start) else { return }
        let (edge, size) = (reach * channels, width * channels)
        target.update(repeating: 0, count: reach * line)
        for row in 0..<height {
            let place = target + (row + reach) * line
            place.update(repeating: 0, count: edge)
            (place + edge).update(from: image + row * size, count: size)
            (place + edge + size).update(repeating: 0, count: edge)
        }
        (target + (height + reach) * line).update(repeating: 0, count: reach * line)
    }
}
