/// The inputs under a convolution's kernel, laid out for a matrix product (im2col).
enum ImageColumns {
    /// Fills `[width, kernel · kernel · channels]` for one row of pixels of an image `[height, width, channels]`, zeros
    /// beyond the border.
    static func fill(
        _ target: UnsafeMutablePointer<Float>, from image: UnsafePointer<Float>, height: Int, width: Int,
        channels: Int, kernelSize: Int, row: Int
    ) {
        let reach = kernelSize / 2
        let taps = kernelSize * kernelSize * channels
        for ky in 0..<kernelSize {
            let sourceY = row + ky - reach
            let line = image + sourceY * width * channels
            for kx in 0..<kernelSize {
                let first = target + (ky * kernelSize + kx) * channels
                for column in 0..<width {
                    let sourceX = column + kx - reach
                    let place = first + column * taps
                    if sourceY >= 0, sourceY < height, sourceX >= 0, sourceX < width {
                        for channel in 0..<channels { place[channel] = line[sourceX * channels + channel] }
                    } else {
                        for channel in 0..<channels { place[channel] = 0 }
                    }
                }
            }
        }
    }
}
