/// The names by which a user chooses an optimizer, in the order in which they are listed.
public let optimizerNames = ["gd", "sgd", "rmsprop", "adam", "adamw"]

/// The optimizer of that name; what is nil keeps its default.
///
/// - Parameters:
///   - name: One of `optimizerNames`.
///   - learningRate: γ. Plain gradient descent without one takes that of `SGD`.
///   - momentum: μ, for "sgd" and "rmsprop".
///   - nesterov: For "sgd".
///   - weightDecay: λ, for all but "gd".
///
/// Throws `InvalidOptimizer` for another name, which lists the names; for a number outside its
/// range; and for a number that the rule does not have.
public func namedOptimizer(
  _ name: String, learningRate: Float? = nil, momentum: Double? = nil, nesterov: Bool = false,
  weightDecay: Double? = nil
) throws -> any Optimizer {
  var optimizer: any Optimizer
  switch name {
  case "gd":
    optimizer = GradientDescent(learningRate: SGD().learningRate)
  case "sgd":
    optimizer = SGD(
      momentum: momentum ?? SGD().momentum, nesterov: nesterov,
      weightDecay: weightDecay ?? SGD().weightDecay)
  case "rmsprop":
    optimizer = RMSprop(
      weightDecay: weightDecay ?? RMSprop().weightDecay,
      momentum: momentum ?? RMSprop().momentum)
  case "adam":
    optimizer = Adam(weightDecay: weightDecay ?? Adam().weightDecay)
  case "adamw":
    optimizer = AdamW(weightDecay: weightDecay ?? AdamW().weightDecay)
  default:
    throw InvalidOptimizer(
      "optimizer", expected: "one of \(optimizerNames.joined(separator: ", "))",
      found: "\"\(name)\"")
  }
  if momentum != nil, name != "sgd", name != "rmsprop" {
    throw InvalidOptimizer("momentum", expected: "optimizer sgd or rmsprop", found: name)
  }
  if nesterov, name != "sgd" {
    throw InvalidOptimizer("nesterov", expected: "optimizer sgd", found: name)
  }
  if weightDecay != nil, name == "gd" {
    throw InvalidOptimizer(
      "weight decay", expected: "optimizer sgd, rmsprop, adam or adamw", found: name)
  }
  if let learningRate { optimizer.learningRate = learningRate }
  try optimizer.validate()
  return optimizer
}
