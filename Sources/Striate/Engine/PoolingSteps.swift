import LaneKernels

/// What the outputs of a pooling read along one axis of the image.
struct PoolingSpans: Sendable {
  /// What one output reads.
  struct Span: Sendable {
    /// The first pixel inside the image.
    var first: Int
    /// The pixels inside the image.
    var count: Int
    /// The pixels that count for a mean.
    var size: Int
  }

  /// One for each output.
  let spans: [Span]

  /// The distance between neighbouring pixels of a span.
  let step: Int

  /// The pixels of the image.
  let pixels: Int

  /// Windows that slide over the image and its padding.
  init(_ axis: PoolingAxis, countsPadding: Bool) {
    (step, pixels) = (axis.dilation, axis.size)
    spans = (0..<axis.outputs).map { i in
      let start = i * axis.stride - axis.before
      func taps(before end: Int) -> Int {
        min(axis.kernel, (end - start + axis.dilation - 1) / axis.dilation)
      }
      let skipped = start < 0 ? (axis.dilation - 1 - start) / axis.dilation : 0
      let count = taps(before: axis.size) - skipped
      return Span(
        first: start + skipped * axis.dilation, count: count,
        size: countsPadding ? taps(before: axis.size + axis.after) : count)
    }
  }

  /// As many parts of the image as there are outputs, which overlap where they cannot be equal.
  init(size: Int, outputs: Int) {
    (step, pixels) = (1, size)
    spans = (0..<outputs).map { i in
      let first = i * size / outputs
      let count = ((i + 1) * size + outputs - 1) / outputs - first
      return Span(first: first, count: count, size: count)
    }
  }

  /// No pixel belongs to two spans.
  var isDisjoint: Bool {
    zip(spans, spans.dropFirst()).allSatisfy { span, next in
      span.first + (span.count - 1) * step < next.first
    }
  }

  /// Every pixel belongs to a span.
  var coversAll: Bool {
    (step == 1 || spans.allSatisfy { $0.count == 1 }) && isDisjoint
      && spans.reduce(0) { $0 + $1.count } == pixels
  }

  /// All spans hold as many pixels, without gaps between them, and lie at equal distances.
  var isUniform: Bool {
    guard step == 1, let first = spans.first else { return false }
    let distance = spans.count > 1 ? spans[1].first - first.first : 0
    return spans.indices.allSatisfy {
      spans[$0].count == first.count && spans[$0].size == first.size
        && spans[$0].first == first.first + $0 * distance
    }
  }

  /// Pairs that lie side by side.
  var isPairs: Bool {
    step == 1 && spans.indices.allSatisfy { spans[$0].first == 2 * $0 && spans[$0].count == 2 }
  }
}

/// The windows of a pooling.
struct PoolingWindows: Sendable {
  var rows: PoolingSpans
  var columns: PoolingSpans
  /// The pixels of a whole window.
  var pixels: Int

  /// No pixel belongs to two windows.
  var isDisjoint: Bool { rows.isDisjoint && columns.isDisjoint }

  /// The kernels' geometry, whose tables live as long as the plan; whole tables where `inTables`, though
  /// all windows may be alike.
  func pass(for site: inout LayerSite, inTables: Bool = false) -> PoolingPass {
    let isUniform = !inTables && rows.isUniform && columns.isUniform
    func table(_ spans: PoolingSpans) -> UnsafePointer<Int> {
      site.constants(
        spans.spans.prefix(isUniform ? 2 : .max).flatMap { [$0.first, $0.count, $0.size] }
      ).base
    }
    var pass = PoolingPass(
      inputHeight: rows.pixels, inputWidth: columns.pixels, outputHeight: rows.spans.count,
      outputWidth: columns.spans.count, rows: table(rows), columns: table(columns),
      rowStep: rows.step, columnStep: columns.step, kernelSize: pixels, isDisjoint: isDisjoint,
      coversInput: rows.coversAll && columns.coversAll, isUniform: isUniform,
      isQuads: rows.isPairs && columns.isPairs)
    pass.isMasked = site.masksReLU
    return pass
  }
}

extension PoolingRule {
  /// The engine's name for the rule.
  var kernel: PoolingKernel {
    switch self {
    case .maximum: .maximum
    case .average: .average
    case .norm(let power): .norm(power: Float(power))
    }
  }
}

extension LayerSite {
  /// Appends a pooling of `channels` maps, forwards and backwards.
  mutating func appendPooling(_ kind: PoolingKernel, _ windows: PoolingWindows, channels: Int) {
    let pass = windows.pass(for: &self)
    let (kernels, input, output) = (kernels, inputs[0], output)
    let inputMap = pass.inputHeight * pass.inputWidth * laneCount
    let outputMap = pass.outputHeight * pass.outputWidth * laneCount
    forEachPart(of: channels) { block, range in
      kernels.spatial.pool(
        kind, pass, range.count,
        input.values + (block * input.blockStride + range.lowerBound * inputMap),
        output.values + (block * output.blockStride + range.lowerBound * outputMap))
    }
    guard isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    forEachPart(of: channels, onTheWayBack: true) { block, range in
      let from = block * output.blockStride + range.lowerBound * outputMap
      let to = block * input.blockStride + range.lowerBound * inputMap
      kernels.spatial.poolGradient(
        kind, pass, range.count, input.values + to, output.values + from, dy + from, dx + to)
    }
  }
}
