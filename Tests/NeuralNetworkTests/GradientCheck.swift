import NeuralNetwork
import Testing

/// Compares a layer's backward pass with central finite differences of the sum of its outputs times fixed random
/// numbers. The relative error is the largest difference by the largest gradient of the same tensor.
///
/// Where a ReLU or a maximum decides otherwise within the step, there is no derivative to compare with: such places show
/// by differences to either side that do not agree. They are left out, but must be few.
func checkGradients(
    _ layer: any Layer, inputShape: [Int], training: Bool = true, step: Float = 1e-2, tolerance: Float = 1e-3,
    separated: Bool = false, kinks: Bool = false, threads: Int = 2,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    var random = Xoshiro256StarStar(seed: 42)
    let execution = Execution(threads: threads)
    execution.isTraining = training
    execution.seed = 7
    let input = Tensor(inputShape)
    for index in 0..<input.count { input[index] = random.normal() }
    if separated {
        // For maxima and ReLU: values far enough apart and from zero that a step changes no decision.
        var order = Array(0..<input.count)
        order.shuffle(using: &random)
        for (rank, index) in order.enumerated() {
            input[index] = (Float(rank) - Float(input.count) / 2 + 0.5) * 0.1
        }
    }
    for parameter in layer.parameters {
        for index in 0..<parameter.value.count {
            parameter.value[index] += 0.3 * random.normal()
        }
    }
    let shape = layer.forward(input, execution).shape
    let weights = Tensor(shape)
    for index in 0..<weights.count { weights[index] = random.normal() }
    func objective() -> Double {
        let output = layer.forward(input, execution)
        return (0..<output.count).reduce(0.0) { $0 + Double(output[$1]) * Double(weights[$1]) }
    }
    let middle = objective()
    let inputGradient = layer.backward(weights, execution).elements
    let parameterGradients = layer.parameters.map { $0.gradient.elements }
    func compare(_ tensor: Tensor, _ gradient: [Float], _ name: String) {
        var (worst, left) = (Float(0), 0)
        let scale = max(1e-3, gradient.map(abs).max() ?? 0)
        let indices = tensor.count <= 60 ? Array(0..<tensor.count) : (0..<60).map { $0 * tensor.count / 60 }
        for index in indices {
            let value = tensor[index]
            tensor[index] = value + step
            let up = objective()
            tensor[index] = value - step
            let down = objective()
            tensor[index] = value
            if kinks, abs((up - middle) - (middle - down)) > 0.002 * Double(step * scale) {
                left += 1
                continue
            }
            let numeric = Float((up - down) / (2 * Double(step)))
            worst = max(worst, abs(numeric - gradient[index]) / scale)
        }
        #expect(worst < tolerance, "\(name): relative error \(worst)", sourceLocation: sourceLocation)
        #expect(
            left * 2 <= indices.count, "\(name): \(left) of \(indices.count) not compared",
            sourceLocation: sourceLocation)
    }
    compare(input, inputGradient, "input")
    for (parameter, gradient) in zip(layer.parameters, parameterGradients) {
        compare(parameter.value, gradient, parameter.name)
    }
}
