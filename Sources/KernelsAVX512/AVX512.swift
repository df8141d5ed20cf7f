import CPUFeatures
import LaneKernels

/// The instruction set of x86-64-v4: one register holds all 16 lanes.
public enum AVX512: InstructionSet {
  public typealias Vector = SIMD16<Float>

  @inline(__always)
  public static func multiplyAdd(_ sum: inout Vector, _ w: Vector, _ x: Vector) {
    sum = striate_multiply_add_16(w, x, sum)
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
    let eight = value.lowHalf + value.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}

extension KernelTable {
  /// The kernels for x86-64-v4: 32 registers of 16 Floats.
  static let avx512 = KernelTable(
    AVX512.self, name: "avx512", tile: Tile<8, 3>.self, gradientTile: Tile<4, 6>.self,
    channelTile: Tile<4, 6>.self)
}

/// Puts the table where room for a `KernelTable` is: how `Striate`, which is compiled beside this module, gets it.
@c @implementation
public func striate_put_AVX512_kernels(_ table: UnsafeMutableRawPointer) {
  table.initializeMemory(as: KernelTable.self, to: .avx512)
}
