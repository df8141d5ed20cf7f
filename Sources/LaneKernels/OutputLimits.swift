/// Where outputs end: what lies outside becomes the nearer end, and NaN stays NaN.
@frozen
public struct OutputLimits: Equatable, Sendable {
  /// 0 for a ReLU, −∞ for none.
  public var lowest: Float
  /// 6 for a ReLU6, ∞ for none.
  public var highest: Float

  @inlinable
  public init(lowest: Float, highest: Float) {
    (self.lowest, self.highest) = (lowest, highest)
  }

  /// No limits.
  @inlinable
  public static var none: OutputLimits { OutputLimits(lowest: -.infinity, highest: .infinity) }

  /// Those of a ReLU.
  @inlinable
  public static var relu: OutputLimits { OutputLimits(lowest: 0, highest: .infinity) }

  /// min(max(value, lowest), highest).
  @export(implementation) @inline(__always)
  func applied<ISA: InstructionSet>(_ isa: ISA.Type, to value: ISA.Vector) -> ISA.Vector {
    ISA.atMost(highest, ISA.atLeast(lowest, value))
  }

  /// min(max(value, lowest), highest).
  @inlinable
  public func applied(to value: Float) -> Float {
    value < lowest ? lowest : value > highest ? highest : value
  }
}
