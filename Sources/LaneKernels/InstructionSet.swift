/// Sixteen Floats, one an image of the batch: a cache line, an AVX-512 register, two AVX2 or four NEON
/// registers.
public typealias Lanes = SIMD16<Float>

/// The number of images that lie side by side.
public let laneCount = 16

/// The Floats from one block of images to the next where each has so many elements: between large blocks lies
/// unused memory. Who reads a block to its end makes the processor fetch what lies behind it as well: were that the
/// next block, whose core works on it, this core would have to ask for it back before it writes it.
@inlinable
public func blockStride(elements: Int) -> Int {
  let size = elements &* laneCount
  return size < 4 &* blockGap ? size : size &+ blockGap
}

/// 32 KiB.
@inlinable
var blockGap: Int { 8192 }

/// The same in Double, for sizes that may overflow an Int.
public func blockStride(elements: Double) -> Double {
  let size = elements * Double(laneCount)
  return size < Double(4 * blockGap) ? size : size + Double(blockGap)
}

/// What a kernel needs to know of the processor it is compiled for.
///
/// Every kernel is generic over an instruction set and inlined into the module that names it, so that
/// it is compiled with that module's flags and its symbols carry that module's types: two copies of
/// one kernel can never be mistaken for each other by the linker.
public protocol InstructionSet: SendableMetatype {
  /// The register that the convolution tiles are made of: 16, 8 or 4 Floats.
  associatedtype Vector: SIMD where Vector.Scalar == Float

  /// sum + w · x, in one rounding where the processor has it.
  static func multiplyAdd(_ sum: inout Vector, _ w: Vector, _ x: Vector)

  /// a · b + c, in one rounding where the processor has it.
  static func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes

  /// The same number in every lane.
  static func broadcast(_ value: Float) -> Vector

  /// `value` where it is not below `floor`, else `floor`; NaN stays NaN.
  static func atLeast(_ floor: Float, _ value: Vector) -> Vector

  /// `value` where it is not above `ceiling`, else `ceiling`; NaN stays NaN.
  static func atMost(_ ceiling: Float, _ value: Vector) -> Vector

  /// The sum of the lanes.
  static func sum(_ value: Vector) -> Float
}

/// The size of a register tile: output channels × pixels, or output channels × taps.
public enum Tile<let rows: Int, let columns: Int> {}

extension UnsafePointer<Float> {
  /// The lanes that start here. The address is a multiple of the vector's size.
  @inlinable @inline(__always)
  func load<Vector>(_ type: Vector.Type) -> Vector {
    UnsafeRawPointer(self).load(as: Vector.self)
  }

  /// The lanes that start here, at any address.
  @inlinable @inline(__always)
  func loadUnaligned<Vector: BitwiseCopyable>(_ type: Vector.Type) -> Vector {
    UnsafeRawPointer(self).loadUnaligned(as: Vector.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// Writes lanes here. The address is a multiple of the vector's size.
  @inlinable @inline(__always)
  func store<Vector>(_ vector: Vector) {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Vector.self).pointee = vector
  }
}
