import Imaging
import Testing

import FaceDetection

/// Debian's opencv-data, which the build needs installed.
let cascades = "/usr/share/opencv4/haarcascades/haarcascade_"

/// scikit-image's astronaut, luma.
func astronaut() throws -> GrayImage {
    let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    var image = GrayImage()
    try ImageFile.readGray(path: tests.joined(separator: "/") + "/Fixtures/astronaut.png", into: &image)
    return image
}

@Test(
    "the astronaut is where OpenCV 4.14 finds her",
    arguments: [
        ("frontalface_default", Rectangle(x: 175, y: 65, width: 99, height: 99)),
        ("frontalface_alt", Rectangle(x: 173, y: 65, width: 102, height: 102)),
        ("frontalface_alt2", Rectangle(x: 174, y: 63, width: 102, height: 102)),
    ])
func astronautIsFound(cascade: String, box: Rectangle) throws {
    let faces = FaceDetector(cascade: try HaarCascade(contentsOf: cascades + cascade + ".xml"))
        .detect(in: try astronaut())
    #expect(faces.count == 1)
    #expect(faces.allSatisfy { $0.box.intersectionOverUnion(box) > 0.95 })
}
