import Foundation
import Striate

extension Trace {
  /// What a layer adds up for one of its numbers, and what it makes of the sum.
  func layerTerms(
    of n: Int, at k: Int
  ) -> (terms: [TracedNumber.Term], closing: TracedNumber.Closing?) {
    let node = network.nodes[n]
    let inputs = node.inputs.map(value)
    let x = inputs[0]
    func read(_ i: Int, factor: Double, of: CellAddress? = nil) -> TracedNumber.Term {
      TracedNumber.Term(
        from: address(of: node.inputs[0], i), number: x[i], factor: factor, of: of)
    }
    switch node.layer {
    case let layer as any ProductSum: return (products(layer, node, x, at: k), nil)
    case let layer as any Pool2D:
      return (
        pooled(layer.rule, x, value: values[n][k]) { body in
          layer.forEachWindow(x: x.shape, y: values[n].shape) { if $0 == k { body($1) } }
        }.map { read($0.pixel, factor: $0.slope) }, nil
      )
    case let layer as AdaptivePool2D:
      return (
        pooled(layer.rule, x, value: values[n][k]) { body in
          layer.forEachWindow(x: x.shape) { if $0 == k { body($1) } }
        }.map { read($0.pixel, factor: $0.slope) }, nil
      )
    case let layer as BatchNorm: return (normalized(layer, node, x, at: k), nil)
    case let layer as any Normalization: return (normalized(layer, node, x, at: k), nil)
    case let layer as LocalResponseNorm:
      return ([read(k, factor: layer.referenceFactor(of: k, in: x))], nil)
    case is Activation:
      let term = TracedNumber.Term(
        from: address(of: node.inputs[0], k), number: x[k], term: values[n][k])
      return ([term], nil)
    case let layer as PReLU:
      guard !(x[k] > 0) else { return ([read(k, factor: 1)], nil) }
      let slope = layer.perChannel ? k / x.shape.dropFirst(2).reduce(1, *) : 0
      let p = node.parameters.lowerBound
      return (
        [read(k, factor: parameters[p][slope], of: address(ofParameter: p, slope))], nil
      )
    case is Softmax, is LogSoftmax: return exponentials(node, x, at: k)
    case is Multiply: return ([product(node, inputs, at: k)], nil)
    case is MatMul: return (products(node, inputs, at: k), nil)
    case let layer as RadialBasis: return distance(layer, node, x, at: k)
    default: return (slopes(of: n, inputs, at: k), nil)
    }
  }

  /// w · x and the bias.
  private func products(
    _ layer: any ProductSum, _ node: Network.Node, _ x: ReferenceTensor, at k: Int
  ) -> [TracedNumber.Term] {
    let p = node.parameters.lowerBound
    var terms: [TracedNumber.Term] = []
    layer.forEachProduct(of: Array(x.shape.dropFirst())) { output, weight, input in
      guard output == k else { return }
      terms.append(
        TracedNumber.Term(
          from: address(of: node.inputs[0], input), number: x[input],
          factor: parameters[p][weight], of: address(ofParameter: p, weight)))
    }
    if node.parameters.count > 1 {
      let place = biasPlace(of: k, node, p + 1)
      terms.append(
        TracedNumber.Term(
          from: address(ofParameter: p + 1, place), number: parameters[p + 1][place], factor: 1))
    }
    return terms
  }

  /// The place of the bias of an output: one a number where it is untied, or else one a channel.
  func biasPlace(of k: Int, _ node: Network.Node, _ bias: Int) -> Int {
    parameters[bias].count == node.shape.reduce(1, *) ? k : k / node.shape.dropFirst().reduce(1, *)
  }

  /// The pixels of one window with the slopes of the rule, whose products with the pixels add up to the value:
  /// a pooling of t · x is t times the pooling of x.
  private func pooled(
    _ rule: PoolingRule, _ x: ReferenceTensor, value: Double,
    window: ((PoolingRule.Pixels) -> Void) -> Void
  ) -> [(pixel: Int, slope: Double)] {
    var result: [(Int, Double)] = []
    window { pixels in
      let slopes = rule.slopes(pixels.inside.map { x[$0] }, value: value, pixels)
      result = Array(zip(pixels.inside, slopes))
    }
    return result
  }

  /// γ/√(σ² + ε) · x − γ/√(σ² + ε) · μ + β with the running statistics.
  private func normalized(
    _ layer: BatchNorm, _ node: Network.Node, _ x: ReferenceTensor, at k: Int
  ) -> [TracedNumber.Term] {
    let c = k / x.shape.dropFirst(2).reduce(1, *)
    let (first, mean) = (node.parameters.lowerBound, node.parameters.upperBound - 2)
    let factor =
      (layer.isAffine ? parameters[first][c] : 1)
      / (parameters[mean + 1][c] + layer.epsilon).squareRoot()
    return [
      TracedNumber.Term(from: address(of: node.inputs[0], k), number: x[k], factor: factor),
      TracedNumber.Term(
        from: address(ofParameter: mean, c), number: parameters[mean][c], factor: -factor),
    ] + (layer.isAffine ? [bias(first + 1, at: c)] : [])
  }

