import CKernels
import FaceDetection
import Faces
import Foundation
import Imaging
import Testing

/// A whole search of a picture as one file, which `Tests/Kernels/replay_scan.c` searches again by the C kernels of
/// another processor: the picture, how it is made smaller, the cascade as the kernels take it, and the windows found.
struct ScanRecording {
    private(set) var bytes = Data()

    /// Records the search of a picture by the portable kernels on one thread.
    init(_ image: GrayImage, cascade: HaarCascade, parameters: DetectionParameters) throws {
        let window = (width: cascade.windowWidth, height: cascade.windowHeight)
        var plan = ScanPlan()
        plan.prepare(
            for: .init(width: image.width, height: image.height, parameters: parameters), window: window)
        append([image.width, image.height, window.width, window.height, plan.stride, plan.rows])
        bytes.append(contentsOf: image.pixels.prefix(image.width * image.height))
        append([plan.tapFirsts.count])
        plan.tapFirsts.withUnsafeBytes { bytes.append(contentsOf: $0) }
        plan.tapShares.withUnsafeBytes { bytes.append(contentsOf: $0) }
        for step in [2, 1] {
            let layout = CascadeLayout(cascade, step: step)
            layout.place(stride: plan.stride, tiltedOffset: 2 * plan.stride * plan.rows)
            try append(layout.table)
        }
        append([plan.jobs.count])
        for job in plan.jobs {
            let layer = plan.layers[job.scale]
            append([layer.scale.width, layer.scale.step, layer.columnTaps, layer.rowTaps])
            append([job.firstRow, job.rowCount, layer.scale.windowColumns(window)])
            withUnsafeBytes(of: layer.scale.factor) { bytes.append(contentsOf: $0) }
        }
        let kernels = try #require(haar_kernels_portable()).pointee
        var windows: [Rectangle] = []
        CascadeScan(cascade, kernels: kernels).search(
            image, region: Rectangle(x: 0, y: 0, width: image.width, height: image.height),
            parameters: parameters, into: &windows)
        append([windows.count])
        for window in windows { append([window.x, window.y, window.width, window.height]) }
    }

    private mutating func append(_ values: [Int]) {
        for value in values { withUnsafeBytes(of: Int64(value)) { bytes.append(contentsOf: $0) } }
    }

    private mutating func append(_ table: haar_cascade) throws {
        append([table.stage_count, Int(table.area)])
        withUnsafeBytes(of: table.inner) { bytes.append(contentsOf: $0) }
        for stage in UnsafeBufferPointer(start: table.stages, count: table.stage_count) {
            let sizes = UnsafeBufferPointer(start: stage.tree_sizes, count: stage.trees)
            let nodes = UnsafeBufferPointer(start: stage.nodes, count: sizes.reduce(0) { $0 + Int($1) })
            append([stage.trees, nodes.count, Int(stage.shape.rawValue)])
            withUnsafeBytes(of: (stage.threshold, stage.margin)) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: stage.counts) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: UnsafeRawBufferPointer(sizes))
            bytes.append(contentsOf: UnsafeRawBufferPointer(nodes))
        }
    }
}

@Suite("recordings of a search, for other processors")
struct ScanRecordingTests {
    /// `RAUT_RECORDINGS=FOLDER` says where they are written to; `make test-arm64` reads them.
    static let folder = ProcessInfo.processInfo.environment["RAUT_RECORDINGS"]

    @Test("are written where asked", .enabled(if: folder != nil), arguments: ["default", "alt2", "alt_tree"])
    func write(name: String) throws {
        let cascade = try HaarCascade(contentsOf: cascades + "frontalface_\(name).xml")
        let image = try astronaut().cut(Rectangle(x: 130, y: 20, width: 211, height: 233))
        var parameters = DetectionParameters()
        parameters.minSize = 20
        let recording = try ScanRecording(image, cascade: cascade, parameters: parameters)
        let folder = try #require(Self.folder)
        try recording.bytes.write(to: URL(filePath: folder).appending(path: "\(name).scan"))
    }
}
