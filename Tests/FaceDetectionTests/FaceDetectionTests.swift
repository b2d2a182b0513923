import FaceDetection
import Faces
import Foundation
import Imaging
import System
import Testing

/// Debian's opencv-data, which the build needs installed.
let cascades = "/usr/share/opencv4/haarcascades/haarcascade_"

/// scikit-image's astronaut, luma.
func astronaut() throws -> GrayImage {
    let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    var image = GrayImage()
    try ImageFile.readGray(
        path: tests.joined(separator: "/") + "/Fixtures/astronaut.png", into: &image)
    return image
}

extension GrayImage {
    /// The picture turned clockwise about its middle, border pixels going on.
    func turned(by degrees: Double) -> GrayImage {
        var result = GrayImage(width: width, height: height)
        let (middleX, middleY) = (Double(width) / 2, Double(height) / 2)
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        for y in 0..<height {
            for x in 0..<width {
                let (dx, dy) = (Double(x) - middleX, Double(y) - middleY)
                let fromX = min(width - 1, max(0, Int((dx * cosine + dy * sine + middleX).rounded())))
                let fromY = min(height - 1, max(0, Int((dy * cosine - dx * sine + middleY).rounded())))
                result.pixels[y * width + x] = pixels[fromY * width + fromX]
            }
        }
        return result
    }

    /// A part of the picture, turned over where asked, so that there are faces at many places.
    func cut(_ box: Rectangle, mirrored: Bool = false) -> GrayImage {
        var part = GrayImage(width: box.width, height: box.height)
        for y in 0..<box.height {
            for x in 0..<box.width {
                let from = mirrored ? box.width - 1 - x : x
                part.pixels[y * box.width + x] = pixels[(box.y + y) * width + box.x + from]
            }
        }
        return part
    }
}

