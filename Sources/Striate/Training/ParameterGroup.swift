/// Parameters that are trained with a learning rate or a weight decay of their own.
///
/// ```swift
/// trainer.groups = [.withoutDecay, ParameterGroup("conv*", learningRateFactor: 0.1)]
/// ```
public struct ParameterGroup: Sendable, Equatable {
  /// Which parameters belong to the group.
  public enum Selection: Sendable, Equatable {
    /// Those with one axis: biases, and the scales and shifts of normalisations.
    case oneAxis
    /// Those whose name, or whose layer's name, fits a pattern; `*` stands for any letters.
    case named(String)
  }

  /// Which parameters belong to it. Where a parameter belongs to several groups, their factors are
  /// multiplied, and it decays where all of them say so.
  public var selection: Selection

  /// What the learning rate is multiplied by.
  public var learningRateFactor: Float

  /// Whether the optimizer's weight decay applies.
  public var decays: Bool

  /// A group.
  public init(_ selection: Selection, learningRateFactor: Float = 1, decays: Bool = true) {
    self.selection = selection
    self.learningRateFactor = learningRateFactor
    self.decays = decays
  }

  /// The parameters whose names fit a pattern.
  public init(_ pattern: String, learningRateFactor: Float = 1, decays: Bool = true) {
    self.init(.named(pattern), learningRateFactor: learningRateFactor, decays: decays)
  }

  /// No weight decay of biases and normalisations.
  ///
  /// Source: He et al. 2019, arXiv:1812.01187, §3.1.
  public static let withoutDecay = ParameterGroup(.oneAxis, decays: false)

  /// Whether a parameter belongs to the group.
  func contains(_ parameter: Network.Parameter) -> Bool {
    switch selection {
    case .oneAxis: parameter.tensor.shape.count <= 1
    case .named(let pattern): NamePattern(pattern).matches(parameter.name)
    }
  }

  /// The group as an error or a checkpoint writes it.
  var text: String {
    let what =
      switch selection {
      case .oneAxis: "one-axis"
      case .named(let pattern): pattern
      }
    return "\(what) ×\(learningRateFactor)\(decays ? "" : " without decay")"
  }
}

/// How a parameter is trained: what the groups it belongs to come to.
struct ParameterTreatment: Equatable {
  var learningRateFactor: Float = 1
  var decays = true

  init(of parameter: Network.Parameter, by groups: [ParameterGroup]) {
    for group in groups where group.contains(parameter) {
      learningRateFactor *= group.learningRateFactor
      decays = decays && group.decays
    }
  }
}

/// A pattern of names in which `*` stands for any letters.
struct NamePattern {
  private let pieces: [Substring]
  private let pattern: String

  init(_ pattern: String) {
    self.pattern = pattern
    pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
  }

  /// Whether the name, or the name of a block around it, fits: "layer1" fits "layer1.0.conv1.weight".
  func matches(_ name: String) -> Bool {
    var part = name[...]
    while true {
      if fits(part) { return true }
      guard let point = part.lastIndex(of: ".") else { return false }
      part = part[..<point]
    }
  }

  private func fits(_ name: Substring) -> Bool {
    guard pieces.count > 1 else { return name == pattern }
    guard name.count >= pieces.reduce(0, { $0 + $1.count }), name.hasPrefix(pieces[0]),
      name.hasSuffix(pieces[pieces.count - 1])
    else { return false }
    var rest = name.dropFirst(pieces[0].count).dropLast(pieces[pieces.count - 1].count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let found = rest.firstRange(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

extension Network {
  /// Keeps the parameters that fit a pattern as they are when the network is trained, and returns how
  /// many there are. A batch normalisation all of whose learned parameters are frozen uses and keeps its running
  /// statistics; one that learns none, where all of its statistics are.
  ///
  /// - Parameter pattern: A parameter, a layer or a block by name: "conv1", "layer1.*", "*.bias".
  ///
  /// Throws `InvalidInput` where no parameter fits, or only running statistics of layers that go on learning.
  @discardableResult
  public mutating func freeze(_ pattern: String) throws -> Int {
    let fitting = parameters.indices.filter { NamePattern(pattern).matches(parameters[$0].name) }
    guard !fitting.isEmpty else {
      var layers: [String] = []
      for node in nodes where !node.parameters.isEmpty && node.shares == nil {
        layers.append(node.name)
      }
      throw InvalidInput(
        description: "freeze: expected a pattern that fits a parameter, found \"\(pattern)\": the "
          + "layers with parameters are \(layers.joined(separator: ", "))")
    }
    var frozen = self
    for index in fitting { frozen.parameters[index].isFrozen = true }
    let layers = nodes.filter {
      !$0.parameters.isEmpty && fitting.contains(where: $0.parameters.contains)
    }
    guard
      fitting.contains(where: { parameters[$0].isLearned })
        || layers.contains(where: { frozen.isFrozen($0) })
    else {
      let names = fitting.map { parameters[$0].name }.joined(separator: ", ")
      throw InvalidInput(
        description: "freeze: expected a pattern that fits what is learned, found \"\(pattern)\", "
          + "which fits \(names) alone: running statistics are frozen with their layer, "
          + layers.map(\.name).joined(separator: ", "))
    }
    self = frozen
    return fitting.count
  }
}

/// How gradients that are too large are made smaller before a step.
///
/// Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1.
public enum GradientClipping: Sendable, Equatable {
  /// All gradients are multiplied by limit / (‖g‖ + 10⁻⁶) where the norm of all together exceeds the limit.
  case norm(Float)
  /// Every number is brought between −limit and limit.
  case value(Float)

  /// "norm 1" or "value 0.5".
  public var text: String {
    switch self {
    case .norm(let limit): "norm \(limit.short)"
    case .value(let limit): "value \(limit.short)"
    }
  }

  var limit: Float {
    switch self {
    case .norm(let limit), .value(let limit): limit
    }
  }
}
