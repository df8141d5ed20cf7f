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
  public let rowsToLanes:
    @Sendable (
      _ count: Int, _ channelSize: Int, _ rows: UnsafePointer<Source>, _ scale: Source,
      _ shift: Source, _ lanes: Target
    ) -> Void
  public let bytesToLanes:
    @Sendable (
      _ count: Int, _ channelSize: Int, _ rows: UnsafePointer<UnsafePointer<UInt8>>,
      _ scale: Source, _ shift: Source, _ lanes: Target
    ) -> Void
  public let activate:
    @Sendable (
      _ function: ActivationKernel, _ a: Float, _ b: Float, _ count: Int, _ x: Source, _ y: Target
    ) -> Void
  public let activationGradient:
    @Sendable (
      _ function: ActivationKernel, _ a: Float, _ b: Float, _ count: Int, _ x: Source,
      _ y: Source, _ dy: Source, _ dx: Target
    ) -> Void
  public let softmax: @Sendable (_ channels: Int, _ pixels: Int, _ x: Source, _ y: Target) -> Void
  public let softmaxGradient:
    @Sendable (_ channels: Int, _ pixels: Int, _ y: Source, _ dy: Source, _ dx: Target) -> Void
  public let pool:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Target
    ) -> Void
  public let poolGradient:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Source,
      _ dy: Source, _ dx: Target
    ) -> Void
  public let radial:
    @Sendable (
      _ function: RadialKernel, _ a: Float, _ features: Int, _ units: Int, _ x: Source,
      _ centres: Source, _ y: Target
    ) -> Void
  public let radialSlope:
    @Sendable (
      _ function: RadialKernel, _ a: Float, _ units: Int, _ y: Source, _ dy: Source,
      _ slope: Target
    ) -> Void
  public let radialInputGradient:
    @Sendable (
      _ features: Int, _ units: Int, _ x: Source, _ centres: Source, _ slope: Source,
      _ dx: Target
    ) -> Void
  public let radialCentreGradient:
    @Sendable (
      _ features: Int, _ allUnits: Int, _ units: Range<Int>, _ blocks: Int, _ x: Source,
      _ centres: Source, _ slope: Source, _ result: Target
    ) -> Void
  public let loss:
    @Sendable (
      _ kind: LossKernel, _ scale: Float, _ outputs: Int, _ output: Source, _ target: Source,
      _ weight: Source, _ gradient: Target, _ result: Target
    ) -> Void
  public let add: @Sendable (_ count: Int, _ x: Source, _ y: Target) -> Void
  public let multiply: @Sendable (_ count: Int, _ x: Source, _ y: Target) -> Void
  public let copyRows:
    @Sendable (
      _ rows: Int, _ count: Int, _ x: Source, _ stride: Int, _ y: Target, _ targetStride: Int
    ) -> Void
  public let sumLanes:
    @Sendable (
      _ count: Int, _ pixels: Int, _ blocks: Int, _ blockStride: Int, _ x: Source,
      _ result: Target
    ) -> Void
  public let updateSGD:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ momentum: Target?,
      _ learningRate: Float, _ factor: Float, _ weightDecay: Float, _ nesterov: Bool,
      _ isFirst: Bool
    ) -> Void
  public let updateRMSprop:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target,
      _ momentum: Target?, _ learningRate: Float, _ smoothing: Double, _ epsilon: Float,
      _ factor: Float, _ weightDecay: Float
    ) -> Void
  public let updateAdam:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ epsilon: Float,
      _ weightDecay: Float, _ isDecoupled: Bool, _ correction1: Float, _ correction2: Float
    ) -> Void
  public let augmentation: AugmentationKernels

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
    rowsToLanes = {
      LaneKernels.rowsToLanes(
        isa, count: $0, channelSize: $1, from: $2, scale: $3, shift: $4, to: $5,
        read: { $0.loadUnaligned(Lanes.self) }, value: { $0 })
    }
    bytesToLanes = {
      LaneKernels.rowsToLanes(
        isa, count: $0, channelSize: $1, from: $2, scale: $3, shift: $4, to: $5,
        read: { bytes in lanes(of: bytes) }, value: { Float($0) })
    }
    activate = { LaneKernels.activate(isa, $0, $1, $2, count: $3, from: $4, to: $5) }
    activationGradient = {
      LaneKernels.activationGradient(
        isa, $0, $1, $2, count: $3, input: $4, output: $5, gradient: $6, to: $7)
    }
    softmax = { LaneKernels.softmax(isa, channels: $0, pixels: $1, from: $2, to: $3) }
    softmaxGradient = {
      LaneKernels.softmaxGradient(isa, channels: $0, pixels: $1, output: $2, gradient: $3, to: $4)
    }
    pool = { LaneKernels.pool(isa, $0, $1, channels: $2, from: $3, to: $4) }
    poolGradient = {
      LaneKernels.poolGradient(
        isa, $0, $1, channels: $2, input: $3, output: $4, gradient: $5, to: $6)
    }
    radial = {
      LaneKernels.radial(isa, $0, $1, features: $2, units: $3, from: $4, centres: $5, to: $6)
    }
    radialSlope = {
      LaneKernels.radialSlope(isa, $0, $1, units: $2, output: $3, gradient: $4, to: $5)
    }
    radialInputGradient = {
      LaneKernels.radialInputGradient(
        isa, features: $0, units: $1, input: $2, centres: $3, slope: $4, to: $5)
    }
    radialCentreGradient = {
      LaneKernels.radialCentreGradient(
        isa, features: $0, allUnits: $1, units: $2, blocks: $3, input: $4, centres: $5,
        slope: $6, to: $7)
    }
    loss = {
      LaneKernels.loss(
        isa, $0, scale: $1, outputs: $2, output: $3, target: $4, weight: $5, gradient: $6,
        result: $7)
    }
    add = { LaneKernels.add(isa, count: $0, $1, to: $2) }
    multiply = { LaneKernels.multiply(isa, count: $0, $1, into: $2) }
    copyRows = {
      LaneKernels.copyRows(
        isa, rows: $0, count: $1, from: $2, stride: $3, to: $4, targetStride: $5)
    }
    sumLanes = {
      LaneKernels.sumLanes(
        isa, count: $0, pixels: $1, blocks: $2, blockStride: $3, from: $4, to: $5)
    }
    updateSGD = {
      LaneKernels.updateSGD(
        isa, count: $0, weights: $1, gradient: $2, momentum: $3, learningRate: $4, factor: $5,
        weightDecay: $6, nesterov: $7, isFirst: $8)
    }
    updateRMSprop = {
      LaneKernels.updateRMSprop(
        isa, count: $0, weights: $1, gradient: $2, square: $3, momentum: $4, learningRate: $5,
        smoothing: $6, epsilon: $7, factor: $8, weightDecay: $9)
    }
    updateAdam = {
      LaneKernels.updateAdam(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, learningRate: $5,
        beta1: $6, beta2: $7, epsilon: $8, weightDecay: $9, isDecoupled: $10, correction1: $11,
        correction2: $12)
    }
    augmentation = AugmentationKernels(isa)
  }
}
