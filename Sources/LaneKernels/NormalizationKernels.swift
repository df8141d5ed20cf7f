/// The kernels of normalisations: over the batch, over parts of an image, over neighbouring channels.
@frozen
public struct NormalizationKernels: Sendable {
  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

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
  public let batchNormalizeQuads:
    @Sendable (
      _ channels: Int, _ rows: Int, _ columns: Int, _ numbers: Source, _ limits: OutputLimits,
      _ x: Source, _ y: Target
    ) -> Void
  public let batchQuadGradientSums:
    @Sendable (
      _ channels: Int, _ rows: Int, _ columns: Int, _ numbers: Source, _ limits: OutputLimits,
      _ isMasked: Bool, _ x: Source, _ dp: Source, _ result: Target
    ) -> Void
  public let batchQuadInputGradient:
    @Sendable (
      _ channels: Int, _ rows: Int, _ columns: Int, _ numbers: Source, _ factors: Source,
      _ mask: Source?, _ limits: OutputLimits, _ isMasked: Bool, _ x: Source, _ dp: Source,
      _ dx: Target
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

  /// The kernels of one instruction set.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet>(_ isa: ISA.Type) {
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
    batchNormalizeQuads = {
      LaneKernels.batchNormalizeQuads(
        isa, channels: $0, rows: $1, columns: $2, numbers: $3, limits: $4, from: $5, to: $6)
    }
    batchQuadGradientSums = {
      LaneKernels.batchQuadGradientSums(
        isa, channels: $0, rows: $1, columns: $2, numbers: $3, limits: $4, isMasked: $5,
        input: $6, gradient: $7, to: $8)
    }
    batchQuadInputGradient = {
      LaneKernels.batchQuadInputGradient(
        isa, channels: $0, rows: $1, columns: $2, numbers: $3, factors: $4, mask: $5,
        limits: $6, isMasked: $7, input: $8, gradient: $9, to: $10)
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
    responseNorm = { LaneKernels.responseNorm(isa, $0, range: $1, from: $2, to: $3) }
    responseNormShare = {
      LaneKernels.responseNormShare(isa, $0, range: $1, input: $2, gradient: $3, to: $4)
    }
    responseNormGradient = {
      LaneKernels.responseNormGradient(
        isa, $0, range: $1, input: $2, shares: $3, gradient: $4, to: $5)
    }
  }
}
