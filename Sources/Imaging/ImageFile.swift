import CTurboJPEG

/// Pictures in files: JPEG and PNG.
///
/// To read many, keep an ``ImageReader``.
package enum ImageFile {
    /// Reads a JPEG or PNG file as luma.
    package static func readGray(path: String, into image: inout GrayImage) throws(ImageError) {
        try ImageReader().readGray(path: path, into: &image)
    }

    /// Reads a JPEG or PNG file as red, green and blue.
    package static func readColor(path: String, into image: inout ColorImage) throws(ImageError) {
        try ImageReader().readColor(path: path, into: &image)
    }

    /// Writes a PNG file. It is written beside its place and renamed, so that no reader sees half of one.
    package static func writePNG(_ image: ColorImage, path: String) throws(ImageError) {
        try writePNG(image.pixels, width: image.width, height: image.height, channels: 3, path: path)
    }

    /// Writes a grey PNG file, beside its place and renamed.
    package static func writePNG(_ image: GrayImage, path: String) throws(ImageError) {
        try writePNG(image.pixels, width: image.width, height: image.height, channels: 1, path: path)
    }

    /// A grey image as the bytes of a PNG file.
    package static func encodePNG(_ image: GrayImage, name: String = "PNG") throws(ImageError) -> [UInt8] {
        switch PNG.encode(image.pixels, width: image.width, height: image.height, channels: 1) {
        case .success(let bytes): return bytes
        case .failure(let reason): throw .unwritable(path: name, reason: reason.text)
        }
    }

    /// Writes a JPEG file, beside its place and renamed; `quality` is libjpeg's, 1 to 100.
    package static func writeJPEG(_ image: ColorImage, path: String, quality: Int = 92) throws(ImageError) {
        try FileBytes.write(encodeJPEG(image, quality: quality, name: path), path)
    }

    /// Writes by the name's ending: `.jpg` or `.jpeg` as JPEG, anything else as PNG.
    package static func write(_ image: ColorImage, path: String) throws(ImageError) {
        let name = path.lowercased()
        if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
            try writeJPEG(image, path: path)
        } else {
            try writePNG(image, path: path)
        }
    }

    /// A colour image as the bytes of a JPEG file, 4:2:0 below quality 90 and 4:4:4 from there.
    package static func encodeJPEG(
        _ image: ColorImage, quality: Int = 92, name: String = "JPEG"
    ) throws(ImageError) -> [UInt8] {
        try encodeJPEG(
            image.pixels, image.width, image.height, TJPF_RGB, quality < 90 ? TJSAMP_420 : TJSAMP_444,
            quality,
            name)
    }

    /// A grey image as the bytes of a grey JPEG file.
    package static func encodeJPEG(
        _ image: GrayImage, quality: Int = 92, name: String = "JPEG"
    ) throws(ImageError) -> [UInt8] {
        try encodeJPEG(image.pixels, image.width, image.height, TJPF_GRAY, TJSAMP_GRAY, quality, name)
    }

    private static func encodeJPEG(
        _ pixels: [UInt8], _ width: Int, _ height: Int, _ format: TJPF, _ sampling: TJSAMP, _ quality: Int,
        _ name: String
    ) throws(ImageError) -> [UInt8] {
        // 65,500 is the most that libjpeg takes on a side.
        guard (1...65_500).contains(width), (1...65_500).contains(height) else {
            throw .unwritable(path: name, reason: "a JPEG can't have \(width)×\(height) pixels")
        }
        guard let handle = tjInitCompress() else { throw .unwritable(path: name, reason: "out of memory") }
        defer { tjDestroy(handle) }
        let sampling = Int32(sampling.rawValue)
        let capacity = tjBufSize(Int32(width), Int32(height), sampling)
        var status: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(capacity)) { buffer, count in
            var target = buffer.baseAddress
            var size = UInt(buffer.count)
            status = tjCompress2(
                handle, pixels, Int32(width), 0, Int32(height),
                Int32(format.rawValue), &target, &size, sampling, Int32(min(100, max(1, quality))),
                TJFLAG_NOREALLOC)
            count = status == 0 ? Int(size) : 0
        }
        guard status == 0 else {
            let reason = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "libjpeg-turbo gives no reason"
            throw .unwritable(path: name, reason: reason)
        }
        return bytes
    }

    private static func writePNG(
        _ pixels: [UInt8], width: Int, height: Int, channels: Int, path: String
    ) throws(ImageError) {
        switch PNG.encode(pixels, width: width, height: height, channels: channels) {
        case .success(let bytes): try FileBytes.write(bytes, path)
        case .failure(let reason): throw .unwritable(path: path, reason: reason.text)
        }
    }
}
