import CAllocationCounter
import FaceDetection
import Faces
import Foundation
import Imaging
import Testing

@Suite("allocation")
struct AllocationTests {
    @Test(
        "the detector allocates nothing after the first picture of a size",
        arguments: [(1, false), (1, true), (2, false)])
    func detectorKeepsItsMemory(threads: Int, tilted: Bool) throws {
        let detector = try FaceDetector(
            cascadeAt: cascades + "frontalface_alt2.xml", profileAt: cascades + "profileface.xml")
        let image = try astronaut()
        var parameters = DetectionParameters()
        parameters.threads = threads
        parameters.findsTilted = tilted
        var faces: [DetectedFace] = []
        for _ in 0..<4 { detector.detect(in: image, region: nil, parameters: parameters, into: &faces) }
        let before = allocations_of_this_thread()
        for _ in 0..<10 { detector.detect(in: image, region: nil, parameters: parameters, into: &faces) }
        // Read before it is expected, since expecting allocates.
        let after = allocations_of_this_thread()
        #expect(after == before)
        #expect(!faces.isEmpty)
    }

    @Test("regions that move and change their size cost no allocation once each was seen")
    func regions() throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let image = try astronaut()
        let regions = (0..<12).map { Rectangle(x: 100 + 3 * $0, y: 5 * $0, width: 180 + 7 * $0, height: 190) }
        var faces: [DetectedFace] = []
        func pass() {
            for region in regions {
                detector.detect(in: image, region: region, parameters: .init(), into: &faces)
            }
        }
        for _ in 0..<2 { pass() }
        let before = allocations_of_this_thread()
        pass()
        let after = allocations_of_this_thread()
        #expect(after == before)
    }
}
