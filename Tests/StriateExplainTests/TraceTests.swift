import Striate
import StriateExplain
import Testing

/// Networks that have every kind of layer between them, and the shapes that they take.
private let networks: [(text: String, input: [Int])] =
  [
    "conv 3 3x3 padding 1 stride 2, relu, flatten, dense 4, softmax",
    "conv 4 3x3 groups 2 padding 2 dilation 2, batchnorm, leakyrelu 0.1, "
      + "maxpool 3 stride 2 padding 1, flatten, dense 5",
    "conv 4 3x3 padding 1 padding-mode reflect, prelu per-channel, avgpool 2, lrn 3, flatten, "
      + "dense 3, logsoftmax",
    "convtranspose 3 3x3 stride 2 padding 1, groupnorm 3, gelu, lppool 2 2, globalavgpool, "
      + "flatten, dense 3",
    "depthwise 3x3 multiplier 2 bias untied, instancenorm affine yes, silu, adaptivemaxpool 3, "
      + "flatten, layernorm, dense 2",
    "residual(conv 2 3x3 padding 1 bias none, prelu), parallel(conv 2 1x1 | conv 1 1x1), "
      + "upsample 2, globalmaxpool, flatten, dense 3, sigmoid",
    "pad 1, conv 8 1x1, maxout 2, pixelshuffle 2, dropout 0.5, tanh, flatten, "
      + "radial 6 gaussian 3, dense 2",
    "conv 6 1x1, meanout 3, softplus, gate(globalavgpool, conv 2 1x1, hardsigmoid), flatten, "
      + "dense 3",
  ].map { ($0, [2, 8, 8]) } + [
    ("conv1d 4 3 padding 1 stride 2, batchnorm, hardswish, flatten, dense 3", [2, 9]),
    ("conv3d 3 2x3x3, elu, flatten, dense 3", [2, 4, 6, 6]),
  ] + (0..<10).map { (random(seed: $0), [2, 8, 8]) }

/// A network of layers that are drawn, which keep the size of the image.
private func random(seed: UInt64) -> String {
  var generator = SeededGenerator(seed: seed)
  let layers = [
    "conv 4 3x3 padding 1", "conv 6 1x1", "conv 4 5x5 padding same", "depthwise 3x3 padding 1",
    "conv 4 3x3 padding 2 dilation 2 padding-mode circular", "convtranspose 4 3x3 padding 1",
    "batchnorm", "layernorm", "groupnorm 2", "instancenorm", "lrn 2", "relu", "elu", "selu",
    "gelu", "silu", "mish", "hardswish", "softsign", "prelu", "softmax", "logsoftmax",
    "maxpool 3 stride 1 padding 1", "avgpool 3 stride 1 padding 1", "lppool 2 1 stride 1",
    "residual(conv 4 1x1, relu)", "parallel(conv 2 1x1 | conv 2 3x3 padding 1)", "conv 4 1x1",
    "dropout 0.3", "gate(globalavgpool, sigmoid)", "upsample 2, avgpool 2",
    "pixelunshuffle 2, pixelshuffle 2",
  ]
  let drawn = (0..<6).map { _ in layers.randomElement(using: &generator) ?? "relu" }
  return
    (["conv 4 1x1"] + drawn.map { $0.hasPrefix("residual") ? "conv 4 1x1, \($0)" : $0 }
    + ["conv 4 1x1, maxpool 2, flatten, dense 3"]).joined(separator: ", ")
}

/// Numbers spread over a network, as a chain of cells.
private func cells(_ shape: [Int], _ generator: inout SeededGenerator) -> [Int] {
  shape.map { Int.random(in: 0..<$0, using: &generator) }
}

