/// How a parameter is filled before training.
///
/// The names stand for how far the numbers spread, so that signals keep their size on their way through a
/// layer. With fan-in, the inputs that one output has, and fan-out, the outputs that one input has,
///
///     LeCun   variance 1/fan-in                     for tanh, SELU
///     He      variance 2/fan-in                     for ReLU
///     Glorot  variance 2/(fan-in + fan-out)         for sigmoid, tanh
///
/// each drawn from a normal distribution, or evenly from an interval of that variance. Fans follow from the
/// parameter's shape [O, I, …]: fan-in is I times the elements of the kernel, fan-out O times.
///
/// Source: LeCun et al. 1998, Efficient BackProp, §4.6; Glorot & Bengio 2010, PMLR 9:249; He et al. 2015,
/// arXiv:1502.01852; the forms of torch.nn.init.
public enum Initializer: Sendable, Equatable {
  /// PyTorch's default for the weights of a layer: evenly from −1/√fan-in to 1/√fan-in.
  case standard

  /// All elements alike.
  case constant(Float)

  /// Evenly from −bound to bound.
  case uniform(bound: Float)

  /// Normally distributed around 0.
  case normal(deviation: Float)

  /// Normally distributed around 0, without what is further than two deviations away.
  case truncatedNormal(deviation: Float)

  /// He's variance, normally distributed.
  case heNormal

  /// He's variance, evenly distributed.
  case heUniform

  /// Glorot's variance, normally distributed.
  case glorotNormal

  /// Glorot's variance, evenly distributed.
  case glorotUniform

  /// LeCun's variance, normally distributed.
  case leCunNormal

  /// LeCun's variance, evenly distributed.
  case leCunUniform

  /// Rows, or where there are more rows than columns the columns, that are orthogonal to one another and of
  /// length `gain`; any such matrix [O, the rest] is as likely as any other.
  ///
  /// Source: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050.
  case orthogonal(gain: Float = 1)

  /// PyTorch's default for a bias: evenly from −1/√fan-in to 1/√fan-in, fan-in being that of the weights.
  static func fanIn(_ fanIn: Int) -> Initializer {
    .uniform(bound: 1 / Float(max(1, fanIn)).squareRoot())
  }

  /// What fills the bias of a layer whose weights are filled so: zeros, but with PyTorch's default.
  func bias(fanIn: Int) -> Initializer { self == .standard ? .fanIn(fanIn) : .constant(0) }

  /// The elements of a parameter of that shape.
  package func values(shape: [Int], generator: inout SeededGenerator) -> [Float] {
    let count = shape.reduce(1, *)
    let fans = Fans(of: shape)
    func evenly(_ bound: Float) -> [Float] {
      (0..<count).map { _ in generator.uniform(in: -bound..<bound) }
    }
    func normally(_ deviation: Double) -> [Float] {
      (0..<count).map { _ in Float(deviation * generator.normal()) }
    }
    func evenly(variance: Double) -> [Float] { evenly(Float((3 * variance).squareRoot())) }
    func normally(variance: Double) -> [Float] { normally(variance.squareRoot()) }
    switch self {
    case .standard: return evenly(1 / Float(max(1, fans.input)).squareRoot())
    case .constant(let value): return Array(repeating: value, count: count)
    case .uniform(let bound): return evenly(bound)
    case .normal(let deviation): return normally(Double(deviation))
    case .truncatedNormal(let deviation):
      return (0..<count).map { _ in
        var x = generator.normal()
        while abs(x) > 2 { x = generator.normal() }
        return Float(Double(deviation) * x)
      }
    case .heNormal: return normally(variance: fans.heVariance)
    case .heUniform: return evenly(variance: fans.heVariance)
    case .glorotNormal: return normally(variance: fans.glorotVariance)
    case .glorotUniform: return evenly(variance: fans.glorotVariance)
    case .leCunNormal: return normally(variance: fans.leCunVariance)
    case .leCunUniform: return evenly(variance: fans.leCunVariance)
    case .orthogonal(let gain):
      return OrthogonalMatrix.random(
        rows: shape.first ?? 1, columns: shape.dropFirst().reduce(1, *), generator: &generator
      ).map { Float(Double(gain) * $0) }
    }
  }
}

