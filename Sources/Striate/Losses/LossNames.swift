extension Loss {
  /// The names by which a user chooses a loss, in the order in which they are listed.
  public static let names = named.map(\.name)

  private static let named: [(name: String, loss: Loss)] = [
    ("cross-entropy", .softmaxCrossEntropy),
    ("nll", .negativeLogLikelihood),
    ("mse", .meanSquaredError),
    ("half-mse", .halfSquaredError),
    ("bce", .binaryCrossEntropy),
  ]

  /// The loss of that name. Throws `InvalidLoss`, which lists the names.
  public init(named name: String) throws {
    guard let entry = Loss.named.first(where: { $0.name == name }) else {
      throw InvalidLoss(
        description: "loss: expected one of \(Loss.names.joined(separator: ", ")), "
          + "found \"\(name)\"")
    }
    self = entry.loss
  }

  /// What the loss is called, whatever its reduction.
  public var name: String {
    if let entry = Loss.named.first(where: { $0.loss.kind == kind }) { return entry.name }
    guard case .squaredError(let scale) = kind else { return "\(kind)" }
    return "squared-error \(scale.short)"
  }
}

/// No loss has that name: what was expected and what was found.
public struct InvalidLoss: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