@Suite struct TraceTests {
  private func trace(_ index: Int) throws -> Trace {
    let (text, input) = networks[index]
    let seed = UInt64(index)
    var network = try Network(text: text, input: input, seed: seed)
    var generator = SeededGenerator(seed: seed &+ 7)
    // Statistics and slopes that do something.
    for p in network.parameters.indices {
      network.parameters[p].tensor.scalars = network.parameters[p].tensor.scalars.map {
        let noise = Float.random(in: -0.3...0.3, using: &generator)
        return network.parameters[p].name.hasSuffix("running_var") ? $0 + abs(noise) : $0 + noise
      }
    }
    let image = Tensor(
      shape: [1] + input,
      scalars: (0..<input.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) })
    return try Trace(network, image: image, target: network.target(1))
  }

  @Test(arguments: networks.indices) func everyValueIsTheSumOfItsTerms(_ index: Int) throws {
    let trace = try trace(index)
    var generator = SeededGenerator(seed: 3)
    for (n, node) in trace.network.nodes.enumerated() {
      let scale = trace.values[n].values.reduce(1e-3) { max($0, abs($1)) }
      for _ in 0..<12 {
        let cell = CellAddress(name: node.name, index: cells(node.shape, &generator))
        let number = try trace.number(cell)
        let place = try #require(CellAddress.place(of: cell.index, in: node.shape))
        var sum = 0.0
        for term in number.terms { sum += term.product }
        #expect(sum == number.sum)
        if number.closing == nil { #expect(number.value == sum, "\(cell)") }
        for term in number.terms {
          if let factor = term.factor { #expect(term.product == term.number * factor) }
        }
        // The terms are those of the reference, and the engine agrees with them.
        #expect(
          abs(number.value - trace.values[n][place]) <= 1e-12 * scale, "\(cell) \(node.layer.text)")
        #expect(abs(try #require(number.engine) - number.value) <= 1e-4 * scale, "\(cell)")
        // A border of zeros comes from nowhere.
        #expect(!number.terms.isEmpty || node.layer is Pad2D)
        #expect(!number.terms.contains { $0.from.name == "rest" }, "\(cell) \(node.layer.text)")
        try checkOperands(of: number, trace)
      }
    }
  }

  /// What a term says stands somewhere stands there.
  private func checkOperands(of number: TracedNumber, _ trace: Trace) throws {
    for term in number.terms.prefix(40) where term.from.name != "mean" && term.from.name != "loss" {
      if number.isGradient {
        guard !term.from.index.isEmpty else { continue }
        let there = try trace.derivative(of: term.from).value
        #expect(
          abs(there - term.number) <= 1e-9 * max(1e-3, abs(there)), "\(number.cell) \(term.from)")
      } else {
        let there = try trace.number(term.from).value
        #expect(
          abs(there - term.number) <= 1e-12 * max(1, abs(there)), "\(number.cell) \(term.from)")
        if let of = term.of, let factor = term.factor {
          #expect(
            abs(try trace.number(of).value - factor) <= 1e-12 * max(1, abs(factor)),
            "\(number.cell) \(of)")
        }
      }
    }
  }

  @Test(arguments: networks.indices) func everyDerivativeIsTheSumOfItsChain(_ index: Int) throws {
    let trace = try trace(index)
    let gradients = try #require(trace.gradients)
    var generator = SeededGenerator(seed: 5)
    let largest = (gradients.nodes + gradients.parameters).flatMap(\.values).reduce(0) {
      max($0, abs($1))
    }
    func check(
      _ cell: CellAddress, _ expected: ReferenceTensor, _ shape: [Int]
    ) throws {
      let number = try trace.derivative(of: cell)
      let place = try #require(CellAddress.place(of: cell.index, in: shape))
      let scale = max(largest / 100, expected.values.reduce(0) { max($0, abs($1)) })
      #expect(number.value == number.terms.reduce(0) { $0 + $1.product })
      #expect(abs(number.value - expected[place]) <= 1e-11 * scale, "\(cell) \(number.layer)")
      #expect(
        abs(try #require(number.engine) - number.value) <= 1e-4 * scale, "\(cell) \(number.layer)")
    }
    for (n, node) in trace.network.nodes.enumerated() {
      for _ in 0..<6 {
        let cell = CellAddress(name: node.name, index: cells(node.shape, &generator))
        try check(cell, gradients.nodes[n], node.shape)
        try checkOperands(of: try trace.derivative(of: cell), trace)
      }
    }
    let input = trace.network.inputs[0].shape
    for _ in 0..<6 {
      let cell = CellAddress(name: "input", index: cells(input, &generator))
      try check(cell, gradients.input, input)
    }
    for (p, parameter) in trace.network.parameters.enumerated() {
      let shape = parameter.tensor.shape
      let cell = CellAddress(name: parameter.name, index: cells(shape, &generator))
      if parameter.isLearned {
        try check(cell, gradients.parameters[p], shape)
      } else {
        #expect(throws: InvalidTrace.self) { try trace.derivative(of: cell) }
      }
    }
  }

  @Test(arguments: [
    "cross-entropy", "cross-entropy smoothing 0.1 weights 1,2,3", "focal 2", "multi-margin", "mse",
    "huber 0.1",
    "hinge", "mae",
  ]) func theLossIsTheSumOfItsTerms(_ name: String) throws {
    let network = try Network(text: "flatten, dense 3", input: [1, 4, 4], seed: 2)
    let image = Tensor(shape: [1, 1, 4, 4], scalars: (0..<16).map { Float($0) / 8 - 1 })
    let loss = try Loss(named: name)
    let trace = try Trace(network, image: image, target: network.target(2), loss: loss)
    let number = try trace.number(CellAddress("loss"))
    let expected = loss.referenceValue(
      output: trace.values[1], target: ReferenceTensor(network.target(2)))
    #expect(number.terms.count == 3)
    #expect(number.value == number.terms.reduce(0) { $0 + $1.product })
    #expect(abs(number.value - expected) <= 1e-12 * max(1, expected))
    #expect(abs(try #require(number.engine) - expected) <= 1e-5 * max(1, expected))
    #expect(try trace.derivative(of: CellAddress("loss")).value == 1)
  }

  @Test func aStepOfAnOptimizerIsTold() throws {
    let trace = try trace(0)
    let cell = try CellAddress("conv1.weight[1, 1, 2, 0]")
    let number = try trace.derivative(of: cell, optimizer: SGD(learningRate: 0.5))
    let before = try trace.number(cell).value
    let after = try #require(number.step).after
    #expect(abs(after - (before - 0.5 * number.value)) <= 1e-12)
    #expect(number.value != 0)
  }

  @Test(arguments: networks.indices) func theGradientChecks(_ index: Int) throws {
    let check = try GradientCheck(try trace(index), samples: 12)
    #expect(check.passes, "\(check.text)")
    #expect(check.findings.count == check.findings.filter { $0.checked == min(12, $0.count) }.count)
  }

  @Test func aProductOfMatricesIsARowTimesAColumn() throws {
    let network = try Network(inputs: [("image", [3, 4])], seed: 2) { x in
      Dense(2)(Flatten()(MatMul()(Dropout(0.5)(x[0]), Transpose([1, 0])(x[0]))))
    }
    let image = Tensor(shape: [1, 3, 4], scalars: (0..<12).map { Float($0) / 4 - 1 })
    let trace = try Trace(network, image: image, target: network.target(1))
    let number = try trace.number(CellAddress("matmul1[1, 2]"))
    #expect(number.terms.map(\.number) == [0, 0.25, 0.5, 0.75])
    #expect(number.terms.map(\.factor) == [1, 1.25, 1.5, 1.75])
    #expect(number.value == number.sum && number.sum == 2.375)
    #expect(number.terms.allSatisfy { $0.of?.name == "transpose1" })
    #expect(try GradientCheck(trace).passes)
  }

  @Test func aWrongGradientDoesNotCheck() throws {
    let network = try Network(
      input: [1, 4, 4], seed: 2, layers: [WrongSlope(), Flatten(), Dense(3)])
    let image = Tensor(shape: [1, 1, 4, 4], scalars: (0..<16).map { Float($0) / 8 - 1 })
    let trace = try Trace(network, image: image, target: network.target(0))
    let check = try GradientCheck(trace)
    #expect(!check.passes)
    #expect(check.worst?.name == "wrong1.weight")
    #expect(check.text.contains("wrong1.weight[0]"))
  }

  @Test func lossesThatAreNoNumbersDoNotCheck() throws {
    // The logarithm of a negative score is no number; the derivative beside it is one.
    var network = try Network(text: "flatten, dense 3", input: [1, 4, 4], seed: 2)
    network.parameters[1].tensor.scalars = [-9, -9, -9]
    let image = Tensor(shape: [1, 1, 4, 4], scalars: (0..<16).map { Float($0) / 8 - 1 })
    let trace = try Trace(
      network, image: image, target: network.target(1), loss: Loss(named: "nll"))
    #expect(try !GradientCheck(trace).passes)
  }

  @Test func cornersAreCountedApart() throws {
    // Zeros enter a ReLU: every derivative by the biases lies between two slopes.
    var network = try Network(
      text: "conv 2 3x3, relu, flatten, dense 3", input: [1, 5, 5], seed: 2)
    for p in network.parameters.indices where network.parameters[p].name == "conv1.bias" {
      network.parameters[p].tensor.scalars = [0, 0]
    }
    let trace = try Trace(
      network, image: Tensor(repeating: 0, shape: [1, 1, 5, 5]), target: network.target(0))
    let check = try GradientCheck(trace)
    #expect(check.passes, "\(check.text)")
    #expect(check.findings.first { $0.name == "conv1.bias" }?.corners == 2)
  }

  @Test func addressesAreReadAsTheyAreWritten() throws {
    let trace = try trace(1)
    for text in ["conv1[0, 3, 4]", "conv1.weight[3, 0, 2, 2]", "loss", "input[1, 7, 7]"] {
      let cell = try CellAddress(text)
      #expect("\(cell)" == text)
      #expect(try trace.number(cell).cell == cell)
    }
    #expect(try CellAddress(" conv1 [0,3,4]") == CellAddress("conv1[0, 3, 4]"))
    for (text, says) in [
      ("conv1[0, 3]", "expected 3 indices"), ("conv1[0, 3, 99]", "inside [4, 8, 8]"),
      ("conv1[-1, 0, 0]", "inside"), ("conv1", "expected 3 indices"), ("conv9[0]", "did you mean"),
      ("loss[0]", "no index"),
    ] {
      let cell = try CellAddress(text)
      let error = #expect(throws: InvalidTrace.self) { try trace.number(cell) }
      #expect(
        try #require(error).description.contains(says), "\(text): \(error.map { "\($0)" } ?? "")")
    }
    #expect(throws: InvalidTrace.self) { try CellAddress("conv1[0, x, 1]") }
    #expect(throws: InvalidTrace.self) { try CellAddress("conv1[0,,1]") }
  }

  @Test func withoutAClassThereIsNoLoss() throws {
    let network = try Network(text: "flatten, dense 3", input: [1, 4, 4], seed: 2)
    let trace = try Trace(network, image: Tensor(repeating: 0.5, shape: [1, 1, 4, 4]))
    #expect(throws: InvalidTrace.self) { try trace.number(CellAddress("loss")) }
    #expect(throws: InvalidTrace.self) { try trace.derivative(of: CellAddress("fc1[0]")) }
    #expect(throws: InvalidTrace.self) {
      try Trace(network, image: Tensor(repeating: 0.5, shape: [1, 1, 4, 4]), limit: 10)
    }
  }

  /// Every model that has a name and a reference that ends soon.
  @Test(
    arguments: NamedModel.all.map(\.name).filter { !["resnet18", "mobilenet-v2"].contains($0) })
  func namedModelsAddUp(_ name: String) throws {
    let model = try NamedModel(named: name)
    let network = try model.network(seed: 1)
    var generator = SeededGenerator(seed: 11)
    let shape = [1] + model.input
    let image = Tensor(
      shape: shape,
      scalars: (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) })
    let trace = try Trace(network, image: image, target: network.target(1), loss: model.loss)
    let gradients = try #require(trace.gradients)
    for (n, node) in network.nodes.enumerated() {
      let cell = CellAddress(name: node.name, index: cells(node.shape, &generator))
      let place = try #require(CellAddress.place(of: cell.index, in: node.shape))
      let scale = trace.values[n].values.reduce(1e-3) { max($0, abs($1)) }
      let number = try trace.number(cell)
      #expect(abs(number.value - trace.values[n][place]) <= 1e-11 * scale, "\(cell)")
      #expect(abs(try #require(number.engine) - number.value) <= 1e-4 * scale, "\(cell)")
      let slope = try trace.derivative(of: cell)
      let size = gradients.nodes[n].values.reduce(1e-9) { max($0, abs($1)) }
      #expect(abs(slope.value - gradients.nodes[n][place]) <= 1e-11 * size, "\(cell)")
      #expect(abs(try #require(slope.engine) - slope.value) <= 1e-3 * size, "\(cell)")
    }
  }
}

/// y = w · x with a derivative by w that is twice too large.
private struct WrongSlope: Layer {
  var stem: String { "wrong" }
  var text: String { "wrong" }
  var backwardNeeds: BackwardNeeds { .inputs }

  func outputShape(of inputs: [[Int]]) throws -> [Int] { inputs[0] }

  func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    [ParameterDescription(name: "weight", shape: [1], initializer: .constant(0.5))]
  }

  func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    inputs[0].map { $0 * parameters[0][0] }
  }

  func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var sum = 0.0
    for k in 0..<gradient.count { sum += gradient[k] * inputs[0][k] }
    return ReferenceGradients(
      inputs: [gradient.map { $0 * parameters[0][0] }],
      parameters: [ReferenceTensor(shape: [1], values: [2 * sum])])
  }

  func compile(into site: inout LayerSite) {
    let (input, output) = (site.inputs[0], site.output)
    let w = site.parameters[0].values
    site.forward(tasks: 1) { _ in
      for k in 0..<input.elements * 16 {
        (output.values + k).pointee = (input.values + k).pointee * w.base.pointee
      }
    }
  }
}
