import LaneKernels

/// A pixel as a data set holds it.
package protocol StoredPixel: BitwiseCopyable, SendableMetatype {
  /// What a stored value is multiplied by to be what the network would see.
  static var unit: Float { get }

  /// The pixel nearest to a value that the network would see.
  static func nearest(_ value: Float) -> Self

  /// Those of two lists that hold pixels of this kind.
  static func choose(bytes: [UInt8], floats: [Float]) -> [Self]

  /// Brings 16 images into lanes as pixel · scale + shift.
  static func load(
    _ rows: UnsafePointer<UnsafePointer<Self>>, count: Int, channelSize: Int, scale: [Float],
    shift: [Float], to target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  )
}

extension StoredPixel {
  /// Bytes from one pixel to the next.
  static var stride: Int { MemoryLayout<Self>.stride }
}

extension UInt8: StoredPixel {
  package static let unit: Float = 1 / 255

  package static func nearest(_ value: Float) -> UInt8 {
    UInt8(Swift.min(Swift.max(value * 255, 0), 255).rounded())
  }

  package static func choose(bytes: [UInt8], floats: [Float]) -> [UInt8] { bytes }

  package static func load(
    _ rows: UnsafePointer<UnsafePointer<UInt8>>, count: Int, channelSize: Int, scale: [Float],
    shift: [Float], to target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    kernels.bytesToLanes(count, channelSize, rows, scale, shift, target)
  }
}

extension Float: StoredPixel {
  package static let unit: Float = 1

  package static func nearest(_ value: Float) -> Float { value }

  package static func choose(bytes: [UInt8], floats: [Float]) -> [Float] { floats }

  package static func load(
    _ rows: UnsafePointer<UnsafePointer<Float>>, count: Int, channelSize: Int, scale: [Float],
    shift: [Float], to target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    kernels.rowsToLanes(count, channelSize, rows, scale, shift, target)
  }
}
