/// Undoes a maximum pooling: each number goes back to the place of its window's maximum, the first of
/// several; where windows share that place, the last window's number stays.
///
/// - Parameters:
///   - pass: The windows of the pooling.
///   - values: The numbers, one a window.
///   - x: The image that was pooled: it tells where the maxima are.
///   - y: The image that is made, 0 wherever no maximum is.
@export(implementation) @inline(__always)
func unpool<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: PoolingPass, channels: Int, values: UnsafePointer<Float>,
  image x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  clear(isa, count: channels &* pass.inputHeight &* pass.inputWidth &* laneCount, y)
  forEachWindow(pass, channels) { output, place, window in
    let value = (values + output).load(Lanes.self)
    forEachMaximum(window, from: place, x) { place, isMaximum in
      (y + place).store(select(isMaximum, value, UnsafePointer(y + place).load(Lanes.self)))
    }
  }
}

/// The gradient of the numbers: that of the place each went to. A number that another overwrote has
/// none; so where windows overlap, gradients are taken away from `dy` as they are found, last window
/// first.
@export(implementation) @inline(__always)
func unpoolGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: PoolingPass, channels: Int, image x: UnsafePointer<Float>,
  gradient dy: UnsafeMutablePointer<Float>, to result: UnsafeMutablePointer<Float>
) {
  forEachTabledWindow(pass, channels, numerator: 1, isReversed: true) { output, place, window in
    var sum = Lanes.zero
    forEachMaximum(window, from: place, x) { place, isMaximum in
      let slope = UnsafePointer(dy + place).load(Lanes.self)
      sum += select(isMaximum, slope, 0)
      if !pass.isDisjoint { (dy + place).store(select(isMaximum, 0, slope)) }
    }
    (result + output).store(sum)
  }
}

/// Calls `body` for every pixel of a window with its place and whether it is the first maximum (or NaN).
@inlinable @inline(__always)
func forEachMaximum(
  _ window: PoolingWindow, from place: Int, _ x: UnsafePointer<Float>,
  _ body: (_ place: Int, _ isMaximum: SIMDMask<SIMD16<Int32>>) -> Void
) {
  var best = Lanes(repeating: -.infinity)
  window.forEachPixel(from: place, &best) { $1 = larger($1, (x + $0).load(Lanes.self)) }
  // 1 in lanes whose maximum has not come yet.
  var waiting = Lanes(repeating: 1)
  window.forEachPixel(from: place, &waiting) { place, waiting in
    let value = (x + place).load(Lanes.self)
    let isBest = (value .== best) .| (value .!= value)
    body(place, isBest .& (waiting .> 0))
    waiting = select(isBest, 0, waiting)
  }
}
