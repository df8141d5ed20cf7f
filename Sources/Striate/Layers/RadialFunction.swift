import Foundation

/// A function of the distance r from a centre.
///
///     Gaussian               φ(r) = exp(−r² / 2σ²)
///     multiquadratic         φ(r) = √(r² + a²)
///     inverse multiquadratic φ(r) = 1 / √(r² + a²)
///
/// Source: seeds/003 §1.2.2.
public enum RadialFunction: Sendable, Equatable {
  /// A bell of width σ.
  case gaussian(width: Double)

  /// A bowl whose lowest point is a.
  case multiquadratic(offset: Double)

  /// A peak whose highest point is 1/a.
  case inverseMultiquadratic(offset: Double)

  /// φ for r², the squared distance.
  public func value(atSquaredDistance s: Double) -> Double {
    switch self {
    case .gaussian(let width): exp(-s / (2 * width * width))
    case .multiquadratic(let offset): (s + offset * offset).squareRoot()
    case .inverseMultiquadratic(let offset): 1 / (s + offset * offset).squareRoot()
    }
  }

  /// ∂φ/∂(r²).
  public func derivative(atSquaredDistance s: Double) -> Double {
    let y = value(atSquaredDistance: s)
    return switch self {
    case .gaussian(let width): -y / (2 * width * width)
    case .multiquadratic: 1 / (2 * y)
    case .inverseMultiquadratic: -y * y * y / 2
    }
  }

  /// What the function is called in a network text.
  var name: String {
    switch self {
    case .gaussian: "gaussian"
    case .multiquadratic: "multiquadratic"
    case .inverseMultiquadratic: "inverse-multiquadratic"
    }
  }

  /// σ or a.
  var scale: Double {
    switch self {
    case .gaussian(let width): width
    case .multiquadratic(let offset), .inverseMultiquadratic(let offset): offset
    }
  }

  /// Throws where σ or a is not a positive number.
  func validate() throws {
    // Its third power and the reciprocal of that are ordinary Floats.
    guard scale >= 1e-12, scale <= 1e12 else {
      throw ShapeMismatch(
        expected: "a positive width or offset, from 1e-12 to 1e12", found: scale.short,
        advice: "choose a number in that range")
    }
  }
}
