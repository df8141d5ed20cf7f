import Striate
import StriateExplain

/// Where one number of a network comes from: the terms that it is the sum of, each with its own place.
///
///     y[k] = Σ(i) ∂y[k]/∂x[i] · x[i] + bias + rest
///     ∂E/∂x[k] = Σ(j) ∂E/∂y[j] · ∂y[j]/∂x[k]
///
/// The derivatives are those of the layer's reference in Double, the numbers x and ∂E/∂y the engine's.
struct Origin {
  /// A product that is added up, and the number that it came from.
  struct Term {
    var from: String
    var index: [Int]
    var number: Double
    var factor: Double
    var product: Double { number * factor }
  }

  let name: String
  let layer: String
  let index: [Int]
  /// What the engine computed.
  let engine: Float
  var terms: [Term] = []
  /// What the layer adds of its own, and what no product explains.
  var (bias, rest) = (0.0, 0.0)
  /// What the layer's reference computes of the same inputs; for a gradient the sum of the terms.
  var value = 0.0
  let isGradient: Bool

  /// Terms that one answer holds: the largest.
  private static let most = 3000
  /// Multiply-adds of the reference that one answer may take.
  private static let work = 400_000_000

  /// "conv2[3, 7, 9]". Throws where there is no such layer or place.
  init(
    cell: String, in seen: SeenNetwork, input: Tensor, values: [Tensor],
    gradients: (input: Tensor, layers: [Tensor])?
  ) throws {
    let network = seen.network
    let parts = cell.split(separator: "[", maxSplits: 1)
    let name = parts.first.map { $0.filter { !$0.isWhitespace } } ?? ""
    let numbers = parts.count > 1 ? parts[1].split { "],".contains($0) || $0.isWhitespace } : []
    let index = numbers.compactMap { Int($0) }
    let node = network.nodes.firstIndex { $0.name == name }
    let isInput = name == network.inputs[0].name
    guard node != nil || isInput else {
      throw Refusal(
        404,
        "cell \"\(cell.prefix(80))\": expected a layer of the network, such as "
          + "\(network.nodes[0].name)[0, 0, 0]")
    }
    let place = node.map { Network.Value.node($0) } ?? .input(0)
    let shape = network.shape(of: place)
    guard index.count == shape.count, numbers.count == index.count,
      zip(index, shape).allSatisfy({ $0 >= 0 && $0 < $1 })
    else {
      throw Refusal(
        422, "cell \"\(cell.prefix(80))\": expected \(shape.count) indices inside \(shape)")
    }
    let flat = zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
    (self.name, self.index, isGradient) = (name, index, gradients != nil)
    layer = node.map { network.nodes[$0].layer.text } ?? "input"
    let parameters = network.referenceParameters
    func tensor(_ value: Network.Value) -> ReferenceTensor {
      if case .node(let i) = value { ReferenceTensor(values[i]) } else { ReferenceTensor(input) }
    }
    if let gradients {
      engine = (node.map { gradients.layers[$0] } ?? gradients.input).scalars[flat]
      try collectReaders(of: place, at: flat, network, parameters, tensor, gradients.layers)
      value = terms.reduce(0) { $0 + $1.product }
      return
    }
    engine = (node.map { values[$0] } ?? input).scalars[flat]
    value = Double(engine)
    guard let node else { return }
    try collectSources(of: network.nodes[node], at: flat, network, parameters, tensor)
  }

  private static func check(_ layer: Network.Node, _ network: Network, times: Int = 1) throws {
    let cost = (try? layer.layer.multiplyAdds(of: layer.inputs.map { network.shape(of: $0) })) ?? 0
    guard cost <= work / max(1, times) else {
      throw Refusal(
        422,
        "layer \(layer.name): expected at most \(work) multiply-adds to take apart, found "
          + "\(cost) × \(times): choose a number of a smaller layer")
    }
  }

  /// The indices of a flat place in a shape.
  private static func indices(_ flat: Int, _ shape: [Int]) -> [Int] {
    var (rest, result) = (flat, [Int]())
    for extent in shape.reversed() {
      result.append(rest % extent)
      rest /= extent
    }
    return result.reversed()
  }

  private static func name(_ value: Network.Value, _ network: Network) -> String {
    if case .node(let i) = value { network.nodes[i].name } else { network.inputs[0].name }
  }