/// How many inputs an output of a layer has, and how many outputs an input, from the shape of its weights.
struct Fans {
  let input: Int
  let output: Int

  /// Of a parameter [O, I, …]; a parameter of one axis has its elements as both.
  init(of shape: [Int]) {
    let kernel = shape.dropFirst(2).reduce(1, *)
    input = max(1, (shape.count > 1 ? shape[1] : shape.first ?? 1) * kernel)
    output = max(1, (shape.first ?? 1) * kernel)
  }

  var heVariance: Double { 2 / Double(input) }
  var glorotVariance: Double { 2 / (Double(input) + Double(output)) }
  var leCunVariance: Double { 1 / Double(input) }
}

extension Initializer {
  /// The initialization as a network text writes it: "he-normal", "normal:0.02".
  package var text: String {
    switch self {
    case .standard: "standard"
    case .constant(let value): "constant:\(value.short)"
    case .uniform(let bound): "uniform:\(bound.short)"
    case .normal(let deviation): "normal:\(deviation.short)"
    case .truncatedNormal(let deviation): "truncated-normal:\(deviation.short)"
    case .heNormal: "he-normal"
    case .heUniform: "he-uniform"
    case .glorotNormal: "glorot-normal"
    case .glorotUniform: "glorot-uniform"
    case .leCunNormal: "lecun-normal"
    case .leCunUniform: "lecun-uniform"
    case .orthogonal(let gain): gain == 1 ? "orthogonal" : "orthogonal:\(gain.short)"
    }
  }

  /// The option at the end of a layer's text.
  var option: String { self == .standard ? "" : " init \(text)" }

  /// The words that a network text knows, the last ones with a number after a colon.
  static let names = [
    "standard", "he-normal", "he-uniform", "glorot-normal", "glorot-uniform", "lecun-normal",
    "lecun-uniform", "orthogonal", "constant:0", "uniform:0.1", "normal:0.1",
    "truncated-normal:0.1",
  ]

  /// The initialization that a word describes, or nil.
  package init?(word: String) {
    let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var number: Float?
    if parts.count == 2 {
      guard let value = Float(parts[1]), value.isFinite else { return nil }
      number = value
    }
    switch (String(parts[0]), number) {
    case ("standard", nil): self = .standard
    case ("he-normal", nil): self = .heNormal
    case ("he-uniform", nil): self = .heUniform
    case ("glorot-normal", nil): self = .glorotNormal
    case ("glorot-uniform", nil): self = .glorotUniform
    case ("lecun-normal", nil): self = .leCunNormal
    case ("lecun-uniform", nil): self = .leCunUniform
    case ("orthogonal", let gain): self = .orthogonal(gain: gain ?? 1)
    case ("constant", let value?): self = .constant(value)
    case ("uniform", let bound?): self = .uniform(bound: bound)
    case ("normal", let deviation?): self = .normal(deviation: deviation)
    case ("truncated-normal", let deviation?): self = .truncatedNormal(deviation: deviation)
    default: return nil
    }
  }

  /// Throws where it would take far too long to fill a parameter of that shape.
  func check(_ name: String, shape: [Int]) throws {
    guard case .orthogonal = self else { return }
    let (rows, columns) = (shape.first ?? 1, shape.dropFirst().reduce(1, *))
    guard !OrthogonalMatrix.isFeasible(rows: rows, columns: columns) else { return }
    throw InvalidNetwork(
      description: "parameter \"\(name)\": expected an orthogonal matrix whose smaller extent, "
        + "squared, times the larger is at most 10^12, found \(rows)x\(columns): choose another "
        + "initialization, such as he-normal")
  }

  /// Throws where a number is outside its range.
  func validate() throws {
    switch self {
    case .constant(let value):
      guard value.isFinite else {
        throw ShapeMismatch(
          expected: "a finite number to start with", found: value.short, advice: "choose a number")
      }
    case .uniform(let value), .normal(let value), .truncatedNormal(let value),
      .orthogonal(let value):
      guard value > 0, value <= 1e6 else {
        throw ShapeMismatch(
          expected: "an initialization with a number above 0, up to 1e6", found: value.short,
          advice: "choose a number in that range")
      }
    default: break
    }
  }
}
