import CPUFeatures
import LaneKernels

/// The instruction set of x86-64-v3: two registers hold the lanes.
public enum AVX2: InstructionSet {
  public typealias Vector = SIMD8<Float>

  @inline(__always)
  public static func multiplyAdd(_ sum: inout Vector, _ w: Vector, _ x: Vector) {
    sum = striate_multiply_add_8(w, x, sum)
  }

  @inline(__always)
  public static func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
    striate_multiply_add_16(a, b, c)
  }

  @inline(__always)
  public static func broadcast(_ value: Float) -> Vector { Vector(repeating: value) }

  @inline(__always)
  public static func atLeast(_ floor: Float, _ value: Vector) -> Vector {
    value.replacing(with: Vector(repeating: floor), where: value .< Vector(repeating: floor))
  }

  @inline(__always)
  public static func atMost(_ ceiling: Float, _ value: Vector) -> Vector {
    value.replacing(with: Vector(repeating: ceiling), where: value .> Vector(repeating: ceiling))
  }

  @inline(__always)
  public static func sum(_ value: Vector) -> Float {
    let four = value.lowHalf + value.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}

extension KernelTable {
  /// The kernels for x86-64-v3: 16 registers of 8 Floats.
  static let avx2 = KernelTable(
    AVX2.self, name: "avx2", tile: Tile<4, 3>.self, gradientTile: Tile<4, 3>.self,
    channelTile: Tile<2, 6>.self)
}

/// Puts the table where room for a `KernelTable` is: how `Striate`, which is compiled beside this module, gets it.
@c @implementation
public func striate_put_AVX2_kernels(_ table: UnsafeMutableRawPointer) {
  table.initializeMemory(as: KernelTable.self, to: .avx2)
}
