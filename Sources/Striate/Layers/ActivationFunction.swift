import Foundation

extension Activation {
  /// A function of one number and its derivative. Each gives NaN for NaN.
  ///
  /// Source: seeds/000 §1.1; seeds/003 §1.2.2, eq 23, 24; ELU Clevert et al. 2015, arXiv:1511.07289; SELU
  /// Klambauer et al. 2017, arXiv:1706.02515; CELU Barron 2017, arXiv:1704.07483; GELU Hendrycks & Gimpel
  /// 2016, arXiv:1606.08415; SiLU Elfwing et al. 2017, arXiv:1702.03118; hard-swish Howard et al. 2019,
  /// arXiv:1905.02244; Mish Misra 2019, arXiv:1908.08681; the others as in PyTorch.
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

    /// x where x > 0, otherwise α(eˣ − 1). The derivative at 0 is taken as α.
    case elu(alpha: Double)

    /// λx where x > 0, otherwise λα(eˣ − 1), with λ and α that keep mean 0 and variance 1.
    case selu

    /// x where x > 0, otherwise α(e^(x/α) − 1).
    case celu(alpha: Double)

    /// x · Φ(x), where Φ(x) = ½ + ½ erf(x/√2) is the normal distribution.
    case gelu

    /// x / (1 + e⁻²ᵘ) with u = √(2/π) · (x + 0.044715·x³): nearly `gelu`.
    case geluTanh

    /// x / (1 + e⁻ˣ).
    case silu

    /// x · tanh(log(1 + eˣ)).
    case mish

    /// 0 up to −3, x from 3 on, x(x + 3)/6 between. The derivative is 0 at −3 and 1 at 3.
    case hardSwish

    /// (x + 3)/6, held between 0 and 1. The derivative at −3 and 3 is taken as 0.
    case hardSigmoid

    /// x held between two numbers. The derivative there is taken as 0.
    case hardTanh(lowest: Double, highest: Double)

    /// x / (1 + |x|).
    case softsign

    /// −log(1 + e⁻ˣ).
    case logSigmoid

    /// x brought nearer to 0 by λ; 0 where |x| ≤ λ.
    case softshrink(lambda: Double)

    /// x, but 0 where |x| ≤ λ.
    case hardshrink(lambda: Double)

    /// x − tanh x.
    case tanhshrink

    /// x where x > threshold, otherwise the value.
    case threshold(Double, value: Double)

    /// eˣ.
    case exponential

    /// ln x.
    case logarithm

    /// √x.
    case squareRoot

    /// |x|. The derivative at 0 is taken as 0.
    case absolute

    /// 1 / x.
    case reciprocal

    /// 2/√π · ∫₀ˣ e^(−t²) dt.
    case erf

    /// The nearest whole number, the even one of two. Its derivative is taken as 0 everywhere.
    case round

    /// scale · x + shift.
    case affine(scale: Double, shift: Double)

    /// x to the power of a number.
    case power(Double)

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
      case .elu(let alpha): x > 0 ? x : alpha * expm1(x)
      case .selu: x > 0 ? Function.lambda * x : Function.lambda * Function.alpha * expm1(x)
      case .celu(let alpha): x > 0 ? x : alpha * expm1(x / alpha)
      case .gelu: x * Function.normalDistribution(x)
      case .geluTanh: x * Function.logistic(2 * tanhArgument(x))
      case .silu: x * Function.logistic(x)
      case .mish: x * Foundation.tanh(Function.softplus.value(x))
      case .hardSwish: x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6
      case .hardSigmoid: x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6
      case .hardTanh(let lowest, let highest): x < lowest ? lowest : x > highest ? highest : x
      case .softsign: x / (1 + abs(x))
      case .logSigmoid: -Function.softplus.value(-x)
      case .softshrink(let lambda): abs(x) <= lambda ? 0 : x < 0 ? x + lambda : x - lambda
      case .hardshrink(let lambda): abs(x) <= lambda ? 0 : x
      case .tanhshrink: x - Foundation.tanh(x)
      case .threshold(let threshold, let value): x <= threshold ? value : x
      case .exponential: exp(x)
      case .logarithm: log(x)
      case .squareRoot: x.squareRoot()
      case .absolute: abs(x)
      case .reciprocal: 1 / x
      case .erf: Foundation.erf(x)
      case .round: x.rounded(.toNearestOrEven)
      case .affine(let scale, let shift): scale * x + shift
      case .power(let exponent): pow(x, exponent)
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
      case .elu(let alpha): x > 0 ? 1 : alpha * exp(x)
      case .selu: x > 0 ? Function.lambda : Function.lambda * Function.alpha * exp(x)
      case .celu(let alpha): x > 0 ? 1 : exp(x / alpha)
      case .gelu:
        Function.normalDistribution(x) + x * exp(-square(x) / 2) / (2 * Double.pi).squareRoot()
      case .geluTanh:
        Function.logistic(2 * tanhArgument(x))
          + x * Function.sigmoid.derivative(at: 2 * tanhArgument(x)) * 2 * tanhArgumentSlope(x)
      case .silu: Function.logistic(x) * (1 + x * Function.logistic(-x))
      case .mish:
        Foundation.tanh(Function.softplus.value(x)) + x * Function.logistic(x)
          * (1 - square(Foundation.tanh(Function.softplus.value(x))))
      case .hardSwish: x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5
      case .hardSigmoid: x > -3 && x < 3 ? 1.0 / 6 : 0
      case .hardTanh(let lowest, let highest): x > lowest && x < highest ? 1 : 0
      case .softsign: 1 / square(1 + abs(x))
      case .logSigmoid: Function.logistic(-x)
      case .softshrink(let lambda), .hardshrink(let lambda): abs(x) <= lambda ? 0 : 1
      case .tanhshrink: square(Foundation.tanh(x))
      case .threshold(let threshold, _): x <= threshold ? 0 : 1
      case .exponential: exp(x)
      case .logarithm: 1 / x
      case .squareRoot: 0.5 / x.squareRoot()
      case .absolute: x > 0 ? 1 : x < 0 ? -1 : 0
      case .reciprocal: -1 / square(x)
      case .erf: 2 / Double.pi.squareRoot() * exp(-square(x))
      case .round: 0
      case .affine(let scale, _): scale
      case .power(let exponent): exponent * pow(x, exponent - 1)
      }
    }

    /// The sigmoid without overflow: e is never raised to a positive power.
    private static func logistic(_ x: Double) -> Double {
      let power = exp(-abs(x))
      return x < 0 ? power / (1 + power) : 1 / (1 + power)
    }

    private func square(_ x: Double) -> Double { x * x }

    /// Φ(x), also where it is tiny.
    private static func normalDistribution(_ x: Double) -> Double {
      erfc(-x / 2.0.squareRoot()) / 2
    }

    /// u = √(2/π) · (x + 0.044715·x³) and its slope.
    private func tanhArgument(_ x: Double) -> Double {
      (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    }

    private func tanhArgumentSlope(_ x: Double) -> Double {
      (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
    }

    /// λ and α of SELU.
    static let lambda = 1.050_700_987_355_480_5
    static let alpha = 1.673_263_242_354_377_2
  }
}
