import Foundation

/// How the learning rate goes over a run.
package enum LearningRateSchedule: Sendable, Equatable {
    /// The same all along.
    case constant
    /// Multiplied by `factor` each `epochs` epochs.
    case step(epochs: Int, factor: Float)
    /// Half a cosine down to zero (Loshchilov and Hutter, 2017).
    case cosine
    /// Up from a 25th over the first 30 % of the run, then down to a 10,000th of that, both along cosines: the
    /// one-cycle policy (Smith and Topin, 2018) as PyTorch's `OneCycleLR` does it.
    case oneCycle

    /// What the peak rate is multiplied by at a step.
    ///
    /// - Parameters:
    ///   - step: Counted from 0.
    ///   - total: Steps of the whole run.
    ///   - stepsPerEpoch: Steps of an epoch.
    package func factor(step: Int, total: Int, stepsPerEpoch: Int) -> Float {
        let progress = total > 1 ? Double(step) / Double(total - 1) : 1
        func cosine(from start: Double, to end: Double, at place: Double) -> Float {
            Float(end + (start - end) / 2 * (1 + cos(.pi * min(1, max(0, place)))))
        }
        switch self {
        case .constant: return 1
        case .step(let epochs, let factor):
            return powf(factor, Float(step / max(1, stepsPerEpoch) / max(1, epochs)))
        case .cosine: return cosine(from: 1, to: 0, at: progress)
        case .oneCycle:
            let turn = (0.3 * Double(total) - 1) / Double(max(1, total - 1))
            if progress <= turn { return cosine(from: 1.0 / 25, to: 1, at: progress / turn) }
            return cosine(from: 1, to: 1.0 / 25 / 10_000, at: (progress - turn) / (1 - turn))
        }
    }
}
