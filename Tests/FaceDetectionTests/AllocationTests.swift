import CAllocationCounter
import FaceDetection
import Foundation
import Imaging
import Testing

@Suite("allocation")
struct AllocationTests {
    @Test(
        "the detector allocates nothing after the first picture of a size",
        arguments: [(1, false), (1, true), (2, false)])
    func detectorKeepsItsMemory(threads: Int, tilted: Bool) throws {
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
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
}
