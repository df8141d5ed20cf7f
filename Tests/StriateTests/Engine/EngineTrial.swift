import LaneKernels
import Striate
import Testing

/// A network, what it is given, and what the Double reference says about it: the yardstick for the
/// engine of every instruction set.
struct EngineTrial {
  let network: Network
  let inputs: [Tensor]
  let targets: Tensor
  let loss: Loss
  let training: RandomKey?

  private let output: ReferenceTensor
  private let value: Double
  private let gradients: ReferenceGradients

  /// A network with random inputs and targets; the squared error makes ∂E/∂y arbitrary.
  init(
    _ network: Network, images: Int, seed: UInt64 = 1, scale: Float = 1,
    loss: Loss = .halfSquaredError, training: RandomKey? = nil
  ) {
    var generator = SeededGenerator(seed: seed)
    let inputs = network.inputs.map {
      Tensor(random: [images] + $0.shape, scale: scale, using: &generator)
    }
    var targets = Tensor(random: [images] + network.outputShape, scale: 1, using: &generator)
    if loss.kind == .softmaxCrossEntropy {
      targets = Tensor(oneHotOf: images, classes: network.outputShape[0], using: &generator)
    }
    self.init(network, inputs: inputs, targets: targets, loss: loss, training: training)
  }

  init(
    _ network: Network, inputs: [Tensor], targets: Tensor, loss: Loss, training: RandomKey? = nil
  ) {
    (self.network, self.inputs, self.targets, self.loss) = (network, inputs, targets, loss)
    self.training = training
    let x = inputs.map { ReferenceTensor($0) }
    let t = ReferenceTensor(targets)
    let values = network.referenceForward(x, training: training)
    output = network.output(of: values)
    value = loss.referenceValue(output: output, target: t)
    gradients = network.referenceBackward(
      loss.referenceGradient(output: output, target: t), inputs: x, values: values,
      training: training)
  }

  /// Expects the engine to agree with the reference on every instruction set, in memory that was full
  /// of NaN wherever the engine says that it writes before it reads.
  func expectAgreement(
    _ what: String, forward: Double = 1e-5, backward: Double = 1e-4,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for kernels in KernelTable.runnable {
      let worst = try worstErrors(on: kernels)
      #expect(
        worst.forward <= forward, "\(what), outputs on \(kernels.name)",
        sourceLocation: sourceLocation)
      #expect(
        worst.backward <= backward, "\(what), gradients on \(kernels.name)",
        sourceLocation: sourceLocation)
    }
  }

  /// The largest differences from the reference, relative to the largest element of each tensor. With one
  /// thread a block passes through all steps it can before the next has begun any: what it read of another
  /// would still be NaN.
  func worstErrors(on kernels: KernelTable) throws -> EngineErrors {
    let errors = try [1, 2].map { try worstErrors(on: kernels, threads: $0) }
    return EngineErrors(
      forward: errors.map(\.forward).max() ?? 0, backward: errors.map(\.backward).max() ?? 0)
  }

  private func worstErrors(on kernels: KernelTable, threads: Int) throws -> EngineErrors {
    // Where lanes cannot hold channels, the second plan is the first once more.
    let plans = try [LaneContent.images, .channels].map { lanes in
      try Plan(
        network, batchSize: inputs[0].shape[0], mode: .inference, threads: threads,
        kernels: kernels, marker: .nan, lanes: lanes)
    }
    let found = try network.gradients(
      inputs, targets: targets, loss: loss, training: training, kernels: kernels,
      threads: threads, marker: .nan)
    // In a training step the loss alone says what the outputs were.
    let values =
      training == nil ? plans.map { relativeError($0.run(inputs).scalars, output.values) } : [0]
    let slopes =
      zip(found.inputs, gradients.inputs).map { relativeError($0.scalars, $1.values) }
      + zip(found.parameters, gradients.parameters).map { relativeError($0.scalars, $1.values) }
    return EngineErrors(
      forward: max(values.max() ?? 0, relativeError([Float(found.loss)], [value])),
      backward: slopes.max() ?? 0)
  }
}

/// How far an engine is from the reference.
struct EngineErrors {
  var forward: Double
  var backward: Double
}

/// max |a − e| / max |e|; infinite where a number is NaN or the lengths differ.
func relativeError(_ actual: [Float], _ expected: [Double]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var (worst, largest) = (0.0, 0.0)
  for (a, e) in zip(actual, expected) {
    let difference = abs(Double(a) - e)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
    largest = max(largest, abs(e))
  }
  return worst == 0 ? 0 : worst / largest
}

extension Tensor {
  /// Numbers from −scale to scale.
  init(random shape: [Int], scale: Float, using generator: inout SeededGenerator) {
    self.init(
      shape: shape,
      scalars: (0..<shape.reduce(1, *)).map { _ in generator.uniform(in: -scale..<scale) })
  }

  /// One class an image.
  init(oneHotOf images: Int, classes: Int, using generator: inout SeededGenerator) {
    self.init(repeating: 0, shape: [images, classes])
    for n in 0..<images { self[n, generator.integer(below: classes)] = 1 }
  }
}
