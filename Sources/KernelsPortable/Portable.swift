import CPUFeatures
import LaneKernels

/// What every processor has: four registers hold the lanes.
public enum Portable: InstructionSet {
  public typealias Vector = SIMD4<Float>

  @inline(__always)
  public static func multiplyAdd(_ sum: inout Vector, _ w: Vector, _ x: Vector) {
    #if arch(arm64)
      sum.addProduct(w, x)
    #else
      sum += w * x
    #endif
  }

  @inline(__always)
  public static func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
    #if arch(arm64)
      c.addingProduct(a, b)
    #else
      a * b + c
    #endif
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
    let two = value.lowHalf + value.highHalf
    return two[0] + two[1]
  }
}

extension KernelTable {
  #if arch(arm64)
    /// The kernels for any processor, with tiles for the 32 registers of NEON, which fuses multiply-adds.
    static let portable = KernelTable(
      Portable.self, name: "portable", tile: Tile<8, 3>.self, gradientTile: Tile<4, 6>.self,
      channelTile: Tile<2, 8>.self)
  #else
    /// The kernels for any processor, with tiles for the 16 registers of SSE2.
    static let portable = KernelTable(
      Portable.self, name: "portable", tile: Tile<4, 2>.self, gradientTile: Tile<4, 2>.self,
      channelTile: Tile<2, 4>.self)
  #endif
}

/// Puts the table where room for a `KernelTable` is: how `Striate`, which is compiled beside this module, gets it.
@c @implementation
public func striate_put_portable_kernels(_ table: UnsafeMutableRawPointer) {
  table.initializeMemory(as: KernelTable.self, to: .portable)
}
