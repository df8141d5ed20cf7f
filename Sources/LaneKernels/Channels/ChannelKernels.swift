/// The kernels for images whose channels lie side by side.
@frozen
public struct ChannelKernels: Sendable {
  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  /// Registers of filters in a full tile.
  public let tileHeight: Int

  public let convolve:
    @Sendable (
      _ pass: ChannelPass, _ registers: Range<Int>, _ pixels: Range<Int>, _ input: Source,
      _ weights: Source, _ bias: Source, _ output: Target
    ) -> Void
  public let packWeights:
    @Sendable (
      _ pass: ChannelPass, _ packing: WeightPacking, _ registers: Range<Int>, _ source: Source,
      _ target: Target
    ) -> Void
  public let convolveEach:
    @Sendable (
      _ pass: ChannelPass, _ input: Source, _ weights: Source, _ bias: Source, _ output: Target
    ) -> Void
  public let winogradInputs:
    @Sendable (
      _ pass: ChannelWinogradPass, _ lot: Int, _ groups: Range<Int>, _ input: Source,
      _ result: Target, _ zeros: Target
    ) -> Void
  public let winograd:
    @Sendable (
      _ pass: ChannelWinogradPass, _ lot: Int, _ registers: Range<Int>, _ input: Source,
      _ weights: Source, _ bias: Source, _ output: Target, _ scratch: Target
    ) -> Void
  public let winogradWeights:
    @Sendable (
      _ pass: ChannelWinogradPass, _ registers: Range<Int>, _ source: Source, _ target: Target
    ) -> Void
  public let scale:
    @Sendable (
      _ pixels: Int, _ scales: Source, _ shifts: Source, _ limits: OutputLimits, _ x: Source,
      _ y: Target
    ) -> Void
  public let scaleBytes:
    @Sendable (
      _ count: Int, _ scale: Float, _ shift: Float, _ x: UnsafePointer<UInt8>, _ y: Target
    ) -> Void
  public let scaleFloats:
    @Sendable (_ count: Int, _ scale: Float, _ shift: Float, _ x: Source, _ y: Target) -> Void

  /// The kernels of one instruction set, with a tile of registers of filters × pixels.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet, let F: Int, let P: Int>(
    _ isa: ISA.Type, tile: Tile<F, P>.Type
  ) {
    tileHeight = F
    convolve = {
      LaneKernels.convolveChannels(
        isa, tile, $0, registers: $1, pixels: $2, input: $3, weights: $4, bias: $5, output: $6)
    }
    packWeights = {
      LaneKernels.packChannelWeights(isa, $0, $1, registers: $2, from: $3, to: $4)
    }
    convolveEach = {
      LaneKernels.convolveEachChannel(
        isa, $0, input: $1, weights: $2, bias: $3, output: $4)
    }
    winogradInputs = {
      LaneKernels.channelWinogradInputs(
        isa, $0, lot: $1, groups: $2, input: $3, result: $4, zeros: $5)
    }
    winograd = {
      LaneKernels.channelWinograd(
        isa, tile, $0, lot: $1, registers: $2, input: $3, weights: $4, bias: $5, output: $6,
        scratch: $7)
    }
    winogradWeights = {
      LaneKernels.channelWinogradWeights(
        isa, largestTile: F, $0, registers: $1, from: $2, to: $3)
    }
    scale = {
      LaneKernels.scaleChannels(
        isa, pixels: $0, scales: $1, shifts: $2, limits: $3, from: $4, to: $5)
    }
    scaleBytes = { LaneKernels.scaleNumbers(isa, count: $0, $1, $2, from: $3, to: $4) }
    scaleFloats = { LaneKernels.scaleNumbers(isa, count: $0, $1, $2, from: $3, to: $4) }
  }
}

/// y = scale · x + shift for numbers at any address.
@export(implementation) @inline(__always)
func scaleNumbers<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ scale: Float, _ shift: Float, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  for k in 0..<count { y[k] = x[k] * scale + shift }
}

/// y = scale · x + shift for bytes.
@export(implementation) @inline(__always)
func scaleNumbers<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ scale: Float, _ shift: Float, from x: UnsafePointer<UInt8>,
  to y: UnsafeMutablePointer<Float>
) {
  for k in 0..<count { y[k] = Float(x[k]) * scale + shift }
}
