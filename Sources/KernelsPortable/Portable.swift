import LaneKernels

/// What every processor has: four registers hold the lanes.
public enum Portable: InstructionSet {
  public typealias Vector = SIMD4<Float>

  @inline(__always)
  public static func multiplyAdd(_ sum: inout Vector, _ w: Vector, _ x: Vector) {
    sum += w * x
  }

  @inline(__always)
  public static func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
    a * b + c
  }

  @inline(__always)
  public static func broadcast(_ value: Float) -> Vector { Vector(repeating: value) }

  @inline(__always)
  public static func atLeast(_ floor: Float, _ value: Vector) -> Vector {
    value.replacing(with: Vector(repeating: floor), where: value .< Vector(repeating: floor))
  }

  @inline(__always)
  public static func sum(_ value: Vector) -> Float {
    let four = value
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}

extension KernelTable {
  /// The kernels for any processor.
  public static let portable = KernelTable(
    Portable.self, name: "portable", tile: Tile<4, 2>.self, gradientTaps: 2)
}
