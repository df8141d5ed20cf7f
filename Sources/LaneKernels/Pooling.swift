/// How a pooling window becomes one number.
@frozen
public enum PoolingKernel: Sendable {
  /// The largest.
  case maximum
  /// The mean.
  case average
  /// √Σx².
  case l2
}

/// The geometry of a pooling layer, in pixels.
@frozen
public struct PoolingPass: Sendable {
  public var kernelHeight: Int, kernelWidth: Int
  public var strideHeight: Int, strideWidth: Int
  public var inputHeight: Int, inputWidth: Int
  public var outputHeight: Int, outputWidth: Int

  @inlinable
  public init(
    kernelHeight: Int, kernelWidth: Int, strideHeight: Int, strideWidth: Int, inputHeight: Int,
    inputWidth: Int, outputHeight: Int, outputWidth: Int
  ) {
    (self.kernelHeight, self.kernelWidth) = (kernelHeight, kernelWidth)
    (self.strideHeight, self.strideWidth) = (strideHeight, strideWidth)
    (self.inputHeight, self.inputWidth) = (inputHeight, inputWidth)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
  }

  /// No input pixel belongs to two windows.
  @inlinable
  var isDisjoint: Bool { strideHeight >= kernelHeight && strideWidth >= kernelWidth }

  /// Every input pixel belongs to a window.
  @inlinable
  var coversInput: Bool {
    strideHeight <= kernelHeight && strideWidth <= kernelWidth
      && (outputHeight - 1) * strideHeight + kernelHeight == inputHeight
      && (outputWidth - 1) * strideWidth + kernelWidth == inputWidth
  }
}

/// Pools `channels` maps.
@inlinable @inline(__always)
func pool<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, channels: Int,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  switch kind {
  case .maximum:
    poolWindows(pass, channels, x, y, start: Lanes(repeating: -.infinity)) { best, value in
      best = select((value .> best) .| (value .!= value), value, best)
    } finish: {
      $0
    }
  case .average:
    let scale = 1 / Float(pass.kernelHeight * pass.kernelWidth)
    poolWindows(pass, channels, x, y, start: .zero) { sum, value in
      sum += value
    } finish: {
      $0 * scale
    }
  case .l2:
    poolWindows(pass, channels, x, y, start: .zero) { sum, value in
      sum = ISA.multiplyAdd(value, value, sum)
    } finish: {
      $0.squareRoot()
    }
  }
}

@inlinable @inline(__always)
func poolWindows(
  _ pass: PoolingPass, _ channels: Int, _ x: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, start: Lanes, add: (inout Lanes, Lanes) -> Void,
  finish: (Lanes) -> Lanes
) {
  let rowStride = pass.inputWidth &* laneCount
  var target = y
  for c in 0..<channels {
    let plane = x + c &* pass.inputHeight &* rowStride
    for i in 0..<pass.outputHeight {
      for j in 0..<pass.outputWidth {
        var row =
          plane + (i &* pass.strideHeight &* rowStride &+ j &* pass.strideWidth &* laneCount)
        var value = start
        for _ in 0..<pass.kernelHeight {
          for v in 0..<pass.kernelWidth { add(&value, (row + v &* laneCount).load(Lanes.self)) }
          row += rowStride
        }
        target.store(finish(value))
        target += laneCount
      }
    }
  }
}

/// The gradient of a pooling layer's input. A maximum passes its gradient to the first of the largest
/// pixels; where windows overlap, gradients add.
@inlinable @inline(__always)
func poolGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, channels: Int,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  if !pass.isDisjoint || !pass.coversInput {
    for i in 0..<(channels &* pass.inputHeight &* pass.inputWidth) {
      (dx + i &* laneCount).store(Lanes.zero)
    }
  }
  switch kind {
  case .maximum:
    poolGradientWindows(pass, channels, x, y, dy, dx) { x, y, dy in
      let share = select(x .== y, dy, 0)
      dy = select(x .== y, 0, dy)
      return share
    }
  case .average:
    let scale = 1 / Float(pass.kernelHeight * pass.kernelWidth)
    poolGradientWindows(pass, channels, dx, y, dy, dx) { _, _, dy in dy * scale }
  case .l2:
    poolGradientWindows(pass, channels, x, y, dy, dx) { x, y, dy in
      select(y .> 0, x * (dy / select(y .> 0, y, 1)), 0)
    }
  }
}

/// `share` takes a pixel, its window's output and what is left of the window's gradient.
@inlinable @inline(__always)
func poolGradientWindows(
  _ pass: PoolingPass, _ channels: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
  _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
  share: (Lanes, Lanes, inout Lanes) -> Lanes
) {
  let rowStride = pass.inputWidth &* laneCount
  let disjoint = pass.isDisjoint
  var source = 0
  for c in 0..<channels {
    let plane = c &* pass.inputHeight &* rowStride
    for i in 0..<pass.outputHeight {
      for j in 0..<pass.outputWidth {
        var place =
          plane &+ i &* pass.strideHeight &* rowStride &+ j &* pass.strideWidth &* laneCount
        let output = (y + source).load(Lanes.self)
        var gradient = (dy + source).load(Lanes.self)
        for _ in 0..<pass.kernelHeight {
          for v in 0..<pass.kernelWidth {
            let k = place &+ v &* laneCount
            let part = share((x + k).load(Lanes.self), output, &gradient)
            if disjoint {
              (dx + k).store(part)
            } else {
              (dx + k).store(UnsafePointer(dx + k).load(Lanes.self) + part)
            }
          }
          place &+= rowStride
        }
        source &+= laneCount
      }
    }
  }
}
