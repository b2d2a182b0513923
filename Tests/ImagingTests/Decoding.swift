import Imaging

/// Decodes a picture's bytes as luma.
func decodedGray(_ bytes: [UInt8]) throws -> GrayImage {
    var image = GrayImage()
    try ImageReader().decodeGray(bytes, name: "test", into: &image)
    return image
}

/// Decodes a picture's bytes as red, green and blue.
func decodedColor(_ bytes: [UInt8]) throws -> ColorImage {
    var image = ColorImage()
    try ImageReader().decodeColor(bytes, name: "test", into: &image)
    return image
}