  /// w/√(σ² + ε) · x − w/√(σ² + ε) · μ + b with the image's own statistics.
  private func normalized(
    _ layer: any Normalization, _ node: Network.Node, _ x: ReferenceTensor, at k: Int
  ) -> [TracedNumber.Term] {
    let statistics = layer.referenceStatistics(of: k, in: x)
    let first = node.parameters.lowerBound
    let factor =
      (layer.affine ? parameters[first][statistics.parameter] : 1) * statistics.scale
    return [
      TracedNumber.Term(from: address(of: node.inputs[0], k), number: x[k], factor: factor),
      TracedNumber.Term(
        from: CellAddress(name: "mean", index: []), number: statistics.mean, factor: -factor),
    ] + (layer.affine ? [bias(first + 1, at: statistics.parameter)] : [])
  }

  private func bias(_ p: Int, at place: Int) -> TracedNumber.Term {
    TracedNumber.Term(
      from: address(ofParameter: p, place), number: parameters[p][place], factor: 1)
  }

  /// Softmax and its logarithm: the exponentials of a column.
  private func exponentials(
    _ node: Network.Node, _ x: ReferenceTensor, at k: Int
  ) -> (terms: [TracedNumber.Term], closing: TracedNumber.Closing?) {
    let size = x.shape.dropFirst(2).reduce(1, *)
    let column = (0..<x.shape[1]).map { $0 * size + k % size }
    let largest = column.map { x[$0] }.max() ?? 0
    let terms = column.map {
      TracedNumber.Term(
        from: address(of: node.inputs[0], $0), number: x[$0], term: exp(x[$0] - largest))
    }
    let sum = TracedNumber.sum(of: terms)
    return (
      terms,
      node.layer is Softmax
        ? TracedNumber.Closing(formula: "exp(x − max) / sum", value: exp(x[k] - largest) / sum)
        : TracedNumber.Closing(formula: "x − max − log(sum)", value: x[k] - largest - log(sum))
    )
  }

  /// The first input times all others.
  private func product(
    _ node: Network.Node, _ inputs: [ReferenceTensor], at k: Int
  ) -> TracedNumber.Term {
    let places = inputs.map { $0.count == inputs[0].count ? k : k / (inputs[0].count / $0.count) }
    let factor = inputs.indices.dropFirst().reduce(1) { $0 * inputs[$1][places[$1]] }
    return TracedNumber.Term(
      from: address(of: node.inputs[0], k), number: inputs[0][k], factor: factor,
      of: inputs.count == 2 ? address(of: node.inputs[1], places[1]) : nil)
  }

  /// A row of the first matrix times a column of the second.
  private func products(
    _ node: Network.Node, _ inputs: [ReferenceTensor], at k: Int
  ) -> [TracedNumber.Term] {
    var terms: [TracedNumber.Term] = []
    MatMul.Sizes(inputs[0].shape, inputs[1].shape).forEachProduct(of: k) { a, b in
      terms.append(
        TracedNumber.Term(
          from: address(of: node.inputs[0], a), number: inputs[0][a], factor: inputs[1][b],
          of: address(of: node.inputs[1], b)))
    }
    return terms
  }

  /// The squared distance from a centre, and its function.
  private func distance(
    _ layer: RadialBasis, _ node: Network.Node, _ x: ReferenceTensor, at k: Int
  ) -> (terms: [TracedNumber.Term], closing: TracedNumber.Closing?) {
    let (p, features) = (node.parameters.lowerBound, x.count)
    let terms = (0..<features).map { f in
      let d = x[f] - parameters[p][k * features + f]
      var term = TracedNumber.Term(
        from: address(of: node.inputs[0], f), number: x[f], term: d * d)
      term.of = address(ofParameter: p, k * features + f)
      return term
    }
    let sum = TracedNumber.sum(of: terms)
    return (
      terms,
      TracedNumber.Closing(
        formula: "φ(√sum), φ: \(layer.text)", value: layer.function.value(atSquaredDistance: sum))
    )
  }

  /// Any other layer: its slopes times its inputs, and what they leave over where it is not linear.
  private func slopes(
    of n: Int, _ inputs: [ReferenceTensor], at k: Int
  ) -> [TracedNumber.Term] {
    let node = network.nodes[n]
    var one = ReferenceTensor(zeros: values[n].shape)
    one[k] = 1
    let slopes = node.layer.referenceBackward(
      one, inputs: inputs, output: values[n], parameters: Array(parameters[node.parameters]))
    var terms: [TracedNumber.Term] = []
    for (slot, slope) in slopes.inputs.enumerated() {
      for i in 0..<slope.count where slope[i] != 0 {
        terms.append(
          TracedNumber.Term(
            from: address(of: node.inputs[slot], i), number: inputs[slot][i], factor: slope[i]))
      }
    }
    let rest = values[n][k] - TracedNumber.sum(of: terms)
    let size = terms.reduce(abs(values[n][k])) { $0 + abs($1.product) }
    if !(abs(rest) <= 1e-12 * size) {
      terms.append(
        TracedNumber.Term(from: CellAddress(name: "rest", index: []), number: rest, factor: 1))
    }
    return terms
  }
}
