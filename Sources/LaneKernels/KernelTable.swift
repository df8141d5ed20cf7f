/// The kernels of one instruction set, chosen once when the program starts.
@frozen
public struct KernelTable: Sendable {
  /// "avx512", "avx2" or "portable".
  public let name: String

  /// Filters in a full convolution tile: the unit in which weights are packed.
  public let tileHeight: Int

  /// Pixels in a full convolution tile.
  public let tileWidth: Int

  /// Floats in a register.
  public let vectorWidth: Int

  /// Whether convolutions may be computed by Winograd's algorithm, which rounds otherwise than the sum.
  public var allowsWinograd = true

  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  public let multiplyAddRounds: @Sendable (_ rounds: Int) -> Float
  public let convolve:
    @Sendable (
      _ pass: ConvolutionPass, _ rows: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ output: Target
    ) -> Void
  public let winograd:
    @Sendable (
      _ pass: WinogradPass, _ tiles: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ output: Target, _ scratch: Target
    ) -> Void
  public let winogradWeights:
    @Sendable (
      _ pass: WinogradPass, _ packing: WeightPacking, _ filters: Range<Int>, _ source: Source,
      _ target: Target
    ) -> Void
  public let winogradWeightGradient:
    @Sendable (
      _ pass: WinogradGradientPass, _ filters: Range<Int>, _ channels: Range<Int>,
      _ rows: Range<Int>, _ input: Source, _ gradient: Source, _ scratch: Target, _ result: Target
    ) -> Void
  public let packWeights:
    @Sendable (
      _ pass: ConvolutionPass, _ packing: WeightPacking, _ source: Source, _ target: Target
    ) -> Void
  public let weightGradient:
    @Sendable (
      _ pass: WeightGradientPass, _ filters: Range<Int>, _ taps: Range<Int>, _ input: Source,
      _ gradient: Source, _ sums: Target, _ result: Target
    ) -> Void
  public let denseForward:
    @Sendable (
      _ pass: DensePass, _ outputs: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ biasStride: Int, _ output: Target
    ) -> Void
  public let denseInputGradient:
    @Sendable (
      _ pass: DensePass, _ panels: Range<Int>, _ gradient: Source, _ weights: Source,
      _ spare: Target, _ result: Target
    ) -> Void
  public let lanesToPanels:
    @Sendable (_ count: Int, _ lanes: Source, _ panels: Target, _ stride: Int) -> Void
  public let denseWeightGradient:
    @Sendable (
      _ pass: DensePass, _ outputs: Range<Int>, _ rows: Source, _ gradient: Source,
      _ spare: Target, _ result: Target
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
  public let dropOut:
    @Sendable (
      _ units: Int, _ unit: Int, _ first: Int, _ keys: UnsafePointer<UInt32>,
      _ threshold: UInt32, _ scale: Float, _ x: Source, _ y: Target
    ) -> Void
  public let parametricReLU:
    @Sendable (
      _ channels: Range<Int>, _ pixels: Int, _ slopes: Source, _ slopeStride: Int, _ x: Source,
      _ y: Target
    ) -> Void
  public let parametricReLUGradient:
    @Sendable (
      _ channels: Range<Int>, _ pixels: Int, _ slopes: Source, _ slopeStride: Int, _ x: Source,
      _ dy: Source, _ dx: Target
    ) -> Void
  public let parametricReLUSlopeGradient:
    @Sendable (
      _ channels: Range<Int>, _ pixels: Int, _ blocks: Int, _ blockStride: Int, _ x: Source,
      _ dy: Source, _ result: Target
    ) -> Void
  public let logSoftmax:
    @Sendable (_ channels: Int, _ pixels: Int, _ x: Source, _ y: Target) -> Void
  public let logSoftmaxGradient:
    @Sendable (_ channels: Int, _ pixels: Int, _ y: Source, _ dy: Source, _ dx: Target) -> Void
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
      _ pass: LossPass, _ outputWeights: Source?, _ output: Source, _ target: Source,
      _ weight: Source, _ gradient: Target, _ result: Target
    ) -> Void
  public let targetWeights:
    @Sendable (_ outputs: Int, _ outputWeights: Source?, _ target: Source, _ result: Target) -> Void
  public let add: @Sendable (_ count: Int, _ x: Source, _ y: Target) -> Void
  public let sum:
    @Sendable (_ count: Int, _ limits: OutputLimits, _ a: Source, _ b: Source, _ y: Target) -> Void
  public let masked: @Sendable (_ count: Int, _ dy: Source, _ y: Source, _ dx: Target) -> Void
  public let multiply: @Sendable (_ count: Int, _ x: Source, _ y: Target) -> Void
  public let multiplyRows: @Sendable (_ rows: Int, _ count: Int, _ x: Source, _ y: Target) -> Void
  public let sumProducts:
    @Sendable (_ rows: Int, _ count: Int, _ a: Source, _ b: Source, _ result: Target) -> Void
  public let copyRows:
    @Sendable (
      _ rows: Int, _ count: Int, _ x: Source, _ stride: Int, _ y: Target, _ targetStride: Int
    ) -> Void
  public let addRows:
    @Sendable (
      _ rows: Int, _ count: Int, _ x: Source, _ stride: Int, _ y: Target, _ targetStride: Int
    ) -> Void
  public let convolveMap:
    @Sendable (
      _ pass: ConvolutionPass, _ rows: Range<Int>, _ input: Source, _ weights: Source,
      _ bias: Source, _ output: Target
    ) -> Void
  public let addMapWeightGradient:
    @Sendable (
      _ pass: WeightGradientPass, _ rows: Range<Int>, _ input: Source, _ gradient: Source,
      _ sums: Target
    ) -> Void
  public let sumLanes:
    @Sendable (
      _ count: Int, _ pixels: Int, _ blocks: Int, _ blockStride: Int, _ x: Source,
      _ result: Target
    ) -> Void
  /// Those that make maps of other maps.
  public let spatial: SpatialKernels
  /// Those that normalise.
  public let normalization: NormalizationKernels
  /// Those that update parameters.
  public let updates: UpdateKernels
  /// Those for images whose channels lie side by side.
  public let channels: ChannelKernels
  public let augmentation: AugmentationKernels

