/// Random starting weights.
package enum Initialization {
    /// Sets all weights of a network from a seed: convolutions and dense layers normal with variance 2 / fan-in (He et
    /// al., 2015), recurrent layers uniform within 1 / √hidden as PyTorch's, with a forget gate's bias of 1
    /// (Jozefowicz et al., 2015); biases 0, normalisation scales as they are.
    package static func initialize(_ parameters: [Parameter], seed: UInt64) {
        for (number, parameter) in parameters.enumerated() {
            var random = Xoshiro256StarStar(seed: seed, 0x1717, number)
            let shape = parameter.value.shape
            let name = parameter.name
            if name.contains("weight_ih_l0") || name.contains("weight_hh_l0") {
                let bound = 1 / Float(shape[0] / 4).squareRoot()
                for index in 0..<parameter.value.count {
                    parameter.value[index] = random.uniform(in: -bound...bound)
                }
            } else if name.contains("bias_ih_l0") {
                let hidden = shape[0] / 4
                parameter.value.fill(0)
                for index in hidden..<2 * hidden { parameter.value[index] = 1 }
            } else if parameter.decays {
                let fanIn = parameter.layout == .convolution ? shape[0] * shape[1] * shape[2] : shape[1]
                let deviation = (2 / Float(fanIn)).squareRoot()
                for index in 0..<parameter.value.count {
                    parameter.value[index] = deviation * random.normal()
                }
            }
        }
    }
}
