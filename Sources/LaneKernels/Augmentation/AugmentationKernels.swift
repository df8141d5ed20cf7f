/// The kernels that change training images: a block of 16 images [C, H, W] in lanes, each image in its
/// own way.
@frozen
public struct AugmentationKernels: Sendable {
  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  public let sample:
    @Sendable (
      _ pass: SamplingPass, _ fill: Source, _ fieldX: Source?, _ fieldY: Source?,
      _ scratch: Target, _ x: Source, _ y: Target
    ) -> Void
  public let elasticField:
    @Sendable (
      _ pass: ElasticPass, _ keys: SIMD16<UInt32>, _ weights: Source, _ scratch: Target,
      _ field: Target
    ) -> Void
  public let adjustColours: @Sendable (_ pass: ColourPass, _ x: Target) -> Void
  public let sharpen:
    @Sendable (
      _ channels: Int, _ height: Int, _ width: Int, _ factor: Lanes, _ changes: Lanes, _ x: Source,
      _ y: Target
    ) -> Void
  public let changeTones:
    @Sendable (_ count: Int, _ threshold: Lanes, _ step: Lanes, _ x: Target) -> Void
  public let stretch:
    @Sendable (_ channels: Int, _ pixels: Int, _ changes: Lanes, _ x: Target) -> Void
  public let equalize: @Sendable (_ channels: Int, _ pixels: Int, _ lane: Int, _ x: Target) -> Void
  public let erase:
    @Sendable (
      _ channels: Int, _ height: Int, _ width: Int, _ lane: Int, _ columns: Range<Int>,
      _ rows: Range<Int>, _ fill: Source, _ x: Target
    ) -> Void
  public let rescale:
    @Sendable (
      _ channels: Int, _ pixels: Int, _ scale: Source, _ shift: Source, _ x: Source, _ y: Target
    ) -> Void
  public let mix: @Sendable (_ pass: MixingPass, _ x: Target) -> Void

  /// The kernels of one instruction set.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet>(_ isa: ISA.Type) {
    sample = {
      LaneKernels.sample(
        isa, $0, fill: $1, fieldX: $2, fieldY: $3, scratch: $4, from: $5, to: $6)
    }
    elasticField = {
      LaneKernels.elasticField(isa, $0, keys: $1, weights: $2, scratch: $3, to: $4)
    }
    adjustColours = { LaneKernels.adjustColours(isa, $0, in: $1) }
    sharpen = {
      LaneKernels.sharpen(
        isa, channels: $0, height: $1, width: $2, factor: $3, changes: $4, from: $5, to: $6)
    }
    changeTones = { LaneKernels.changeTones(isa, count: $0, threshold: $1, step: $2, in: $3) }
    stretch = { LaneKernels.stretch(isa, channels: $0, pixels: $1, changes: $2, in: $3) }
    equalize = { LaneKernels.equalize(isa, channels: $0, pixels: $1, lane: $2, in: $3) }
    erase = {
      LaneKernels.erase(
        isa, channels: $0, height: $1, width: $2, lane: $3, columns: $4, rows: $5, fill: $6,
        in: $7)
    }
    rescale = {
      LaneKernels.rescale(
        isa, channels: $0, pixels: $1, scale: $2, shift: $3, from: $4, to: $5)
    }
    mix = { LaneKernels.mix(isa, $0, in: $1) }
  }
}

/// `x` where it lies between the bounds, else the nearer bound; the lower one where it is no number.
@inlinable @inline(__always)
func clamped(_ x: Lanes, _ low: Lanes, _ high: Lanes) -> Lanes {
  let raised = select(x .>= low, x, low)
  return select(raised .> high, high, raised)
}

/// `x` where it lies between 0 and 1, else the nearer of them; what is no number stays so.
@inlinable @inline(__always)
func clampedToUnit(_ x: Lanes) -> Lanes {
  let raised = select(x .< 0, 0, x)
  return select(raised .> 1, 1, raised)
}

/// The largest integer that is not above x, for |x| < 2²².
@inlinable @inline(__always)
func roundedDown(_ x: Lanes) -> Lanes {
  let nearest = roundedToNearest(x)
  return select(nearest .> x, nearest - 1, nearest)
}

/// The nearest integer, the even one of two, for |x| < 2²²: adding 1.5 · 2²³ rounds.
@inlinable @inline(__always)
func roundedToNearest(_ x: Lanes) -> Lanes {
  let magic = Lanes(repeating: 12_582_912)
  return (x + magic) - magic
}

/// A whole number from 0 to 2²² as an integer: it stands in the low bits of itself plus 2²³.
@inlinable @inline(__always)
func integers(_ x: Lanes) -> SIMD16<UInt32> {
  SIMD16<UInt32>(bitPattern: x + 8_388_608) &- SIMD16(repeating: 0x4B00_0000)
}