  /// The table of one instruction set, with its register tiles.
  ///
  /// - Parameters:
  ///   - tile: Filters × pixels of a convolution.
  ///   - gradientTile: 4 filters × taps of a weight gradient.
  ///   - channelTile: Registers of filters × pixels of a convolution whose channels lie side by side.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet, let O: Int, let P: Int, let T: Int, let F: Int, let Q: Int>(
    _ isa: ISA.Type, name: String, tile: Tile<O, P>.Type, gradientTile: Tile<4, T>.Type,
    channelTile: Tile<F, Q>.Type
  ) {
    self.name = name
    tileHeight = O
    tileWidth = P
    vectorWidth = ISA.Vector.scalarCount
    multiplyAddRounds = { LaneKernels.multiplyAddRounds(isa, $0) }
    convolve = {
      LaneKernels.convolve(isa, tile, $0, rows: $1, input: $2, weights: $3, bias: $4, output: $5)
    }
    winograd = {
      LaneKernels.winograd(
        isa, tile, $0, tiles: $1, input: $2, weights: $3, bias: $4, output: $5, scratch: $6)
    }
    winogradWeights = {
      LaneKernels.winogradWeights(
        isa, largestTile: O, $0, $1, filters: $2, from: $3, to: $4)
    }
    winogradWeightGradient = {
      LaneKernels.winogradWeightGradient(
        isa, tile, $0, filters: $1, channels: $2, rows: $3, input: $4, gradient: $5, scratch: $6,
        result: $7)
    }
    packWeights = { LaneKernels.packWeights(isa, largestTile: O, $0, $1, from: $2, to: $3) }
    weightGradient = {
      LaneKernels.weightGradient(
        isa, gradientTile, $0, filters: $1, taps: $2, input: $3, gradient: $4,
        sums: $5, result: $6)
    }
    denseForward = {
      LaneKernels.denseForward(
        isa, $0, outputs: $1, input: $2, weights: $3, bias: $4, biasStride: $5, output: $6)
    }
    denseInputGradient = {
      LaneKernels.denseInputGradient(
        isa, $0, panels: $1, gradient: $2, weights: $3, spare: $4, result: $5)
    }
    lanesToPanels = { LaneKernels.lanesToPanels(isa, count: $0, from: $1, to: $2, stride: $3) }
    denseWeightGradient = {
      LaneKernels.denseWeightGradient(
        isa, $0, outputs: $1, rows: $2, gradient: $3, spare: $4, result: $5)
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
    dropOut = {
      LaneKernels.dropOut(
        isa, units: $0, unit: $1, first: $2, keys: $3, threshold: $4, scale: $5, from: $6, to: $7)
    }
    parametricReLU = {
      LaneKernels.parametricReLU(
        isa, range: $0, pixels: $1, slopes: $2, slopeStride: $3, from: $4, to: $5)
    }
    parametricReLUGradient = {
      LaneKernels.parametricReLUGradient(
        isa, range: $0, pixels: $1, slopes: $2, slopeStride: $3, input: $4, gradient: $5, to: $6)
    }
    parametricReLUSlopeGradient = {
      LaneKernels.parametricReLUSlopeGradient(
        isa, range: $0, pixels: $1, blocks: $2, blockStride: $3, input: $4, gradient: $5, to: $6)
    }
    logSoftmax = { LaneKernels.logSoftmax(isa, channels: $0, pixels: $1, from: $2, to: $3) }
    logSoftmaxGradient = {
      LaneKernels.logSoftmaxGradient(
        isa, channels: $0, pixels: $1, output: $2, gradient: $3, to: $4)
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
        isa, $0, outputWeights: $1, output: $2, target: $3, weight: $4, gradient: $5, result: $6)
    }
    targetWeights = {
      LaneKernels.targetWeights(isa, outputs: $0, outputWeights: $1, target: $2, result: $3)
    }
    add = { LaneKernels.add(isa, count: $0, $1, to: $2) }
    sum = { LaneKernels.sum(isa, count: $0, limits: $1, $2, $3, to: $4) }
    masked = { LaneKernels.masked(isa, count: $0, $1, by: $2, to: $3) }
    multiply = { LaneKernels.multiply(isa, count: $0, $1, into: $2) }
    multiplyRows = { LaneKernels.multiplyRows(isa, rows: $0, count: $1, $2, into: $3) }
    sumProducts = { LaneKernels.sumProducts(isa, rows: $0, count: $1, $2, $3, to: $4) }
    copyRows = {
      LaneKernels.copyRows(
        isa, rows: $0, count: $1, from: $2, stride: $3, to: $4, targetStride: $5)
    }
    addRows = {
      LaneKernels.addRows(
        isa, rows: $0, count: $1, $2, stride: $3, to: $4, targetStride: $5)
    }
    convolveMap = {
      LaneKernels.convolveMap(
        isa, $0, rows: $1, input: $2, weights: $3, bias: $4, output: $5)
    }
    addMapWeightGradient = {
      LaneKernels.addMapWeightGradient(
        isa, $0, rows: $1, input: $2, gradient: $3, sums: $4)
    }
    sumLanes = {
      LaneKernels.sumLanes(
        isa, count: $0, pixels: $1, blocks: $2, blockStride: $3, from: $4, to: $5)
    }
    spatial = SpatialKernels(isa)
    normalization = NormalizationKernels(isa)
    updates = UpdateKernels(isa)
    channels = ChannelKernels(isa, tile: channelTile)
    augmentation = AugmentationKernels(isa)
  }
}
