import Striate

/// The chain rule: ∂loss/∂x = Σ ∂loss/∂y · ∂y/∂x over everything that is computed from x.
extension Trace {
  /// Evaluations of numbers that the slopes of one layer may take, one by one.
  private static let work = 20_000_000

  /// The terms of ∂loss/∂ of a value.
  func readerTerms(
    of value: Network.Value, at k: Int, _ gradients: [ReferenceTensor]
  ) -> [TracedNumber.Term] {
    var terms: [TracedNumber.Term] = []
    if value == network.outputs[0], let target {
      let slope = loss.referenceGradient(output: self.value(value), target: target)
      terms.append(
        TracedNumber.Term(
          from: CellAddress(name: "loss", index: []), number: 1, factor: slope[k]))
    }
    for n in network.nodes.indices {
      let node = network.nodes[n]
      for slot in node.inputs.indices where node.inputs[slot] == value {
        if let layer = node.layer as? any ProductSum {
          let p = node.parameters.lowerBound
          layer.forEachProduct(of: network.shape(of: value)) { output, weight, input in
            guard input == k else { return }
            terms.append(
              TracedNumber.Term(
                from: address(of: .node(n), output), number: gradients[n][output],
                factor: parameters[p][weight], of: address(ofParameter: p, weight)))
          }
        } else {
          terms += slopes(of: n, gradients[n], changed: { inputs, _, d in inputs[slot][k] += d }) {
            $0.inputs[slot][k]
          }
        }
      }
    }
    return terms
  }

  /// The terms of ∂loss/∂ of a parameter.
  func parameterTerms(
    _ p: Int, at k: Int, _ gradients: [ReferenceTensor]
  ) -> [TracedNumber.Term] {
    var terms: [TracedNumber.Term] = []
    for n in network.nodes.indices where network.nodes[n].parameters.contains(p) {
      let node = network.nodes[n]
      let slot = p - node.parameters.lowerBound
      guard let layer = node.layer as? any ProductSum else {
        terms += slopes(of: n, gradients[n], changed: { _, own, d in own[slot][k] += d }) {
          $0.parameters[slot][k]
        }
        continue
      }
      if slot == 0 {
        let x = value(node.inputs[0])
        layer.forEachProduct(of: network.shape(of: node.inputs[0])) { output, weight, input in
          guard weight == k else { return }
          terms.append(
            TracedNumber.Term(
              from: address(of: .node(n), output), number: gradients[n][output],
              factor: x[input], of: address(of: node.inputs[0], input)))
        }
      } else {
        for output in 0..<gradients[n].count where biasPlace(of: output, node, p) == k {
          terms.append(
            TracedNumber.Term(
              from: address(of: .node(n), output), number: gradients[n][output], factor: 1))
        }
      }
    }
    return terms
  }

  /// What a layer hands back for one number: a term for each of its outputs that the number reaches, or, where
  /// those are many, the sum of them.
  ///
  /// - Parameters:
  ///   - changed: Adds to the number.
  ///   - slope: The derivative by the number among the layer's gradients.
  private func slopes(
    of n: Int, _ gradient: ReferenceTensor,
    changed: (inout [ReferenceTensor], inout [ReferenceTensor], Double) -> Void,
    slope: (ReferenceGradients) -> Double
  ) -> [TracedNumber.Term] {
    let node = network.nodes[n]
    let inputs = node.inputs.map(value)
    let own = Array(parameters[node.parameters])
    var reached: Set<Int> = []
    for difference in [1.0, -1.0] {
      var (otherInputs, otherOwn) = (inputs, own)
      changed(&otherInputs, &otherOwn, difference)
      let other = node.layer.referenceForward(otherInputs, parameters: otherOwn)
      for j in 0..<other.count where other[j] != values[n][j] { reached.insert(j) }
    }
    let size = max(values[n].count, (inputs + own).reduce(0) { $0 + $1.count })
    guard reached.count * size <= Self.work else {
      let sum = slope(
        node.layer.referenceBackward(
          gradient, inputs: inputs, output: values[n], parameters: own))
      return [
        TracedNumber.Term(from: CellAddress(name: node.name, index: []), number: sum, factor: 1)
      ]
    }
    return reached.sorted().map { j in
      var one = ReferenceTensor(zeros: gradient.shape)
      one[j] = 1
      let factor = slope(
        node.layer.referenceBackward(one, inputs: inputs, output: values[n], parameters: own))
      return TracedNumber.Term(
        from: address(of: .node(n), j), number: gradient[j], factor: factor)
    }
  }
}
