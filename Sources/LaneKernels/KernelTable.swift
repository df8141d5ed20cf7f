/// The kernels of one instruction set, chosen once when the program starts.
@frozen
public struct KernelTable: Sendable {
  /// "avx512", "avx2" or "portable".
  public let name: String

  /// Filters in a full convolution tile: the unit in which weights are packed.
  public let tileHeight: Int

  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  public let convolve:
    @Sendable (
      _ pass: ConvolutionPass, _ rows: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ output: Target
    ) -> Void
  public let packWeights:
    @Sendable (
      _ pass: ConvolutionPass, _ packing: WeightPacking, _ source: Source, _ target: Target
    ) -> Void
  public let weightGradient:
    @Sendable (
      _ pass: WeightGradientPass, _ filters: Range<Int>, _ taps: Range<Int>, _ input: Source,
      _ gradient: Source, _ result: Target
    ) -> Void
  public let denseForward:
    @Sendable (
      _ pass: DensePass, _ outputs: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ biasStride: Int, _ output: Target
    ) -> Void
  public let denseInputGradient:
    @Sendable (
      _ pass: DensePass, _ inputs: Range<Int>, _ gradient: Source, _ weights: Source,
      _ result: Target
    ) -> Void
  public let denseWeightGradient:
    @Sendable (
      _ pass: DensePass, _ outputs: Range<Int>, _ rows: Source, _ rowStride: Int,
      _ gradient: Source, _ result: Target
    ) -> Void
  public let lanesToRows:
    @Sendable (_ count: Int, _ lanes: Source, _ rows: Target, _ rowStride: Int) -> Void

  /// The table of one instruction set, with its register tiles.
  ///
  /// - Parameters:
  ///   - tile: Filters × pixels of a convolution.
  ///   - gradientTaps: Taps of a weight gradient's tile, beside 4 filters.
  @inlinable @inline(__always)
  public init<ISA: InstructionSet, let O: Int, let P: Int>(
    _ isa: ISA.Type, name: String, tile: Tile<O, P>.Type, gradientTaps: Int
  ) {
    self.name = name
    tileHeight = O
    convolve = {
      LaneKernels.convolve(isa, tile, $0, rows: $1, input: $2, weights: $3, bias: $4, output: $5)
    }
    packWeights = { LaneKernels.packWeights(isa, largestTile: O, $0, $1, from: $2, to: $3) }
    weightGradient = {
      LaneKernels.weightGradient(
        isa, largestTile: gradientTaps, $0, filters: $1, taps: $2, input: $3, gradient: $4,
        result: $5)
    }
    denseForward = {
      LaneKernels.denseForward(
        isa, $0, outputs: $1, input: $2, weights: $3, bias: $4, biasStride: $5, output: $6)
    }
    denseInputGradient = {
      LaneKernels.denseInputGradient(isa, $0, inputs: $1, gradient: $2, weights: $3, result: $4)
    }
    denseWeightGradient = {
      LaneKernels.denseWeightGradient(
        isa, $0, outputs: $1, rows: $2, rowStride: $3, gradient: $4, result: $5)
    }
    lanesToRows = { LaneKernels.lanesToRows(isa, count: $0, from: $1, to: $2, rowStride: $3) }
  }
}
