/// The kernels that make maps of other maps, pixel by pixel: pooling, its inverse, resampling, and copies of grids of
/// pixels.
@frozen
public struct SpatialKernels: Sendable {
  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  public let pool:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Target
    ) -> Void
  public let poolGradient:
    @Sendable (
      _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int, _ x: Source, _ y: Source,
      _ dy: Source, _ dx: Target
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

  /// The kernels of one instruction set.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet>(_ isa: ISA.Type) {
    pool = { LaneKernels.pool(isa, $0, $1, channels: $2, from: $3, to: $4) }
    poolGradient = {
      LaneKernels.poolGradient(
        isa, $0, $1, channels: $2, input: $3, output: $4, gradient: $5, to: $6)
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
  }
}
