import Striate

/// The derivatives of the loss by a network's parameters beside central differences.
///
///     ∂loss/∂w ≈ (loss(w + h) − loss(w − h)) / 2h,   ⟨∂loss/∂w, v⟩ ≈ (loss(w + h·v) − loss(w − h·v)) / 2h
///
/// A parameter's numbers are checked one by one, or of many of them the largest derivatives and some that are drawn;
/// all of them together are checked along a direction v of random signs. All is computed in Double by the reference.
/// Source: Griewank & Walther 2008, "Evaluating Derivatives", ch. 1; LeCun et al. 2012, "Efficient BackProp".
package struct GradientCheck: Sendable {
  /// One number of a parameter.
  package struct Number: Sendable {
    package let cell: CellAddress
    package let derivative: Double
    package let difference: Double
    /// |derivative − difference| beyond the rounding of the loss, relative to the larger of the two and to a
    /// thousandth of the parameter's largest derivative.
    package let error: Double
  }

  /// What was found of one parameter.
  package struct Finding: Sendable {
    package let name: String
    package let count: Int
    package var checked = 0
    /// Numbers at which the loss has a corner, as at the 0 of a ReLU: its slopes to the two sides differ, and the
    /// derivative lies between them.
    package var corners = 0
    /// The number, none at a corner, that agrees least; nil where all are at corners.
    package var worst: Number?
    /// The error along a direction that changes all numbers at once; nil at a corner.
    package var directionError: Double?
  }

  package let findings: [Finding]

  /// Relative errors up to here are the differences' own.
  package static let tolerance = 1e-5

  /// The parameter that agrees least.
  package var worst: Finding? { findings.max { $0.error < $1.error } }

  package var passes: Bool { findings.allSatisfy { $0.error <= Self.tolerance } }

  /// Checks every parameter that is learned.
  ///
  /// - Parameters:
  ///   - samples: The numbers of a parameter that are checked one by one.
  ///   - progress: Told about each parameter, and how many there are.
  ///
  /// Throws `InvalidTrace` where the trace has no derivatives.
  package init(
    _ trace: Trace, samples: Int = 100, seed: UInt64 = 0,
    progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    guard let gradients = trace.gradients, let target = trace.target else {
      throw InvalidTrace(
        "gradient check: expected the class that the image should have, found none")
    }
    var generator = SeededGenerator(seed: seed)
    let learned = trace.network.parameters.indices.filter {
      trace.network.parameters[$0].isLearned
    }
    findings = learned.enumerated().map { done, p in
      progress(done, learned.count)
      let differences = Differences(trace: trace, target: target, p: p)
      let gradient = gradients.parameters[p].values
      let numbers = Self.places(gradient, samples, &generator).map {
        differences.number(at: $0, gradient)
      }
      let signs = gradient.map { _ in Bool.random(using: &generator) ? 1.0 : -1.0 }
      return Finding(
        name: trace.network.parameters[p].name, count: gradient.count, checked: numbers.count,
        corners: numbers.count { $0.isCorner },
        worst: numbers.filter { !$0.isCorner }.map(\.number).max { $0.error < $1.error },
        directionError: differences.directionError(signs, gradient))
    }
    progress(learned.count, learned.count)
  }

  /// The numbers to check: all, or the ten largest derivatives and others that are drawn.
  private static func places(
    _ gradient: [Double], _ samples: Int, _ generator: inout SeededGenerator
  ) -> [Int] {
    guard gradient.count > samples else { return Array(gradient.indices) }
    let largest = gradient.indices.sorted { abs(gradient[$0]) > abs(gradient[$1]) }
    var places = Set(largest.prefix(min(10, samples)))
    while places.count < samples {
      places.insert(Int.random(in: gradient.indices, using: &generator))
    }
    return places.sorted()
  }
}

extension GradientCheck.Finding {
  /// The larger error, of a number or along the direction.
  package var error: Double { max(worst?.error ?? 0, directionError ?? 0) }
}

/// The loss as a function of one parameter, all else as it is.
private struct Differences {
  let trace: Trace
  let target: ReferenceTensor
  let p: Int

  /// The loss with that parameter: only what depends on it is computed anew.
  private func loss(_ parameter: ReferenceTensor) -> Double {
    var parameters = trace.parameters
    parameters[p] = parameter
    var (values, isNew) = (trace.values, Array(repeating: false, count: trace.values.count))
    for (n, node) in trace.network.nodes.enumerated() {
      let reads = node.inputs.contains { if case .node(let i) = $0 { isNew[i] } else { false } }
      guard reads || node.parameters.contains(p) else { continue }
      isNew[n] = true
      values[n] = node.layer.referenceForward(
        node.inputs.map { if case .node(let i) = $0 { values[i] } else { trace.input } },
        parameters: Array(parameters[node.parameters]))
    }
    return trace.loss.referenceValue(output: trace.network.output(of: values), target: target)
  }

  /// A number's derivative beside its difference.
  func number(at k: Int, _ gradient: [Double]) -> (number: GradientCheck.Number, isCorner: Bool) {
    let w = trace.parameters[p]
    // Below a thousandth of the largest, a derivative has the rounding of the others.
    let found = compare(
      gradient[k], floor: gradient.reduce(0) { max($0, abs($1)) } / 1000,
      steps: [1e-5, 1e-6].map { $0 * max(1, abs(w[k])) }
    ) { h in
      var other = w
      other[k] += h
      return loss(other)
    }
    return (
      GradientCheck.Number(
        cell: trace.address(ofParameter: p, k), derivative: gradient[k],
        difference: found.difference, error: found.error), found.isCorner
    )
  }

  /// The error of the derivative along a direction of signs, which changes all numbers; nil at a corner.
  func directionError(_ signs: [Double], _ gradient: [Double]) -> Double? {
    let root = Double(signs.count).squareRoot()
    let found = compare(
      zip(signs, gradient).reduce(0) { $0 + $1.0 * $1.1 },
      floor: gradient.reduce(0) { $0 + $1 * $1 }.squareRoot() / 100,
      steps: [1e-5, 1e-6, 1e-7].map { $0 / root }
    ) { h in
      var other = trace.parameters[p]
      for k in other.values.indices { other[k] += h * signs[k] }
      return loss(other)
    }
    return found.isCorner ? nil : found.error
  }

  /// A derivative beside the difference of the loss at some steps, of which the first that agrees counts: a smaller
  /// step meets fewer corners.
  private func compare(
    _ derivative: Double, floor: Double, steps: [Double], loss: (Double) -> Double
  ) -> (difference: Double, error: Double, isCorner: Bool) {
    var best = (difference: Double.nan, error: Double.infinity, isCorner: false)
    let here = loss(0)
    for h in steps {
      let (above, below) = (loss(h), loss(-h))
      let difference = (above - below) / (2 * h)
      // What rounding of a loss can change in a difference.
      let rounding = 8 * Double.ulpOfOne * abs(here) / h
      let size = max(abs(derivative), abs(difference), floor, 1e-300)
      guard derivative.isFinite, difference.isFinite, rounding.isFinite else { continue }
      let error = max(0, abs(derivative - difference) - rounding) / size
      if error <= GradientCheck.tolerance { return (difference, error, false) }
      let sides = [(above - here) / h, (here - below) / h].sorted()
      let slack = GradientCheck.tolerance * max(size, abs(sides[0]), abs(sides[1])) + 2 * rounding
      let isCorner =
        sides[1] - sides[0] > 10 * slack && derivative > sides[0] - slack
        && derivative < sides[1] + slack
      if error < best.error { best = (difference, error, isCorner) }
    }
    return best
  }
}
