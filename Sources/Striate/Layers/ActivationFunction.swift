import Foundation

extension Activation {
  /// A function of one number and its derivative. Each gives NaN for NaN.
  ///
  /// Source: seeds/000 §1.1; seeds/003 §1.2.2, eq 23, 24.
  public enum Function: Sendable, Equatable {
    /// x.
    case identity

    /// Heaviside's: 1 where x > 0, otherwise 0. Its derivative is taken as 0 everywhere.
    case step

    /// 1 / (1 + e⁻ˣ).
    case sigmoid

    /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
    case tanh

    /// The angle whose tangent is x.
    case arctan

    /// max(0, x). The derivative at 0 is taken as 0.
    case relu

    /// x where x > 0, otherwise slope · x. The derivative at 0 is taken as the slope.
    case leakyReLU(slope: Double)

    /// log(1 + eˣ).
    case softplus

    /// exp(−(x − c)² / 2σ²).
    case gaussian(centre: Double, width: Double)

    /// √((x − c)² + a²).
    case multiquadratic(centre: Double, offset: Double)

    /// 1 / √((x − c)² + a²).
    case inverseMultiquadratic(centre: Double, offset: Double)

    /// φ(x).
    public func value(_ x: Double) -> Double {
      switch self {
      case .identity: x
      case .step: x > 0 ? 1 : x <= 0 ? 0 : x
      case .sigmoid: Function.logistic(x)
      case .tanh: Foundation.tanh(x)
      case .arctan: atan(x)
      case .relu: x <= 0 ? 0 : x
      case .leakyReLU(let slope): x <= 0 ? slope * x : x
      case .softplus: (x < 0 ? 0 : x) + log1p(exp(-abs(x)))
      case .gaussian, .multiquadratic, .inverseMultiquadratic:
        radial.map { $0.function.value(atSquaredDistance: square(x - $0.centre)) } ?? x
      }
    }

    /// φ′(x).
    public func derivative(at x: Double) -> Double {
      switch self {
      case .identity: 1
      case .step: 0
      case .sigmoid: Function.logistic(x) * Function.logistic(-x)
      case .tanh: 1 - square(Foundation.tanh(x))
      case .arctan: 1 / (1 + square(x))
      case .relu: x <= 0 ? 0 : 1
      case .leakyReLU(let slope): x <= 0 ? slope : 1
      case .softplus: Function.logistic(x)
      case .gaussian, .multiquadratic, .inverseMultiquadratic:
        radial.map {
          2 * (x - $0.centre) * $0.function.derivative(atSquaredDistance: square(x - $0.centre))
        } ?? 1
      }
    }

    /// The sigmoid without overflow: e is never raised to a positive power.
    private static func logistic(_ x: Double) -> Double {
      let power = exp(-abs(x))
      return x < 0 ? power / (1 + power) : 1 / (1 + power)
    }

    private func square(_ x: Double) -> Double { x * x }

    /// What the function is called in a network text.
    var name: String {
      switch self {
      case .identity: "identity"
      case .step: "step"
      case .sigmoid: "sigmoid"
      case .tanh: "tanh"
      case .arctan: "arctan"
      case .relu: "relu"
      case .leakyReLU: "leaky-relu"
      case .softplus: "softplus"
      case .gaussian: "gaussian"
      case .multiquadratic: "multiquadratic"
      case .inverseMultiquadratic: "inverse-multiquadratic"
      }
    }

    /// The numbers that follow the name in a network text.
    var constants: [Double] {
      switch self {
      case .leakyReLU(let slope): [slope]
      default: radial.map { [$0.centre, $0.function.scale] } ?? []
      }
    }

    /// The function as one of the distance from a centre, where it is one.
    var radial: (function: RadialFunction, centre: Double)? {
      switch self {
      case .gaussian(let centre, let width): (.gaussian(width: width), centre)
      case .multiquadratic(let centre, let offset): (.multiquadratic(offset: offset), centre)
      case .inverseMultiquadratic(let centre, let offset):
        (.inverseMultiquadratic(offset: offset), centre)
      default: nil
      }
    }
  }
}
