import Foundation

/// How the pixels of a window become one number.
public enum PoolingRule: Sendable, Equatable {
  /// The largest.
  case maximum

  /// The mean; over the pixels of the padding too where `countsPadding`.
  case average(countsPadding: Bool)

  /// (K²/k · Σ|x|ᵖ)^(1/p) for a window of K² pixels, k of which lie inside the image and its padding:
  /// p is the power.
  case norm(power: Double)

  /// The pixels of one window.
  package struct Pixels {
    /// Their indices, in row order; those inside the image alone.
    package var inside: [Int] = []
    /// How many lie inside the image and its padding.
    var padded = 0
    /// How many a whole window has.
    var whole = 0
  }

  /// The number that stands for a window's pixels.
  func value(_ x: [Double], _ pixels: Pixels) -> Double {
    switch self {
    case .maximum: x[x.firstMaximum]
    case .average: x.reduce(0, +) / divisor(pixels)
    case .norm(let power):
      pow(share(pixels) * x.reduce(0) { $0 + pow(abs($1), power) }, 1 / power)
    }
  }

  /// ∂value/∂pixel for each pixel inside the image.
  package func slopes(_ x: [Double], value: Double, _ pixels: Pixels) -> [Double] {
    switch self {
    case .maximum:
      let maximum = x.firstMaximum
      return x.indices.map { $0 == maximum ? 1 : 0 }
    case .average:
      return x.map { _ in 1 / divisor(pixels) }
    case .norm(let power):
      return x.map {
        $0 == 0
          ? 0 : share(pixels) * pow(abs($0) / value, power - 1) * ($0 < 0 ? -1 : 1)
      }
    }
  }

  private func divisor(_ pixels: Pixels) -> Double {
    Double(self == .average(countsPadding: true) ? pixels.padded : pixels.inside.count)
  }

  private func share(_ pixels: Pixels) -> Double { Double(pixels.whole) / Double(pixels.padded) }

  /// Reduces windows: `windows` calls its argument for each with the index of its output.
  func referenceForward(
    _ x: ReferenceTensor, shape: [Int], windows: ((_ output: Int, Pixels) -> Void) -> Void
  ) -> ReferenceTensor {
    var y = ReferenceTensor(zeros: shape)
    windows { k, pixels in y[k] = value(pixels.inside.map { x[$0] }, pixels) }
    return y
  }

  /// Adds each window's gradient to the pixels it covers.
  func referenceBackward(
    _ gradient: ReferenceTensor, input x: ReferenceTensor, output: ReferenceTensor,
    windows: ((_ output: Int, Pixels) -> Void) -> Void
  ) -> ReferenceGradients {
    var dx = ReferenceTensor(zeros: x.shape)
    windows { k, pixels in
      let slopes = slopes(pixels.inside.map { x[$0] }, value: output[k], pixels)
      for (pixel, slope) in zip(pixels.inside, slopes) { dx[pixel] += gradient[k] * slope }
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// What the engine still needs on the way back.
  var backwardNeeds: BackwardNeeds {
    switch self {
    case .maximum, .norm: [.inputs, .output]
    case .average: []
    }
  }
}

extension [Double] {
  /// The index of the first of the largest elements, or of the first NaN where there is one.
  ///
  /// - Precondition: there is at least one element.
  var firstMaximum: Int {
    var best = 0
    for i in indices where self[i] > self[best] || (self[i].isNaN && !self[best].isNaN) {
      best = i
    }
    return best
  }
}
