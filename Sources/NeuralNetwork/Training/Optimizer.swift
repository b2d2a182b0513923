import Foundation

/// The rule that changes weights by their gradients.
package enum OptimizerMethod: Sendable, Equatable {
    /// Stochastic gradient descent with momentum, as PyTorch defines it.
    case sgd(momentum: Float)
    /// Adam (Kingma and Ba, 2015).
    case adam
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    case adamW(decay: Float)
}

/// Changes weights by their gradients, and keeps what the rule remembers between steps.
package final class Optimizer {
    /// The rule.
    package let method: OptimizerMethod
    /// The weights changed.
    package let parameters: [Parameter]
    /// First moments (or momentum), one tensor a parameter.
    package let firstMoments: [Tensor]
    /// Second moments, one tensor a parameter; empty for SGD.
    package let secondMoments: [Tensor]
    /// Steps taken.
    package var step = 0
    private static let (beta1, beta2, epsilon): (Float, Float, Float) = (0.9, 0.999, 1e-8)

    /// Takes the weights to change.
    package init(_ method: OptimizerMethod, parameters: [Parameter]) {
        self.method = method
        self.parameters = parameters
        firstMoments = parameters.map { Tensor($0.value.shape) }
        if case .sgd = method {
            secondMoments = []
        } else {
            secondMoments = parameters.map { Tensor($0.value.shape) }
        }
    }

    /// The Euclidean norm of all gradients together.
    package func gradientNorm() -> Float {
        var sum = 0.0
        for parameter in parameters {
            let tensor = parameter.gradient
            let gradient = tensor.span
            var parts = SIMD8<Float>()
            for start in stride(from: 0, to: gradient.count - 7, by: 8) {
                var values = SIMD8<Float>()
                for lane in 0..<8 { values[lane] = gradient[unchecked: start + lane] }
                parts += values * values
            }
            for index in gradient.count / 8 * 8..<gradient.count {
                parts[0] += gradient[index] * gradient[index]
            }
            sum += Double(parts.sum())
        }
        return Float(sum.squareRoot())
    }

    /// Takes one step.
    ///
    /// - Parameters:
    ///   - rate: The learning rate.
    ///   - clip: The largest norm of all gradients together (Pascanu et al., 2013), or nil. A larger one is scaled
    ///     down to it.
    ///   - execution: Whose kernels and threads do it.
    /// - Returns: False where a gradient is no number: nothing is changed then.
    @discardableResult
    package func update(rate: Float, clip: Float? = nil, _ execution: Execution) -> Bool {
        let norm = gradientNorm()
        guard norm.isFinite else { return false }
        step += 1
        var scale: Float = 1
        if let clip, norm > clip { scale = clip / norm }
        switch method {
        case .sgd(let momentum):
            for (parameter, velocity) in zip(parameters, firstMoments) {
                for index in 0..<velocity.count {
                    velocity[index] = momentum * velocity[index] + scale * parameter.gradient[index]
                    parameter.value[index] -= rate * velocity[index]
                }
            }
        case .adam: updateAdam(rate, scale, decay: 0, execution)
        case .adamW(let decay): updateAdam(rate, scale, decay: decay, execution)
        }
        return true
    }

    private func updateAdam(_ rate: Float, _ scale: Float, decay: Float, _ execution: Execution) {
        let correction1 = 1 - pow(Double(Self.beta1), Double(step))
        let correction2 = 1 - pow(Double(Self.beta2), Double(step))
        let pool = execution.pool
        pool.onEachThread { thread in
            // A part of each parameter, in whole vectors, so that whichever thread has an element does the same with it.
            for (index, parameter) in parameters.enumerated() {
                let count = parameter.value.count
                let eights = pool.part(thread, of: (count + 7) / 8)
                let part = 8 * eights.lowerBound..<min(count, 8 * eights.upperBound)
                if part.isEmpty { continue }
                let (value, gradient) = (parameter.value, parameter.gradient)
                let (first, second) = (firstMoments[index], secondMoments[index])
                let step = AdamStep(
                    beta1: Self.beta1, beta2: Self.beta2, rate: Float(Double(rate) / correction1),
                    rootCorrection: Float(1 / correction2.squareRoot()), epsilon: Self.epsilon,
                    decay: parameter.decays ? rate * decay : 0, gradientScale: scale)
                var values = value.mutableSpan
                var firsts = first.mutableSpan
                var seconds = second.mutableSpan
                execution.kernels.adam(
                    &values, gradient: gradient.span, first: &firsts, second: &seconds, part, step)
            }
        }
    }
}

/// An exponential moving average of weights (Polyak and Juditsky, 1992), which generalises better than the last ones.
package final class WeightAverage {
    /// How much of the average stays at each step: 0.998.
    package let decay: Float
    /// The averages, one tensor a parameter.
    package let values: [Tensor]
    /// Steps taken in.
    package var step = 0
    private let parameters: [Parameter]

    /// Starts at the parameters' present values.
    package init(of parameters: [Parameter], decay: Float) {
        self.parameters = parameters
        self.decay = decay
        values = parameters.map { parameter in
            let tensor = Tensor(parameter.value.shape)
            tensor.copy(from: parameter.value)
            return tensor
        }
    }

    /// Starts again at the parameters' present values.
    package func restart() {
        step = 0
        for (average, parameter) in zip(values, parameters) { average.copy(from: parameter.value) }
    }

    /// Takes the present values in, each thread a part; early steps weigh more, so that the start is soon forgotten.
    package func update(_ pool: ThreadPool) {
        step += 1
        let keep = min(decay, Float(step) / Float(step + 10))
        for (average, parameter) in zip(values, parameters) {
            average.move(toward: parameter.value, by: 1 - keep, pool)
        }
    }

    /// Exchanges the averages and the parameters' values; a second call undoes the first.
    package func swap() {
        for (average, parameter) in zip(values, parameters) {
            average.exchange(with: parameter.value)
        }
    }
}
