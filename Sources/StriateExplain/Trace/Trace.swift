import Striate

/// A network's way from one image to the loss and back, in Double by the reference, with what the engine computes
/// beside it; any number on the way can be taken apart.
package struct Trace: Sendable {
  package let network: Network
  package let loss: Loss

  /// What the outputs should be; nil where nobody said.
  let target: ReferenceTensor?
  let input: ReferenceTensor
  let parameters: [ReferenceTensor]
  /// The value of every node.
  package let values: [ReferenceTensor]
  /// ∂loss/∂ of everything; nil where it was not asked for.
  package let gradients: Gradients?
  private let engineInput: Tensor
  private let engineValues: [Tensor]

  package struct Gradients: Sendable {
    package let input: ReferenceTensor
    package let nodes: [ReferenceTensor]
    package let parameters: [ReferenceTensor]
    let engineLoss: Double
    let engineInput: Tensor
    let engineNodes: [Tensor]
    let engineParameters: [Tensor]
  }

  /// Multiply-adds that the reference can do in about a minute.
  package static let usualLimit = 10_000_000_000

  /// Both passes.
  ///
  /// - Parameters:
  ///   - image: [1, …] as it enters the network.
  ///   - target: [1, …] in the shape of the output; with it there is a loss, and derivatives.
  ///   - limit: The multiply-adds that the network may have.
  ///
  /// Throws `InvalidTrace` or `InvalidInput`.
  package init(
    _ network: Network, image: Tensor, target: Tensor? = nil, loss: Loss? = nil, threads: Int = 1,
    limit: Int = Trace.usualLimit
  ) throws {
    try Self.check(network, limit: limit)
    let loss = loss ?? network.usualLoss
    let shown = try network.showingEveryLayer()
    engineValues = try shown.layerValues(of: image, threads: threads)
    engineInput = image
    (self.network, self.loss, self.target) = (network, loss, target.map { ReferenceTensor($0) })
    input = ReferenceTensor(image)
    parameters = network.referenceParameters
    values = network.referenceForward([input], parameters: parameters)
    guard let target else {
      gradients = nil
      return
    }
    let engine = try shown.layerGradients(of: image, target: target, loss: loss, threads: threads)
    let all = try network.gradients(
      [image], targets: target, loss: loss, kernels: .best, threads: threads)
    let slope = loss.referenceGradient(
      output: network.output(of: values), target: ReferenceTensor(target))
    let own = network.referenceGradients(
      slope, inputs: [input], values: values, parameters: parameters)
    gradients = Gradients(
      input: own.gradients.inputs[0], nodes: own.nodes, parameters: own.gradients.parameters,
      engineLoss: engine.loss, engineInput: engine.input, engineNodes: engine.layers,
      engineParameters: all.parameters)
  }

  private static func check(_ network: Network, limit: Int) throws {
    guard network.inputs.count == 1 else {
      throw InvalidTrace(
        "trace: expected a network of one input, found \(network.inputs.count) inputs")
    }
    guard case .node = network.outputs[0] else {
      throw InvalidTrace("trace: expected an output that a layer computes, found the input")
    }
    let cost = network.nodes.reduce(0) { sum, node in
      sum + ((try? node.layer.multiplyAdds(of: node.inputs.map { network.shape(of: $0) })) ?? 0)
    }
    guard cost <= limit else {
      throw InvalidTrace(
        "trace: expected a network of at most \(limit) multiply-adds, which the reference can do in "
          + "Double in bearable time, found \(cost): choose a smaller one")
    }
  }

  // MARK: Numbers

  /// A value, and the terms that its layer adds up. Throws `InvalidTrace`.
  package func number(_ cell: CellAddress) throws -> TracedNumber {
    switch try place(of: cell) {
    case .loss:
      let target = try self.target ?? needsLabel(cell)
      return lossNumber(cell, target)
    case .parameter(let p, let k):
      return TracedNumber(
        cell, layer: layerText(ofParameter: p), isGradient: false, value: parameters[p][k],
        engine: Double(network.parameters[p].tensor.scalars[k]))
    case .value(.input, let k):
      return TracedNumber(
        cell, layer: "input", isGradient: false, value: input[k],
        engine: Double(engineInput.scalars[k]))
    case .value(.node(let n), let k):
      let (terms, closing) = layerTerms(of: n, at: k)
      var number = TracedNumber(
        cell, layer: network.nodes[n].layer.text, isGradient: false, terms: terms,
        closing: closing, engine: Double(engineValues[n].scalars[k]))
      number.readers = readers(of: n, at: k)
      number.isWeighted = network.nodes[n].layer is any ProductSum
      return number
    }
  }

  /// ∂loss/∂ of a number, and the terms of the chain rule. Throws `InvalidTrace`.
  ///
  /// - Parameter optimizer: What a step of it, its first, would do to a parameter is told as well.
  package func derivative(
    of cell: CellAddress, optimizer: (any Optimizer)? = nil
  ) throws -> TracedNumber {
    guard let gradients else { return try needsLabel(cell) }
    switch try place(of: cell) {
    case .loss:
      return TracedNumber(cell, layer: loss.name, isGradient: true, value: 1, engine: 1)
    case .parameter(let p, let k):
      guard network.parameters[p].isLearned else {
        throw InvalidTrace(
          "cell \"\(cell)\": expected a number that is learned, found a running statistic: no "
            + "gradient changes it")
      }
      var number = TracedNumber(
        cell, layer: layerText(ofParameter: p), isGradient: true,
        terms: parameterTerms(p, at: k, gradients.nodes),
        engine: Double(gradients.engineParameters[p].scalars[k]))
      if let optimizer { number.step = step(of: optimizer, p, k, gradients) }
      return number
    case .value(.input, let k):
      return TracedNumber(
        cell, layer: "input", isGradient: true,
        terms: readerTerms(of: .input(0), at: k, gradients.nodes),
        engine: Double(gradients.engineInput.scalars[k]))
    case .value(.node(let n), let k):
      return TracedNumber(
        cell, layer: network.nodes[n].layer.text, isGradient: true,
        terms: readerTerms(of: .node(n), at: k, gradients.nodes),
        engine: Double(gradients.engineNodes[n].scalars[k]))
    }
  }

  private func step(
    of optimizer: any Optimizer, _ p: Int, _ k: Int, _ gradients: Gradients
  ) -> TracedNumber.Step {
    var w = parameters[p].values
    var state = Array(
      repeating: Array(repeating: 0.0, count: w.count), count: optimizer.stateCount)
    optimizer.referenceUpdate(
      &w, shape: parameters[p].shape, gradient: gradients.parameters[p].values, state: &state,
      step: 1)
    return TracedNumber.Step(optimizer: optimizer.text, after: w[k])
  }

  private func lossNumber(_ cell: CellAddress, _ target: ReferenceTensor) -> TracedNumber {
    let y = network.output(of: values)
    let added = loss.referenceTerms(output: y, target: target)
    return TracedNumber(
      cell, layer: loss.name, isGradient: false,
      terms: (0..<y.count).map { k in
        TracedNumber.Term(
          from: address(of: network.outputs[0], k), number: y[k], term: added[k])
      }, engine: gradients?.engineLoss)
  }

  // MARK: Places

  /// What an address means.
  enum Place {
    case loss
    case value(Network.Value, at: Int)
    case parameter(Int, at: Int)
  }

  func place(of cell: CellAddress) throws -> Place { try Self.place(of: cell, in: network) }

  /// Throws `InvalidTrace` where the network has no such number.
  package static func check(_ cell: CellAddress, in network: Network) throws {
    _ = try place(of: cell, in: network)
  }

  private static func place(of cell: CellAddress, in network: Network) throws -> Place {
    let shape: [Int]
    let make: (Int) -> Place
    if let n = network.nodes.firstIndex(where: { $0.name == cell.name }) {
      (shape, make) = (network.nodes[n].shape, { .value(.node(n), at: $0) })
    } else if cell.name == network.inputs[0].name {
      (shape, make) = (network.inputs[0].shape, { .value(.input(0), at: $0) })
    } else if let p = network.parameters.firstIndex(where: { $0.name == cell.name }) {
      (shape, make) = (network.parameters[p].tensor.shape, { .parameter(p, at: $0) })
    } else if cell.name == "loss" {
      guard cell.index.isEmpty else {
        throw InvalidTrace("cell \"\(cell)\": expected no index: the loss is one number")
      }
      return .loss
    } else {
      throw unknown(cell, in: network)
    }
    guard let k = CellAddress.place(of: cell.index, in: shape) else {
      let last = shape.map { "\($0 - 1)" }.joined(separator: ", ")
      throw InvalidTrace(
        "cell \"\(cell)\": expected \(shape.count) indices inside \(shape), such as "
          + "\(cell.name)[\(last)]")
    }
    return make(k)
  }

  private static func unknown(_ cell: CellAddress, in network: Network) -> InvalidTrace {
    let names =
      network.nodes.map(\.name) + network.parameters.map(\.name) + [
        network.inputs[0].name, "loss",
      ]
    let guess = cell.name.nearest(in: names).map { "; did you mean \"\($0)\"?" } ?? ""
    return InvalidTrace(
      "cell \"\("\(cell)".prefix(80))\": expected a layer, a parameter, "
        + "\"\(network.inputs[0].name)\" or \"loss\"\(guess); the layers are "
        + names.prefix(min(network.nodes.count, 30)).joined(separator: ", "))
  }

  private func needsLabel<Result>(_ cell: CellAddress) throws -> Result {
    throw InvalidTrace(
      "cell \"\(cell)\": expected the class that the image should have, found none: without it there "
        + "is no loss")
  }

  func address(of value: Network.Value, _ k: Int) -> CellAddress {
    switch value {
    case .input(let i):
      CellAddress(
        name: network.inputs[i].name, index: CellAddress.indices(k, in: network.inputs[i].shape))
    case .node(let n):
      CellAddress(
        name: network.nodes[n].name, index: CellAddress.indices(k, in: network.nodes[n].shape))
    }
  }

  func address(ofParameter p: Int, _ k: Int) -> CellAddress {
    CellAddress(
      name: network.parameters[p].name,
      index: CellAddress.indices(k, in: network.parameters[p].tensor.shape))
  }

  func value(_ value: Network.Value) -> ReferenceTensor {
    if case .node(let n) = value { values[n] } else { input }
  }

  private func layerText(ofParameter p: Int) -> String {
    let owner = network.nodes.first { $0.parameters.contains(p) }
    return "parameter of \(owner.map(\.layer.text) ?? "the network")"
  }

  /// Where a value goes to, element by element.
  private func readers(of n: Int, at k: Int) -> [(cell: CellAddress, value: Double)] {
    network.nodes.indices.compactMap { reader in
      let node = network.nodes[reader]
      guard node.inputs == [.node(n)], node.layer is Activation || node.layer is BatchNorm else {
        return nil
      }
      return (address(of: .node(reader), k), values[reader][k])
    }
  }
}

extension Trace {
  /// Input and layers, in order.
  package var layers: [(name: String, layer: String, shape: [Int])] {
    [(network.inputs[0].name, "input", network.inputs[0].shape)]
      + network.nodes.map { ($0.name, $0.layer.text, $0.shape) }
  }

  /// A number in the middle of the first layer with parameters.
  package var exampleCell: CellAddress {
    let node = network.nodes.first { !$0.parameters.isEmpty } ?? network.nodes[0]
    return CellAddress(name: node.name, index: node.shape.map { $0 / 2 })
  }
}

extension Network {
  /// The names of the classes, or their numbers.
  package var classNames: [String] {
    let names = preprocessing.classNames
    let count = outputShape == [1] && names.count != 1 ? 2 : outputShape[0]
    return (0..<count).map { names.indices.contains($0) ? names[$0] : "\($0)" }
  }

  /// What the output [1, classes] should be for a class: 1 there and 0 elsewhere; of a single output 0 or 1.
  package func target(_ label: Int) -> Tensor {
    let outputs = outputShape[0]
    let scalars: [Float] =
      outputs == 1 ? [Float(label)] : (0..<outputs).map { $0 == label ? 1 : 0 }
    return Tensor(shape: [1, outputs], scalars: scalars)
  }
}
