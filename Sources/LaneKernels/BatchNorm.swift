/// The kernels of batch normalisation over one block of 16 images. A lane mask of ones and zeros leaves
/// out lanes without an image; nil where every lane holds one.

/// For each channel a shift s, Σ(x − s) and Σ(x − s)² over the pixels and lanes of a block: three Floats
/// a channel. The shift is the channel's first number, so that the squares stay small.
@export(implementation) @inline(__always)
func batchStatistics<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, mask: UnsafePointer<Float>?,
  from x: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>
) {
  let kept = mask.map { $0.load(Lanes.self) } ?? Lanes(repeating: 1)
  for c in 0..<channels {
    let map = x + c &* pixels &* laneCount
    let shift = map[0]
    var sums = InlineArray<4, Lanes>(repeating: .zero)
    var squares = InlineArray<4, Lanes>(repeating: .zero)
    var p = 0
    while p &+ 4 <= pixels {
      for k in 0..<4 {
        let d = (map + (p &+ k) &* laneCount).load(Lanes.self) - shift
        sums[k] += d
        squares[k] = ISA.multiplyAdd(d, d, squares[k])
      }
      p &+= 4
    }
    while p < pixels {
      let d = (map + p &* laneCount).load(Lanes.self) - shift
      sums[0] += d
      squares[0] = ISA.multiplyAdd(d, d, squares[0])
      p &+= 1
    }
    result[c &* 3] = shift
    result[c &* 3 &+ 1] = sumOfLanes(((sums[0] + sums[1]) + (sums[2] + sums[3])) * kept)
    result[c &* 3 &+ 2] = sumOfLanes(
      ((squares[0] + squares[1]) + (squares[2] + squares[3])) * kept)
  }
}

/// y = scale[c] · (x − centre[c]) + shift[c], plus the addend where there is one, within `limits`. `numbers` holds
/// centre, scale and shift of each channel.
@export(implementation) @inline(__always)
func batchNormalize<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, numbers: UnsafePointer<Float>,
  limits: OutputLimits, from x: UnsafePointer<Float>, adding addend: UnsafePointer<Float>?,
  to y: UnsafeMutablePointer<Float>
) {
  let (least, most) = (Lanes(repeating: limits.lowest), Lanes(repeating: limits.highest))
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    let scale = Lanes(repeating: numbers[c &* 3 &+ 1])
    let shift = Lanes(repeating: numbers[c &* 3 &+ 2])
    for p in 0..<pixels {
      let k = (c &* pixels &+ p) &* laneCount
      var value = ISA.multiplyAdd((x + k).load(Lanes.self) - centre, scale, shift)
      if let addend { value += (addend + k).load(Lanes.self) }
      let raised = select(value .< least, least, value)
      (y + k).store(select(raised .> most, most, raised))
    }
  }
}

/// For each channel Σdy and Σdy·(x − centre[c]) over the pixels and lanes of a block. Where y is given, dy first
/// becomes 0 where y is not above 0: the gradient of a ReLU that was computed along.
@export(implementation) @inline(__always)
func batchGradientSums<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, numbers: UnsafePointer<Float>,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>?,
  gradient dy: UnsafeMutablePointer<Float>, to result: UnsafeMutablePointer<Float>
) {
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    var sums = InlineArray<2, Lanes>(repeating: .zero)
    var products = InlineArray<2, Lanes>(repeating: .zero)
    let end = (c &+ 1) &* pixels
    var pixel = c &* pixels
    while pixel < end {
      // Two at a time, each with sums of its own in registers.
      let count = min(2, end &- pixel)
      for i in 0..<2 where i < count {
        let k = (pixel &+ i) &* laneCount
        var g = UnsafePointer(dy + k).load(Lanes.self)
        if let y {
          g = select((y + k).load(Lanes.self) .> 0, g, 0)
          (dy + k).store(g)
        }
        let d = (x + k).load(Lanes.self) - centre
        sums[i] += g
        products[i] = ISA.multiplyAdd(g, d, products[i])
      }
      pixel &+= 2
    }
    result[c &* 2] = sumOfLanes(sums[0] + sums[1])
    result[c &* 2 &+ 1] = sumOfLanes(products[0] + products[1])
  }
}

/// dx = a·dy + b·(x − centre) + d in the lanes of the mask, 0 in the others; `factors` holds a, b and d of
/// each channel. dx may lie where dy lies.
@export(implementation) @inline(__always)
func batchInputGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, numbers: UnsafePointer<Float>,
  factors: UnsafePointer<Float>, mask: UnsafePointer<Float>?, input x: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  let kept = mask.map { $0.load(Lanes.self) } ?? Lanes(repeating: 1)
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    let a = Lanes(repeating: factors[c &* 3]) * kept
    let b = Lanes(repeating: factors[c &* 3 &+ 1]) * kept
    let d = Lanes(repeating: factors[c &* 3 &+ 2]) * kept
    for p in 0..<pixels {
      let k = (c &* pixels &+ p) &* laneCount
      let g = (dy + k).load(Lanes.self)
      let distance = (x + k).load(Lanes.self) - centre
      (dx + k).store(ISA.multiplyAdd(a, g, ISA.multiplyAdd(b, distance, d)))
    }
  }
}
