import Striate

/// A number of a network and the terms that it is the sum of.
///
///     sum = term₁ + term₂ + …, added from left to right; value = sum, or what the layer makes of the sum
///
/// Of a value the terms are what the layer adds up. Of a derivative ∂loss/∂x they are the terms of the chain rule,
/// Σ ∂loss/∂y · ∂y/∂x, one for each number y that is computed from x.
package struct TracedNumber: Sendable {
  /// A number that is added up.
  package struct Term: Sendable, Equatable {
    /// Where `number` stands; for a derivative, the y of ∂loss/∂y. What has no place has no index.
    package var from: CellAddress
    /// The value there; for a derivative, ∂loss/∂y.
    package var number: Double
    /// What it is multiplied by; nil where the term is a function of the number.
    package var factor: Double?
    /// Where the factor stands, if it is a number of the network.
    package var of: CellAddress?
    /// What is added.
    package var product: Double

    init(from: CellAddress, number: Double, factor: Double, of: CellAddress? = nil) {
      (self.from, self.number, self.factor, self.of) = (from, number, factor, of)
      product = number * factor
    }

    init(from: CellAddress, number: Double, term: Double) {
      (self.from, self.number, product) = (from, number, term)
    }
  }

  /// What a layer makes of the sum.
  package struct Closing: Sendable {
    /// The formula: "exp(x − max) / sum".
    package var formula: String
    package var value: Double
  }

  /// What one step of an optimizer does to a parameter.
  package struct Step: Sendable {
    /// The rule: "sgd 0.01".
    package var optimizer: String
    package var after: Double
  }

  package let cell: CellAddress
  /// The layer as it is written in a network text; what the number is where it belongs to none.
  package let layer: String
  /// Whether the derivative of the loss by the number was asked for.
  package let isGradient: Bool
  package let terms: [Term]
  package let closing: Closing?
  /// The number in Double.
  package let value: Double
  /// What the engine computes in Float; nil where it does not.
  package let engine: Double?
  /// Where the number goes to, element by element: an activation, a normalisation.
  package var readers: [(cell: CellAddress, value: Double)] = []
  package var step: Step?
  /// Whether the terms are products of inputs and the weights of a kernel.
  package var isWeighted = false

  /// The terms, added from left to right.
  package var sum: Double { Self.sum(of: terms) }

  static func sum(of terms: [Term]) -> Double { terms.reduce(0) { $0 + $1.product } }

  /// ∂loss/∂ of the cell, or the cell.
  package var title: String { isGradient ? "∂loss/∂\(cell)" : "\(cell)" }

  /// A number whose value is the sum of the terms, or what is made of it.
  init(
    _ cell: CellAddress, layer: String, isGradient: Bool, terms: [Term], closing: Closing? = nil,
    engine: Double?
  ) {
    (self.cell, self.layer, self.isGradient, self.terms) = (cell, layer, isGradient, terms)
    (self.closing, self.engine) = (closing, engine)
    value = closing?.value ?? Self.sum(of: terms)
  }

  /// A number that nothing is added up for.
  init(_ cell: CellAddress, layer: String, isGradient: Bool, value: Double, engine: Double?) {
    (self.cell, self.layer, self.isGradient, self.value) = (cell, layer, isGradient, value)
    (terms, closing, self.engine) = ([], nil, engine)
  }

  /// The number with its terms; above `limit` terms only the largest of them.
  package func json(limit: Int = .max) -> JSON {
    let shown =
      terms.count > limit
      ? Array(terms.sorted { abs($0.product) > abs($1.product) }.prefix(limit)) : terms
    return .object([
      ("name", .string(cell.name)), ("index", .integers(cell.index)), ("layer", .string(layer)),
      ("gradient", .bool(isGradient)), ("weighted", .bool(isWeighted)), ("value", .number(value)),
      ("engine", .optional(engine) { .number($0) }),
      ("difference", .optional(engine) { .number($0 - value) }),
      ("count", .integer(terms.count)), ("sum", .number(sum)),
      (
        "closing",
        .optional(closing) {
          .object([("formula", .string($0.formula)), ("value", .number($0.value))])
        }
      ),
      ("terms", .array(shown.map(\.json))),
      (
        "readers",
        .array(readers.map { .object($0.cell.members + [("value", .number($0.value))]) })
      ),
      (
        "step",
        .optional(step) {
          .object([
            ("optimizer", .string($0.optimizer)), ("after", .number($0.after)),
          ])
        }
      ),
    ])
  }
}

extension TracedNumber.Term {
  fileprivate var json: JSON {
    .object([
      ("from", .string(from.name)), ("index", .integers(from.index)), ("number", .number(number)),
      ("factor", .optional(factor) { .number($0) }),
      ("of", .optional(of) { .object($0.members) }), ("product", .number(product)),
    ])
  }
}

extension CellAddress {
  fileprivate var members: [(String, JSON)] {
    [("name", .string(name)), ("index", .integers(index))]
  }
}