  /// The terms of a layer's number.
  private mutating func collectSources(
    of node: Network.Node, at flat: Int, _ network: Network, _ all: [ReferenceTensor],
    _ tensor: (Network.Value) -> ReferenceTensor
  ) throws {
    try Self.check(node, network, times: 2)
    let (inputs, own) = (node.inputs.map(tensor), Array(all[node.parameters]))
    let output = node.layer.referenceForward(inputs, parameters: own)
    var one = ReferenceTensor(zeros: output.shape)
    one.values[flat] = 1
    let slopes = node.layer.referenceBackward(
      one, inputs: inputs, output: output, parameters: own)
    for (source, (input, slope)) in zip(node.inputs, zip(inputs, slopes.inputs)) {
      let shape = Array(input.shape.dropFirst())
      for (i, factor) in slope.values.enumerated()
      where factor != 0 || (i == flat && shape == node.shape) {
        terms.append(
          Term(
            from: Self.name(source, network), index: Self.indices(i, shape),
            number: input.values[i], factor: factor))
      }
    }
    for (number, (parameter, slope)) in zip(node.parameters, zip(own, slopes.parameters))
    where network.parameters[number].name.hasSuffix(".bias") {
      bias += zip(parameter.values, slope.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    value = output.values[flat]
    rest = value - bias - terms.reduce(0) { $0 + $1.product }
  }

  /// What every number that reads this one hands back to it.
  private mutating func collectReaders(
    of place: Network.Value, at flat: Int, _ network: Network, _ all: [ReferenceTensor],
    _ tensor: (Network.Value) -> ReferenceTensor, _ gradients: [Tensor]
  ) throws {
    for (number, node) in network.nodes.enumerated() {
      for (slot, source) in node.inputs.enumerated() where source == place {
        try Self.check(node, network, times: 2)
        let own = Array(all[node.parameters])
        var inputs = node.inputs.map(tensor)
        let output = node.layer.referenceForward(inputs, parameters: own)
        // Whom a change of this number reaches; and for layers that are linear in it, how much.
        let before = inputs[slot].values[flat]
        inputs[slot].values[flat] = before + 1
        let above = node.layer.referenceForward(inputs, parameters: own)
        inputs[slot].values[flat] = before - 1
        let below = node.layer.referenceForward(inputs, parameters: own)
        inputs[slot].values[flat] = before
        let reached = output.values.indices.filter {
          above.values[$0] != output.values[$0] || below.values[$0] != output.values[$0]
        }
        let isLinear =
          node.layer is Conv2D || node.layer is Dense || node.layer is Conv1D
          || node.layer is DepthwiseConv2D
        if !isLinear { try Self.check(node, network, times: reached.count) }
        for j in reached {
          var slope = above.values[j] - output.values[j]
          if !isLinear {
            var one = ReferenceTensor(zeros: output.shape)
            one.values[j] = 1
            slope =
              node.layer.referenceBackward(
                one, inputs: inputs, output: output, parameters: own
              ).inputs[slot].values[flat]
          }
          terms.append(
            Term(
              from: node.name, index: Self.indices(j, node.shape),
              number: Double(gradients[number].scalars[j]), factor: slope))
        }
      }
    }
  }

  var json: JSON {
    let shown =
      terms.count > Self.most
      ? Array(terms.sorted { abs($0.product) > abs($1.product) }.prefix(Self.most)) : terms
    return .object([
      ("name", .string(name)), ("layer", .string(layer)), ("index", .integers(index)),
      ("gradient", .bool(isGradient)), ("value", .number(value)),
      ("engine", .number(Double(engine))), ("difference", .number(Double(engine) - value)),
      ("bias", .number(bias)), ("rest", .number(rest)), ("count", .integer(terms.count)),
      ("sum", .number(terms.reduce(0) { $0 + $1.product })),
      (
        "terms",
        .array(
          shown.map {
            .object([
              ("from", .string($0.from)), ("index", .integers($0.index)),
              ("number", .number($0.number)), ("factor", .number($0.factor)),
              ("product", .number($0.product)),
            ])
          })
      ),
    ])
  }
}

extension Looking {
  /// Where the number that `cell` names comes from, or with `gradient=1` its derivative of the loss.
  func origin(_ request: Request) throws -> Response {
    let input = seen.network.preprocessed(seen.entrance.tensor(pixels))
    let values = try seen.shown.layerValues(of: input, threads: 1)
    var gradients: (input: Tensor, layers: [Tensor])?
    if request.query["gradient"] == "1" {
      guard let label = try label(request) else {
        throw Refusal(422, "label: expected a class, found none")
      }
      let found = try seen.shown.layerGradients(
        of: input, target: seen.target(label), loss: seen.network.usualLoss, threads: 1)
      gradients = (found.input, found.layers)
    }
    return .json(
      try Origin(
        cell: request.query["cell"] ?? "", in: seen, input: input, values: values,
        gradients: gradients
      ).json)
  }
}