@Suite("the detector")
struct FaceDetectorTests {
    @Test(
        "finds the astronaut where OpenCV 4.14 does",
        arguments: [
            ("frontalface_default", Rectangle(x: 175, y: 65, width: 99, height: 99)),
            ("frontalface_alt", Rectangle(x: 173, y: 65, width: 102, height: 102)),
            ("frontalface_alt2", Rectangle(x: 174, y: 63, width: 102, height: 102)),
        ])
    func findsTheAstronaut(cascade: String, box: Rectangle) throws {
        var parameters = DetectionParameters()
        parameters.findsTilted = false
        let faces = try FaceDetector(cascadeAt: cascades + cascade + ".xml")
            .detect(in: try astronaut(), parameters: parameters)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(box) > 0.95 })
    }

    @Test(
        "lets pass window by window what the plain scan does, with every cascade",
        arguments: [
            "eye", "eye_tree_eyeglasses", "frontalcatface", "frontalcatface_extended", "frontalface_alt",
            "frontalface_alt2", "frontalface_alt_tree", "frontalface_default", "fullbody",
            "lefteye_2splits",
            "licence_plate_rus_16stages", "lowerbody", "profileface", "righteye_2splits",
            "russian_plate_number", "smile", "upperbody",
        ])
    func agreesWithThePlainScan(name: String) throws {
        let cascade = try HaarCascade(contentsOf: cascades + name + ".xml")
        let image = try astronaut().cut(Rectangle(x: 130, y: 20, width: 211, height: 233))
        var parameters = DetectionParameters()
        parameters.minNeighbors = 0
        parameters.minSize = 0
        parameters.scaleFactor = 1.23
        let plain = PlainDetector(cascade: cascade).windows(in: image, parameters: parameters)
        for kernels in FaceDetector.Kernels.allCases where kernels.areSupported {
            let detector = FaceDetector(cascade: cascade, kernels: kernels)
            let found = detector.detect(in: image, parameters: parameters).map(\.box)
            #expect(
                found == plain.map { $0.intersection(Rectangle(x: 0, y: 0, width: 211, height: 233)) },
                "\(kernels)")
        }
    }

    @Test(
        "lets pass window by window what the plain scan does, with every cascade of local binary patterns",
        arguments: [
            "frontalcatface", "frontalface", "frontalface_improved", "profileface", "silverware",
        ])
    func agreesOnPatterns(name: String) throws {
        let path = "/usr/share/opencv4/lbpcascades/lbpcascade_\(name).xml"
        let cascade = try HaarCascade(contentsOf: path)
        let image = try astronaut().cut(Rectangle(x: 130, y: 20, width: 211, height: 233))
        var parameters = DetectionParameters()
        (parameters.minNeighbors, parameters.minSize, parameters.scaleFactor) = (0, 0, 1.23)
        let plain = PlainDetector(cascade: cascade).windows(in: image, parameters: parameters)
        let whole = Rectangle(x: 0, y: 0, width: 211, height: 233)
        #expect(!plain.isEmpty || ["frontalcatface", "silverware", "profileface"].contains(name))
        for kernels in FaceDetector.Kernels.allCases where kernels.areSupported {
            let found = FaceDetector(cascade: cascade, kernels: kernels)
                .detect(in: image, parameters: parameters).map(\.box)
            #expect(found == plain.map { $0.intersection(whole) }, "\(kernels)")
        }
    }

    @Test(
        "scans the scales between the sizes, and where asked the nearest to the smallest if there is none",
        arguments: [
            (80, nil, true), (30, 50, true), (102, 110, false), (0, 19, false), (500, nil, false),
        ] as [(Int, Int?, Bool)])
    func scales(smallest: Int, largest: Int?, areThere: Bool) {
        // Windows of 20 pixels in a picture of 200: factors 1.1^0 to 1.1^24.
        var parameters = DetectionParameters()
        (parameters.minSize, parameters.maxSize) = (smallest, largest)
        func list() -> [Int] {
            ScanScale.list(width: 200, height: 240, window: (20, 20), parameters: parameters)
                .map { Int((20 * $0.factor).rounded()) }
        }
        let sides = (0..<25).map { Int((20 * pow(1.1, Double($0))).rounded()) }.filter { $0 <= 200 }
        let expected = sides.filter { $0 >= smallest && $0 <= largest ?? 200 }
        #expect(list() == expected)
        #expect(areThere == !expected.isEmpty)
        parameters.usesNearestScale = true
        let nearest = sides.min { abs($0 - smallest) < abs($1 - smallest) } ?? 0
        #expect(list() == (expected.isEmpty ? [nearest] : expected))
    }

    @Test("finds the same with any number of threads", arguments: [2, 3, 7])
    func threadsDoNotShow(threads: Int) throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut()
        var parameters = DetectionParameters()
        parameters.minSize = 24
        parameters.minNeighbors = 0
        let alone = detector.detect(in: image, parameters: parameters)
        parameters.threads = threads
        #expect(!alone.isEmpty)
        for _ in 0..<5 { #expect(detector.detect(in: image, parameters: parameters) == alone) }
    }

    @Test("a search that is cancelled ends on the way and finds nothing, and the next one finds all again")
    func cancelled() throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut()
        var parameters = DetectionParameters()
        parameters.minSize = 20
        var found: [DetectedFace] = []
        /// Seconds of this thread's own time, whatever else the machine does.
        func search() -> Double {
            var (began, ended) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began)
            detector.detect(in: image, region: nil, parameters: parameters, into: &found)
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended)
            return Double(ended.tv_sec - began.tv_sec) + Double(ended.tv_nsec - began.tv_nsec) * 1e-9
        }
        _ = search()
        let whole = search()
        let faces = found
        #expect(!faces.isEmpty)
        // Who raises it may come too late on a machine with much else to do.
        let isCutShort = try (1...10).contains { _ in
            let signal = Cancellation()
            parameters.cancellation = signal
            let thread = try JoinableThread(name: "cancel") {
                _ = Cancellation().sleep(seconds: whole / 4)
                signal.raise()
            }
            let seconds = search()
            thread.join()
            return seconds > whole / 20 && seconds < whole * 0.8 && found.isEmpty
        }
        #expect(isCutShort)
        #expect(search() < whole / 4 && found.isEmpty)
        parameters.cancellation = Cancellation()
        _ = search()
        #expect(found == faces)
    }

    @Test("searches a region as if it were a picture of its own")
    func regionIsAPicture() throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut()
        let region = Rectangle(x: 151, y: 33, width: 170, height: 181)
        var faces: [DetectedFace] = []
        detector.detect(in: image, region: region, parameters: .init(), into: &faces)
        let cut = detector.detect(in: image.cut(region))
        #expect(!faces.isEmpty)
        #expect(
            faces.map(\.box)
                == cut.map {
                    Rectangle(
                        x: $0.box.x + region.x, y: $0.box.y + region.y, width: $0.box.width,
                        height: $0.box.height)
                })
    }

    @Test(
        "finds nothing, and harms nothing, where there is no room",
        arguments: [(0, 0), (1, 1), (19, 300), (300, 19), (20, 20), (21, 500)])
    func smallPictures(width: Int, height: Int) throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        var parameters = DetectionParameters()
        parameters.minSize = 0
        for threads in 1...3 {
            parameters.threads = threads
            let image = GrayImage(width: width, height: height, fill: 90)
            #expect(detector.detect(in: image, parameters: parameters).isEmpty)
        }
    }

    @Test("takes a region that reaches outside, or lies there, for its part inside")
    func regionsOutside() throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut()
        var faces: [DetectedFace] = []
        detector.detect(
            in: image, region: Rectangle(x: -50, y: -70, width: 400, height: 400), parameters: .init(),
            into: &faces)
        #expect(faces.count == 1)
        detector.detect(
            in: image, region: Rectangle(x: 600, y: 0, width: 100, height: 100), parameters: .init(),
            into: &faces)
        #expect(faces.isEmpty)
    }

    @Test(
        "finds a head tilted by 30 degrees to either side, and how far, where asked",
        arguments: [-30.0, 30])
    func findsTiltedHeads(tilt: Double) throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut().cut(Rectangle(x: 74, y: 0, width: 300, height: 230)).turned(
            by: tilt)
        var parameters = DetectionParameters()
        let faces = detector.detect(in: image, parameters: parameters)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { abs($0.tilt - tilt) < 12 })
        // Her face's middle, (151, 114) in the cut, a pixel off the middle that it was turned about.
        let middle = Rectangle(x: 100, y: 64, width: 102, height: 102)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(middle) > 0.6 })
        parameters.findsTilted = false
        #expect(detector.detect(in: image, parameters: parameters).isEmpty)
    }

    @Test("says that an upright head stands upright, and finds it once")
    func uprightHeadsStay() throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let faces = detector.detect(in: try astronaut())
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { abs($0.tilt) < 10 })
    }

    @Test(
        "finds a face seen from either side with the profile cascade, in the place of its mirror image")
    func profiles() throws {
        // The cascade for number plates finds nothing here, so that what is found the other one found.
        let detector = try FaceDetector(
            cascadeAt: cascades + "licence_plate_rus_16stages.xml",
            profileAt: cascades + "profileface.xml")
        let image = try astronaut()
        var parameters = DetectionParameters()
        (parameters.minSize, parameters.findsTilted) = (30, false)
        // OpenCV 4.14's box with this cascade; it finds nothing in the mirrored picture.
        let box = Rectangle(x: 216, y: 74, width: 73, height: 73)
        #expect(detector.detect(in: image, parameters: parameters).map(\.box) == [box])
        let mirrored = image.cut(Rectangle(x: 0, y: 0, width: 512, height: 512), mirrored: true)
        let opposite = Rectangle(x: 512 - 216 - 73, y: 74, width: 73, height: 73)
        #expect(detector.detect(in: mirrored, parameters: parameters).map(\.box) == [opposite])
        // In a region, too.
        var faces: [DetectedFace] = []
        let region = Rectangle(x: 201, y: 40, width: 200, height: 150)
        detector.detect(in: mirrored, region: region, parameters: parameters, into: &faces)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(opposite) > 0.8 })
    }

    @Test("finds a face once that several cascades find")
    func profilesMerge() throws {
        let detector = try FaceDetector(
            cascadeAt: cascades + "frontalface_alt2.xml", profileAt: cascades + "profileface.xml")
        var parameters = DetectionParameters()
        parameters.minSize = 30
        let faces = detector.detect(in: try astronaut(), parameters: parameters)
        #expect(
            faces.count {
                $0.box.intersectionOverUnion(Rectangle(x: 174, y: 63, width: 102, height: 102)) > 0.3
            } == 1)
    }
}
