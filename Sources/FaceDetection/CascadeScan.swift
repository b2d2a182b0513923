import CKernels
import Imaging
import Synchronization
import System

/// Finds every window of a picture, at every scale, that a cascade lets pass.
///
/// Threads take jobs from a common list; what each finds is put together in the order of the list, so that their
/// number does not show.
package final class CascadeScan: @unchecked Sendable {
    // Sendable unchecked, because its team holds it: one thread calls `search`, and during a call each member writes only
    // to its own scratch and to the results of its own jobs.

    /// What the threads work on while a search is under way; nobody changes it then.
    private struct Task {
        var plan = ScanPlan()
        var source: UnsafePointer<UInt8>?
        var sourceStride = 0
    }

    private struct Result {
        var member = 0
        var range = 0..<0
    }

    private let window: (width: Int, height: Int)
    private let tilted: Bool
    private let kernels: haar_kernels
    /// Made when a search first needs it: most need one of the two.
    private lazy var coarse = CascadeLayout(cascade, step: 2)
    private lazy var fine = CascadeLayout(cascade, step: 1)
    private let cascade: HaarCascade
    private var scratches: [ScanScratch] = [ScanScratch()]
    private var team: WorkerTeam?
    private var task = Task()
    private let nextJob = Atomic(0)
    private var results: UnsafeMutableBufferPointer<Result> = .allocate(capacity: 0)

    package init(_ cascade: HaarCascade, kernels: haar_kernels) {
        window = (cascade.windowWidth, cascade.windowHeight)
        tilted = cascade.hasTiltedFeatures
        self.kernels = kernels
        self.cascade = cascade
    }

    deinit {
        team?.dismiss()
        results.deallocate()
    }

    /// Appends the windows of an upright region that pass to `windows`: scale by scale, in reading order.
    package func search(
        _ image: GrayImage, region: Rectangle, parameters: DetectionParameters,
        into windows: inout [Rectangle]
    ) {
        search(image, region: region, turn: nil, parameters: parameters, into: &windows)
    }

    /// Appends the windows that pass to `windows`, in pixels of the region: scale by scale, in reading order. None where
    /// the search is cancelled on the way.
    func search(
        _ image: GrayImage, region: Rectangle, turn: Turn?, parameters: DetectionParameters,
        into windows: inout [Rectangle]
    ) {
        task.plan.prepare(
            for: .init(width: region.width, height: region.height, parameters: parameters, turn: turn),
            window: window)
        let plan = task.plan
        if plan.jobs.isEmpty { return }
        setThreads(min(max(1, parameters.threads), plan.jobs.count))
        let tiltedOffset = tilted ? 2 * plan.stride * plan.rows : 0
        if plan.layers.contains(where: { $0.scale.step == 2 }) {
            coarse.place(stride: plan.stride, tiltedOffset: tiltedOffset)
        }
        if plan.layers.contains(where: { $0.scale.step != 2 }) {
            fine.place(stride: plan.stride, tiltedOffset: tiltedOffset)
        }
        for scratch in scratches { scratch.reserve(plan, tilted: tilted) }
        if results.count < plan.jobs.count {
            results.deallocate()
            results = .allocate(capacity: plan.jobs.count)
            results.initialize(repeating: Result())
        }
        image.pixels.withUnsafeBufferPointer { pixels in
            guard let start = pixels.baseAddress else { return }
            task.source = start + region.y * image.width + region.x
            task.sourceStride = image.width
            nextJob.store(0, ordering: .sequentiallyConsistent)
            if let team { team.run() } else { work(as: 0) }
            task.source = nil
        }
        if parameters.cancellation?.isRaised ?? false { return }
        for result in results.prefix(plan.jobs.count) {
            windows.append(contentsOf: scratches[result.member].found[result.range])
        }
        // Which thread finds how many is chance: each has room for all of them from now on.
        for scratch in scratches { scratch.found.reserveCapacity(windows.count) }
    }

    private func setThreads(_ count: Int) {
        if count == scratches.count { return }
        team?.dismiss()
        team = nil
        while scratches.count < count { scratches.append(ScanScratch()) }
        scratches.removeLast(scratches.count - count)
        if count > 1 {
            team = WorkerTeam(name: "raut-detect", size: count - 1) { [unowned self] in work(as: $0) }
        }
    }

    private func work(as member: Int) {
        guard let source = task.source else { return }
        let scratch = scratches[member]
        let cancellation = task.plan.request.parameters.cancellation
        // A job has no more than a band's windows, some milliseconds.
        while !(cancellation?.isRaised ?? false) {
            let index = nextJob.add(1, ordering: .relaxed).oldValue
            guard index < task.plan.jobs.count else { return }
            let job = task.plan.jobs[index]
            let start = scratch.found.count
            scratch.perform(
                job, of: task.plan, on: source, sourceStride: task.sourceStride,
                layout: task.plan.layers[job.scale].scale.step == 2 ? coarse : fine, window: window,
                kernels: kernels, tilted: tilted)
            results[index] = Result(member: member, range: start..<scratch.found.count)
        }
    }
}
