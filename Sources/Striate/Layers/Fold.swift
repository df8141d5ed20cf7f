import LaneKernels

/// Several neighbouring channels folded into one: by their maximum (maxout) or their mean.
///
///     y[n,c,…] = max(p) x[n, c·k + p, …]   or   1/k · Σ(p) x[n, c·k + p, …],  0 ≤ p < k
///
/// The gradient of a maximum goes to the first of the largest; a piece that is NaN gives NaN.
///
/// Shapes: x [N, C, …] → y [N, C/k, …].
/// Source: seeds/003 §1.2.2; Goodfellow et al. 2013, arXiv:1302.4389.
public struct Fold: Layer, Equatable {
  /// How several numbers become one.
  public enum Kind: String, Sendable, Equatable {
    /// The largest.
    case maximum = "maxout"
    /// The mean.
    case mean = "meanout"
  }

  /// How several channels become one.
  public var kind: Kind

  /// The number of channels that become one.
  public var pieces: Int

  /// A fold of every `pieces` channels.
  public init(_ kind: Kind, pieces: Int) {
    self.kind = kind
    self.pieces = pieces
  }

  public var stem: String { kind.rawValue }

  public var text: String { "\(kind.rawValue) \(pieces)" }

  public var backwardNeeds: BackwardNeeds { kind == .maximum ? [.inputs, .output] : [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard pieces >= 1, shape[0] % pieces == 0 else {
      throw ShapeMismatch(
        expected: "a number of pieces that divides \(shape[0]) channels", found: "\(pieces)",
        advice: "choose a divisor")
    }
    return [shape[0] / pieces] + shape.dropFirst()
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    var y = ReferenceTensor(zeros: [x.shape[0], x.shape[1] / pieces] + x.shape.dropFirst(2))
    forEachFold(y: y) { k, indices in
      let values = indices.map { x[$0] }
      y[k] =
        kind == .maximum
        ? values[values.firstMaximum] : values.reduce(0, +) / Double(pieces)
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let x = inputs[0]
    var dx = ReferenceTensor(zeros: x.shape)
    forEachFold(y: gradient) { k, indices in
      switch kind {
      case .maximum: dx[indices[indices.map { x[$0] }.firstMaximum]] = gradient[k]
      case .mean: for index in indices { dx[index] = gradient[k] / Double(pieces) }
      }
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// Calls `body` for every output with its index and those of its pieces.
  private func forEachFold(y: ReferenceTensor, _ body: (_ output: Int, _ pieces: [Int]) -> Void) {
    let size = y.shape.channelSize
    for k in 0..<y.count {
      let (map, pixel) = k.quotientAndRemainder(dividingBy: size)
      body(k, (0..<pieces).map { (map * pieces + $0) * size + pixel })
    }
  }
}

/// The maximum of every `pieces` neighbouring channels.
public func Maxout(_ pieces: Int) -> Fold { Fold(.maximum, pieces: pieces) }

// MARK: Engine

extension Fold {
  public func compile(into site: inout LayerSite) {
    let shape = site.inputs[0].shape
    let pixels = shape.dropFirst().reduce(1, *)
    let pieces = PoolingAxis(
      size: shape[0], kernel: pieces, stride: pieces, before: 0, after: 0, dilation: 1,
      ceilMode: false)
    // Channels are the rows of an image whose columns are the places of a map.
    site.appendPooling(
      kind == .maximum ? .maximum : .average,
      PoolingWindows(
        rows: PoolingSpans(pieces, countsPadding: true),
        columns: PoolingSpans(size: pixels, outputs: pixels), pixels: pieces.kernel),
      channels: 1)
  }
}
