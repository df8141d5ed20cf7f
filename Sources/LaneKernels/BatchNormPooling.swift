/// Batch normalisation and the maximum of every 2 × 2 of its outputs in one. What is normalised would be four times as large
/// as the maxima, and so would its gradient: both are computed where they are needed, and never stored.

/// The distances of 2 × 2 pixels from a channel's centre, row by row; behind them what `batchNormalize` computes of them, and
/// the largest of that.
@export(implementation) @inline(__always)
func normalizedQuad<ISA: InstructionSet>(
  _ isa: ISA.Type, _ upper: UnsafePointer<Float>, _ rowStride: Int, _ centre: Lanes,
  _ scale: Lanes, _ shift: Lanes, _ limits: OutputLimits
) -> InlineArray<9, Lanes> {
  let (least, most) = (Lanes(repeating: limits.lowest), Lanes(repeating: limits.highest))
  let lower = upper + rowStride
  var numbers = InlineArray<9, Lanes>(repeating: .zero)
  numbers[0] = upper.load(Lanes.self) - centre
  numbers[1] = (upper + laneCount).load(Lanes.self) - centre
  numbers[2] = lower.load(Lanes.self) - centre
  numbers[3] = (lower + laneCount).load(Lanes.self) - centre
  for k in 0..<4 {
    let value = ISA.multiplyAdd(numbers[k], scale, shift)
    let raised = select(value .< least, least, value)
    numbers[4 + k] = select(raised .> most, most, raised)
  }
  numbers[8] = numbers[4]
  for k in 5..<8 { numbers[8] = larger(numbers[8], numbers[k]) }
  return numbers
}

/// The largest of every 2 × 2 normalised pixels: see `batchNormalize`. `rows` and `columns` are those of the maxima.
@export(implementation) @inline(__always)
func batchNormalizeQuads<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, rows: Int, columns: Int, numbers: UnsafePointer<Float>,
  limits: OutputLimits, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  let rowStride = 2 &* columns &* laneCount
  var (upper, target) = (x, y)
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    let scale = Lanes(repeating: numbers[c &* 3 &+ 1])
    let shift = Lanes(repeating: numbers[c &* 3 &+ 2])
    for _ in 0..<rows {
      for _ in 0..<columns {
        let quad = normalizedQuad(isa, upper, rowStride, centre, scale, shift, limits)
        target.store(quad[8])
        upper += 2 &* laneCount
        target += laneCount
      }
      upper += rowStride
    }
  }
}

/// For each channel Σdy and Σdy·(x − centre[c]), dy being what the pixels have of the maxima's gradient dp: the first of
/// the largest has it all, and none where the largest is NaN or, with `isMasked`, not above 0. See `batchGradientSums`.
@export(implementation) @inline(__always)
func batchQuadGradientSums<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, rows: Int, columns: Int, numbers: UnsafePointer<Float>,
  limits: OutputLimits, isMasked: Bool, input x: UnsafePointer<Float>,
  gradient dp: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>
) {
  let rowStride = 2 &* columns &* laneCount
  var (upper, source) = (x, dp)
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    let scale = Lanes(repeating: numbers[c &* 3 &+ 1])
    let shift = Lanes(repeating: numbers[c &* 3 &+ 2])
    var sums = InlineArray<2, Lanes>(repeating: .zero)
    var products = InlineArray<2, Lanes>(repeating: .zero)
    for _ in 0..<rows {
      for _ in 0..<columns {
        let quad = normalizedQuad(isa, upper, rowStride, centre, scale, shift, limits)
        var rest = source.load(Lanes.self)
        if isMasked { rest = select(quad[8] .> 0, rest, 0) }
        for k in 0..<4 {
          let isLargest = quad[4 + k] .== quad[8]
          let share = select(isLargest, rest, 0)
          rest = select(isLargest, 0, rest)
          sums[k & 1] += share
          products[k & 1] = ISA.multiplyAdd(share, quad[k], products[k & 1])
        }
        upper += 2 &* laneCount
        source += laneCount
      }
      upper += rowStride
    }
    result[c &* 2] = sumOfLanes(sums[0] + sums[1])
    result[c &* 2 &+ 1] = sumOfLanes(products[0] + products[1])
  }
}

/// dx = a·dy + b·(x − centre) + d, dy being what the pixels have of the maxima's gradient dp: see `batchInputGradient`. dx may
/// lie where x lies.
@export(implementation) @inline(__always)
func batchQuadInputGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, rows: Int, columns: Int, numbers: UnsafePointer<Float>,
  factors: UnsafePointer<Float>, mask: UnsafePointer<Float>?, limits: OutputLimits,
  isMasked: Bool, input x: UnsafePointer<Float>, gradient dp: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  let kept = mask.map { $0.load(Lanes.self) } ?? Lanes(repeating: 1)
  let rowStride = 2 &* columns &* laneCount
  var (upper, source, target) = (x, dp, dx)
  for c in 0..<channels {
    let centre = Lanes(repeating: numbers[c &* 3])
    let scale = Lanes(repeating: numbers[c &* 3 &+ 1])
    let shift = Lanes(repeating: numbers[c &* 3 &+ 2])
    let a = Lanes(repeating: factors[c &* 3]) * kept
    let b = Lanes(repeating: factors[c &* 3 &+ 1]) * kept
    let d = Lanes(repeating: factors[c &* 3 &+ 2]) * kept
    for _ in 0..<rows {
      for _ in 0..<columns {
        let quad = normalizedQuad(isa, upper, rowStride, centre, scale, shift, limits)
        var rest = source.load(Lanes.self)
        if isMasked { rest = select(quad[8] .> 0, rest, 0) }
        for k in 0..<4 {
          let isLargest = quad[4 + k] .== quad[8]
          let share = select(isLargest, rest, 0)
          rest = select(isLargest, 0, rest)
          let place = target + ((k & 1) &* laneCount &+ (k >> 1) &* rowStride)
          place.store(ISA.multiplyAdd(a, share, ISA.multiplyAdd(b, quad[k], d)))
        }
        upper += 2 &* laneCount
        target += 2 &* laneCount
        source += laneCount
      }
      upper += rowStride
      target += rowStride
    }
  }
}
