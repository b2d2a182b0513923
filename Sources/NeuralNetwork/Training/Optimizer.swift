import CKernels
import Foundation

/// The rule that changes weights by their gradients.
public enum OptimizerMethod: Sendable, Equatable {
    /// Stochastic gradient descent with momentum, as PyTorch defines it.
    case sgd(momentum: Float)
    /// Adam (Kingma and Ba, 2015).
    case adam
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    case adamW(decay: Float)
}

/// Changes weights by their gradients, and keeps what the rule remembers between steps.
public final class Optimizer {
    /// The rule.
    public let method: OptimizerMethod
    /// The weights changed.
    public let parameters: [Parameter]
    /// First moments (or momentum), one tensor a parameter.
    public let firstMoments: [Tensor]
    /// Second moments, one tensor a parameter; empty for SGD.
    public let secondMoments: [Tensor]
    /// Steps taken.
    public var step = 0
    private static let (beta1, beta2, epsilon): (Float, Float, Float) = (0.9, 0.999, 1e-8)

    /// Takes the weights to change.
    public init(_ method: OptimizerMethod, parameters: [Parameter]) {
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
    public func gradientNorm() -> Float {
        var sum = 0.0
        for parameter in parameters {
            let (gradient, count) = (UnsafeRawPointer(parameter.gradient.pointer), parameter.gradient.count)
            var parts = SIMD8<Float>()
            for start in stride(from: 0, to: count - 7, by: 8) {
                let values = gradient.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
                parts += values * values
            }
            for index in count / 8 * 8..<count {
                parts[0] += parameter.gradient.pointer[index] * parameter.gradient.pointer[index]
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
    public func update(rate: Float, clip: Float? = nil, _ execution: Execution) -> Bool {
        let norm = gradientNorm()
        guard norm.isFinite else { return false }
        step += 1
        var scale: Float = 1
        if let clip, norm > clip { scale = clip / norm }
        switch method {
        case .sgd(let momentum):
            for (parameter, velocity) in zip(parameters, firstMoments) {
                for index in 0..<velocity.count {
                    velocity.pointer[index] =
                        momentum * velocity.pointer[index] + scale * parameter.gradient.pointer[index]
                    parameter.value.pointer[index] -= rate * velocity.pointer[index]
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
        execution.pool.split(parameters.count) { _, part in
            for index in part {
                let parameter = parameters[index]
                execution.kernels.adam(
                    parameter.value.count, parameter.value.pointer, parameter.gradient.pointer,
                    firstMoments[index].pointer, secondMoments[index].pointer, Self.beta1, Self.beta2,
                    Float(Double(rate) / correction1), Float(1 / correction2.squareRoot()), Self.epsilon,
                    parameter.decays ? rate * decay : 0, scale)
            }
        }
    }
}

/// An exponential moving average of weights (Polyak and Juditsky, 1992), which generalises better than the last ones.
public final class WeightAverage {
    /// How much of the average stays at each step: 0.998.
    public let decay: Float
    /// The averages, one tensor a parameter.
    public let values: [Tensor]
    /// Steps taken in.
    public var step = 0
    private let parameters: [Parameter]

    /// Starts at the parameters' present values.
    public init(of parameters: [Parameter], decay: Float) {
        self.parameters = parameters
        self.decay = decay
        values = parameters.map { parameter in
            let tensor = Tensor(parameter.value.shape)
            tensor.copy(from: parameter.value)
            return tensor
        }
    }

    /// Starts again at the parameters' present values.
    public func restart() {
        step = 0
        for (average, parameter) in zip(values, parameters) { average.copy(from: parameter.value) }
    }

    /// Takes the present values in; early steps weigh more, so that the start is soon forgotten.
    public func update() {
        step += 1
        let keep = min(decay, Float(step) / Float(step + 10))
        for (average, parameter) in zip(values, parameters) {
            for index in 0..<average.count {
                average.pointer[index] +=
                    (1 - keep) * (parameter.value.pointer[index] - average.pointer[index])
            }
        }
    }

    /// Exchanges the averages and the parameters' values; twice is none.
    public func swap() {
        for (average, parameter) in zip(values, parameters) {
            for index in 0..<average.count {
                let value = average.pointer[index]
                average.pointer[index] = parameter.value.pointer[index]
                parameter.value.pointer[index] = value
            }
        }
    }
}
