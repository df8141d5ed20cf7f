/// A convolution in which a map of the output depends on one map of the input alone has nothing to share
/// between filters: each product needs a pixel of its own from memory. These kernels spend one load on
/// a multiply-add, as much as a processor loads while it multiplies, and address pixels by constants.

/// Rows `rows` of a pass of one filter. Pixels of the input must be neighbours or every other pixel for
/// this to be fast.
@export(implementation) @inline(__always)
func convolveMap<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ConvolutionPass, rows: Range<Int>, input: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  switch pass.inputColumnStep {
  case laneCount: convolveMapRows(isa, Tile<1, 1>.self, pass, rows, input, weights, bias, output)
  case 2 * laneCount:
    convolveMapRows(isa, Tile<1, 2>.self, pass, rows, input, weights, bias, output)
  default:
    for row in rows {
      convolveMapRow(isa, Tile<1, 1>.self, Tile<1, 1>.self, pass, row, input, weights, bias, output)
    }
  }
}

/// Rows in tiles as long as a row allows; every S-th pixel of the input.
@export(implementation) @inline(__always)
func convolveMapRows<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ step: Tile<1, S>.Type, _ pass: ConvolutionPass, _ rows: Range<Int>,
  _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let tile = pass.width >= 8 ? 8 : pass.width >= 4 ? 4 : pass.width >= 2 ? 2 : 1
  switch tile {
  case 8:
    for row in rows {
      convolveMapRow(isa, step, Tile<1, 8>.self, pass, row, input, weights, bias, output)
    }
  case 4:
    for row in rows {
      convolveMapRow(isa, step, Tile<1, 4>.self, pass, row, input, weights, bias, output)
    }
  case 2:
    for row in rows {
      convolveMapRow(isa, step, Tile<1, 2>.self, pass, row, input, weights, bias, output)
    }
  default:
    for row in rows {
      convolveMapRow(isa, step, Tile<1, 1>.self, pass, row, input, weights, bias, output)
    }
  }
}

/// One row, P pixels at a time. The last P pixels end with the row: where P does not divide it, a few are
/// computed twice.
@export(implementation) @inline(__always)
func convolveMapRow<ISA: InstructionSet, let S: Int, let P: Int>(
  _ isa: ISA.Type, _ step: Tile<1, S>.Type, _ tile: Tile<1, P>.Type, _ pass: ConvolutionPass,
  _ row: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  let x = input + row &* pass.inputRowStep
  let y = output + row &* pass.outputRowStep
  let b = bias + row &* pass.width &* pass.biasPixelStride
  var column = 0
  while column < pass.width {
    let first = column &+ P <= pass.width ? column : pass.width &- P
    convolveMapTile(
      isa, step, tile, pass, x + first &* pass.inputColumnStep, weights,
      b + first &* pass.biasPixelStride, y + first &* pass.outputColumnStep)
    column &+= P
  }
}

/// P pixels in registers.
@export(implementation) @inline(__always)
func convolveMapTile<ISA: InstructionSet, let S: Int, let P: Int>(
  _ isa: ISA.Type, _ step: Tile<1, S>.Type, _ tile: Tile<1, P>.Type, _ pass: ConvolutionPass,
  _ place: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>
) {
  var part = 0
  while part < laneCount {
    var sum = InlineArray<P, ISA.Vector>(repeating: ISA.broadcast(0))
    for p in 0..<P { sum[p] = ISA.broadcast(bias[p &* pass.biasPixelStride]) }
    var w = weights
    var map = place + part
    for _ in 0..<pass.channels {
      for t in 0..<pass.tapCount {
        let x = map + pass.taps[t]
        let weight = ISA.broadcast(w[t])
        for p in 0..<P {
          ISA.multiplyAdd(&sum[p], weight, (x + p &* S &* laneCount).load(ISA.Vector.self))
        }
      }
      w += pass.tapCount
      map += pass.channelStride
    }
    for p in 0..<P {
      (target + (p &* pass.outputColumnStep &+ part)).store(pass.limits.applied(isa, to: sum[p]))
    }
    part += ISA.Vector.scalarCount
  }
}

/// Adds to the lanes in `sums`, 16 for each tap, what rows `rows` of one map give:
///
///     sums[k] += Σ(i, j) dy[i, j] · x[place(i,j) + tap(k)]
///
/// Nine taps go together: a 3 × 3 kernel reads each dy once, and has as many sums as keep a processor's
/// multipliers busy.
@export(implementation) @inline(__always)
func addMapWeightGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: WeightGradientPass, rows: Range<Int>, input: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
) {
  var tap = 0
  while tap < pass.tapCount {
    let left = pass.tapCount &- tap
    let taps = left == 9 ? 9 : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    switch taps {
    case 9: addMapWeightTile(isa, Tile<1, 9>.self, pass, rows, tap, input, gradient, sums)
    case 8: addMapWeightTile(isa, Tile<1, 8>.self, pass, rows, tap, input, gradient, sums)
    case 4: addMapWeightTile(isa, Tile<1, 4>.self, pass, rows, tap, input, gradient, sums)
    case 2: addMapWeightTile(isa, Tile<1, 2>.self, pass, rows, tap, input, gradient, sums)
    default: addMapWeightTile(isa, Tile<1, 1>.self, pass, rows, tap, input, gradient, sums)
    }
    tap &+= taps
  }
}

/// T taps in registers.
@export(implementation) @inline(__always)
func addMapWeightTile<ISA: InstructionSet, let T: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, T>.Type, _ pass: WeightGradientPass, _ rows: Range<Int>,
  _ firstTap: Int, _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  var part = 0
  while part < laneCount {
    let own = sums + (firstTap &* laneCount &+ part)
    var sum = InlineArray<T, ISA.Vector>(repeating: ISA.broadcast(0))
    for t in 0..<T { sum[t] = UnsafePointer(own + t &* laneCount).load(ISA.Vector.self) }
    for row in rows {
      let xRow = input + (row &* pass.inputRowStep &+ part)
      var x = InlineArray<T, UnsafePointer<Float>>(repeating: xRow)
      for t in 0..<T { x[t] = xRow + pass.taps[firstTap &+ t] }
      var dy = gradient + (row &* pass.width &* laneCount &+ part)
      var to = 0
      for _ in 0..<pass.width {
        let d = dy.load(ISA.Vector.self)
        for t in 0..<T { ISA.multiplyAdd(&sum[t], d, (x[t] + to).load(ISA.Vector.self)) }
        dy += laneCount
        to &+= pass.inputColumnStep
      }
    }
    for t in 0..<T { (own + t &* laneCount).store(sum[t]) }
    part += ISA.Vector.scalarCount
  }
}
