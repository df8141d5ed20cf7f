/// The names by which a user chooses an optimizer, in the order in which they are listed.
public let optimizerNames = [
  "gd", "sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "nadam", "lion", "lamb", "muon",
]

/// The optimizer of that name; what is nil keeps its default.
///
/// - Parameters:
///   - name: One of `optimizerNames`.
///   - learningRate: γ. Plain gradient descent without one takes that of `SGD`.
///   - momentum: μ, for "sgd", "rmsprop" and "muon".
///   - nesterov: For "sgd"; "muon" has it anyway.
///   - weightDecay: λ, for all but "gd".
///
/// Throws `InvalidOptimizer` for another name, which lists the names; for a number outside its
/// range; and for a number that the rule does not have.
public func namedOptimizer(
  _ name: String, learningRate: Float? = nil, momentum: Double? = nil, nesterov: Bool = false,
  weightDecay: Double? = nil
) throws -> any Optimizer {
  guard var optimizer = usualOptimizers[name] else {
    throw InvalidOptimizer(
      "optimizer", expected: "one of \(optimizerNames.joined(separator: ", "))",
      found: "\"\(name)\"")
  }
  if let momentum {
    switch optimizer {
    case var rule as SGD:
      rule.momentum = momentum
      optimizer = rule
    case var rule as RMSprop:
      rule.momentum = momentum
      optimizer = rule
    case var rule as Muon:
      rule.momentum = momentum
      optimizer = rule
    default:
      throw InvalidOptimizer("momentum", expected: "optimizer sgd, rmsprop or muon", found: name)
    }
  }
  if nesterov {
    switch optimizer {
    case var rule as SGD:
      rule.nesterov = true
      optimizer = rule
    case is Muon: break
    default: throw InvalidOptimizer("nesterov", expected: "optimizer sgd or muon", found: name)
    }
  }
  if let weightDecay {
    guard name != "gd" else {
      throw InvalidOptimizer("weight decay", expected: "any optimizer but gd", found: name)
    }
    optimizer.weightDecay = weightDecay
  }
  if let learningRate { optimizer.learningRate = learningRate }
  try optimizer.validate()
  return optimizer
}

/// The rules by their names, with their defaults.
private let usualOptimizers: [String: any Optimizer] = {
  let rules: [any Optimizer] = [
    GradientDescent(learningRate: SGD().learningRate), SGD(), RMSprop(), Adagrad(), Adadelta(),
    Adam(), AdamW(), NAdam(), Lion(), LAMB(), Muon(),
  ]
  return Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0) })
}()
