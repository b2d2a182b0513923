import Testing

import NeuralNetwork
