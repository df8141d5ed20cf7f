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
  public let pool:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Target
    ) -> Void
  public let poolGradient:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Source,
      _ dy: Source, _ dx: Target
    ) -> Void
  public let batchStatistics:
    @Sendable (
      _ channels: Int, _ pixels: Int, _ mask: Source?, _ x: Source, _ result: Target
    ) -> Void
  public let batchNormalize:
    @Sendable (
      _ channels: Int, _ pixels: Int, _ numbers: Source, _ limits: OutputLimits, _ x: Source,
      _ addend: Source?, _ y: Target
    ) -> Void
  public let batchGradientSums:
    @Sendable (
      _ channels: Int, _ pixels: Int, _ numbers: Source, _ x: Source, _ y: Source?, _ dy: Target,
      _ result: Target
    ) -> Void
  public let batchInputGradient:
    @Sendable (
      _ channels: Int, _ pixels: Int, _ numbers: Source, _ factors: Source, _ mask: Source?,
      _ x: Source, _ dy: Source, _ dx: Target
    ) -> Void
  public let dropOut:
    @Sendable (
      _ units: Int, _ unit: Int, _ first: Int, _ keys: UnsafePointer<UInt32>,
      _ threshold: UInt32, _ scale: Float, _ x: Source, _ y: Target
    ) -> Void
  public let unpool:
    @Sendable (
      _ pass: PoolingPass, _ channels: Int, _ values: Source, _ image: Source, _ y: Target
    ) -> Void
  public let unpoolGradient:
    @Sendable (
      _ pass: PoolingPass, _ channels: Int, _ image: Source, _ dy: Target, _ result: Target
    ) -> Void
  public let gather:
    @Sendable (
      _ pass: ResamplingPass, _ channels: Int, _ constant: Float, _ x: Source, _ y: Target
    ) -> Void
  public let gatherGradient:
    @Sendable (_ pass: ResamplingPass, _ channels: Int, _ dy: Source, _ dx: Target) -> Void
  public let interpolate:
    @Sendable (
      _ pass: ResamplingPass, _ channels: Int, _ rowShares: Source, _ columnShares: Source,
      _ x: Source, _ y: Target
    ) -> Void
  public let interpolateGradient:
    @Sendable (
      _ pass: ResamplingPass, _ channels: Int, _ rowShares: Source, _ columnShares: Source,
      _ dy: Source, _ dx: Target
    ) -> Void
  public let copyGrid:
    @Sendable (
      _ rows: Int, _ columns: Int, _ x: Source, _ source: PixelGrid, _ y: Target,
      _ target: PixelGrid
    ) -> Void
  public let responseNorm:
    @Sendable (_ pass: ResponseNormPass, _ channels: Range<Int>, _ x: Source, _ y: Target) -> Void
  public let responseNormShare:
    @Sendable (
      _ pass: ResponseNormPass, _ channels: Range<Int>, _ x: Source, _ dy: Source, _ t: Target
    ) -> Void
  public let responseNormGradient:
    @Sendable (
      _ pass: ResponseNormPass, _ channels: Range<Int>, _ x: Source, _ t: Source, _ dy: Source,
      _ dx: Target
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
  public let normalize:
    @Sendable (
      _ pass: NormalizationPass, _ units: Range<Int>, _ x: Source, _ weights: Source,
      _ biases: Source, _ statistics: Target, _ y: Target
    ) -> Void
  public let normalizationGradient:
    @Sendable (
      _ pass: NormalizationPass, _ units: Range<Int>, _ x: Source, _ statistics: Source,
      _ weights: Source, _ dy: Source, _ dx: Target
    ) -> Void
  public let normalizationParameterGradients:
    @Sendable (
      _ pass: NormalizationPass, _ parameters: Range<Int>, _ x: Source, _ statistics: Source,
      _ dy: Source, _ dw: Target, _ db: Target
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
  public let updateAdagrad:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target,
      _ learningRate: Float, _ initial: Float, _ epsilon: Float, _ weightDecay: Float
    ) -> Void
  public let updateAdadelta:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target, _ change: Target,
      _ learningRate: Float, _ smoothing: Double, _ epsilon: Float, _ weightDecay: Float
    ) -> Void
  public let updateNAdam:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ gradientFactor: Float, _ meanFactor: Float, _ beta1: Double, _ beta2: Double,
      _ epsilon: Float, _ weightDecay: Float, _ keep: Float, _ correction2: Float
    ) -> Void
  public let updateLion:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ momentum: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ keep: Float
    ) -> Void
  public let updateLAMB:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ epsilon: Float,
      _ weightDecay: Float, _ correction1: Float, _ correction2: Float
    ) -> Void
  public let updateMomentum:
    @Sendable (
      _ count: Int, _ gradient: Source, _ momentum: Target, _ direction: Target,
      _ factor: Double, _ nesterov: Bool
    ) -> Void
  public let matrixProduct:
    @Sendable (
      _ pass: MatrixPass, _ left: Source, _ right: Source, _ addend: Source?, _ result: Target
    ) -> Void
  public let copyMatrix:
    @Sendable (
      _ rows: Int, _ columns: Int, _ factor: Float, _ x: Source, _ stride: Int, _ y: Target,
      _ targetStride: Int
    ) -> Void
  public let transposeMatrix:
    @Sendable (
      _ rows: Int, _ columns: Int, _ factor: Float, _ x: Source, _ stride: Int, _ y: Target,
      _ targetStride: Int
    ) -> Void
  public let sumOfSquares: @Sendable (_ count: Int, _ x: Source) -> Float
  public let scale: @Sendable (_ count: Int, _ factor: Float, _ x: Target) -> Void
  public let clamp: @Sendable (_ count: Int, _ limit: Float, _ x: Target) -> Void
  public let average: @Sendable (_ count: Int, _ decay: Double, _ x: Source, _ a: Target) -> Void
  public let combine:
    @Sendable (_ count: Int, _ a: Float, _ x: Source, _ b: Float, _ y: Target) -> Void
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
    pool = { LaneKernels.pool(isa, $0, $1, channels: $2, from: $3, to: $4) }
    poolGradient = {
      LaneKernels.poolGradient(
        isa, $0, $1, channels: $2, input: $3, output: $4, gradient: $5, to: $6)
    }
    batchStatistics = {
      LaneKernels.batchStatistics(isa, channels: $0, pixels: $1, mask: $2, from: $3, to: $4)
    }
    batchNormalize = {
      if let addend = $5 {
        LaneKernels.batchNormalize(
          isa, channels: $0, pixels: $1, numbers: $2, limits: $3, from: $4, adding: addend, to: $6)
      } else {
        LaneKernels.batchNormalize(
          isa, channels: $0, pixels: $1, numbers: $2, limits: $3, from: $4, adding: nil, to: $6)
      }
    }
    batchGradientSums = {
      if let y = $4 {
        LaneKernels.batchGradientSums(
          isa, channels: $0, pixels: $1, numbers: $2, input: $3, output: y, gradient: $5, to: $6)
      } else {
        LaneKernels.batchGradientSums(
          isa, channels: $0, pixels: $1, numbers: $2, input: $3, output: nil, gradient: $5, to: $6)
      }
    }
    batchInputGradient = {
      LaneKernels.batchInputGradient(
        isa, channels: $0, pixels: $1, numbers: $2, factors: $3, mask: $4, input: $5,
        gradient: $6, to: $7)
    }
    dropOut = {
      LaneKernels.dropOut(
        isa, units: $0, unit: $1, first: $2, keys: $3, threshold: $4, scale: $5, from: $6, to: $7)
    }
    unpool = { LaneKernels.unpool(isa, $0, channels: $1, values: $2, image: $3, to: $4) }
    unpoolGradient = {
      LaneKernels.unpoolGradient(isa, $0, channels: $1, image: $2, gradient: $3, to: $4)
    }
    gather = { LaneKernels.gather(isa, $0, channels: $1, constant: $2, from: $3, to: $4) }
    gatherGradient = { LaneKernels.gatherGradient(isa, $0, channels: $1, gradient: $2, to: $3) }
    interpolate = {
      LaneKernels.interpolate(
        isa, $0, channels: $1, rowShares: $2, columnShares: $3, from: $4, to: $5)
    }
    interpolateGradient = {
      LaneKernels.interpolateGradient(
        isa, $0, channels: $1, rowShares: $2, columnShares: $3, gradient: $4, to: $5)
    }
    copyGrid = { LaneKernels.copyGrid(isa, rows: $0, columns: $1, from: $2, $3, to: $4, $5) }
    responseNorm = { LaneKernels.responseNorm(isa, $0, range: $1, from: $2, to: $3) }
    responseNormShare = {
      LaneKernels.responseNormShare(isa, $0, range: $1, input: $2, gradient: $3, to: $4)
    }
    responseNormGradient = {
      LaneKernels.responseNormGradient(
        isa, $0, range: $1, input: $2, shares: $3, gradient: $4, to: $5)
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
    normalize = {
      LaneKernels.normalize(
        isa, $0, units: $1, from: $2, weights: $3, biases: $4, statistics: $5, to: $6)
    }
    normalizationGradient = {
      LaneKernels.normalizationGradient(
        isa, $0, units: $1, input: $2, statistics: $3, weights: $4, gradient: $5, to: $6)
    }
    normalizationParameterGradients = {
      LaneKernels.normalizationParameterGradients(
        isa, $0, parameters: $1, input: $2, statistics: $3, gradient: $4, weights: $5,
        biases: $6)
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
    updateAdagrad = {
      LaneKernels.updateAdagrad(
        isa, count: $0, weights: $1, gradient: $2, square: $3, learningRate: $4, initial: $5,
        epsilon: $6, weightDecay: $7)
    }
    updateAdadelta = {
      LaneKernels.updateAdadelta(
        isa, count: $0, weights: $1, gradient: $2, square: $3, change: $4, learningRate: $5,
        smoothing: $6, epsilon: $7, weightDecay: $8)
    }
    updateNAdam = {
      LaneKernels.updateNAdam(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, gradientFactor: $5,
        meanFactor: $6, beta1: $7, beta2: $8, epsilon: $9, weightDecay: $10, keep: $11,
        correction2: $12)
    }
    updateLion = {
      LaneKernels.updateLion(
        isa, count: $0, weights: $1, gradient: $2, momentum: $3, learningRate: $4, beta1: $5,
        beta2: $6, keep: $7)
    }
    updateLAMB = {
      LaneKernels.updateLAMB(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, learningRate: $5,
        beta1: $6, beta2: $7, epsilon: $8, weightDecay: $9, correction1: $10, correction2: $11)
    }
    updateMomentum = {
      LaneKernels.updateMomentum(
        isa, count: $0, gradient: $1, momentum: $2, direction: $3, factor: $4, nesterov: $5)
    }
    matrixProduct = { LaneKernels.matrixProduct(isa, $0, $1, $2, $3, $4) }
    copyMatrix = {
      LaneKernels.copyMatrix(
        isa, rows: $0, columns: $1, factor: $2, from: $3, stride: $4, to: $5, targetStride: $6)
    }
    transposeMatrix = {
      LaneKernels.transposeMatrix(
        isa, rows: $0, columns: $1, factor: $2, from: $3, stride: $4, to: $5, targetStride: $6)
    }
    sumOfSquares = { LaneKernels.sumOfSquares(isa, count: $0, $1) }
    scale = { LaneKernels.scale(isa, count: $0, by: $1, $2) }
    clamp = { LaneKernels.clamp(isa, count: $0, to: $1, $2) }
    average = { LaneKernels.average(isa, count: $0, decay: $1, $2, into: $3) }
    combine = { LaneKernels.combine(isa, count: $0, $1, $2, $3, into: $4) }
    channels = ChannelKernels(isa, tile: channelTile)
    augmentation = AugmentationKernels(isa)
  }
}
