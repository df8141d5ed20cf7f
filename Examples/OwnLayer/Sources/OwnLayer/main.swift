import Foundation
import Striate

// Compares the engine with the reference: outputs, and gradients for the input and every parameter.

let network = try Network(input: [2, 9, 9], seed: 1) {
  Conv2D(filters: 3, kernel: 3)
  Swish()
  Flatten()
  Dense(4)
}

func noise(_ shape: [Int], seed: UInt64) -> Tensor {
  var generator = SeededGenerator(seed: seed)
  return Tensor(
    shape: shape,
    scalars: (0..<shape.reduce(1, *)).map { _ in generator.uniform(in: -2..<2) })
}
let images = noise([5, 2, 9, 9], seed: 2)
let targets = noise([5, 4], seed: 3)

let engine = try network.gradients([images], targets: targets, loss: .halfSquaredError)
let x = [ReferenceTensor(images)]
let values = network.referenceForward(x)
let output = network.output(of: values)
let above = Loss.halfSquaredError.referenceGradient(
  output: output, target: ReferenceTensor(targets))
let reference = network.referenceBackward(above, inputs: x, values: values)

/// The largest difference, as a share of the largest value.
func difference(_ tensor: Tensor, _ reference: ReferenceTensor) -> Double {
  let largest = reference.values.map(abs).max() ?? 0
  let worst = zip(tensor.scalars, reference.values).map { abs(Double($0) - $1) }.max() ?? 0
  return worst / largest
}

var pairs = [
  ("output", try network(images), output),
  ("input's gradient", engine.inputs[0], reference.inputs[0]),
]
for (index, parameter) in network.parameters.enumerated() {
  pairs.append(
    ("\(parameter.name)'s gradient", engine.parameters[index], reference.parameters[index]))
}
for (name, found, expected) in pairs {
  let share = difference(found, expected)
  print("\(name): \(share)")
  precondition(share < 1e-5, "\(name): expected a difference below 1e-5, found \(share)")
}

// A model file holds the layer's text; its reader is given when the file is read.
let file = FileManager.default.temporaryDirectory.appending(path: "own-layer-\(UUID()).safetensors")
let path = file.path(percentEncoded: false)
try network.save(to: path)
defer { try? FileManager.default.removeItem(at: file) }
let again = try Network(contentsOf: path) { text in text == "swish" ? Swish() : nil }
let (saved, own) = (try again(images), try network(images))
precondition(saved == own, "expected the outputs of the saved network")
print("saved and read again")
