/// Runs 16 channels, of which each has a filter of its own, over an image. The weights are those of a tap of all
/// channels, tap after tap.
@export(implementation) @inline(__always)
func convolveEachChannel<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ChannelPass, input: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  if pass.width >= 8 {
    convolveEachChannelRows(isa, Tile<1, 8>.self, pass, input, weights, bias, output)
  } else if pass.width >= 4 {
    convolveEachChannelRows(isa, Tile<1, 4>.self, pass, input, weights, bias, output)
  } else {
    convolveEachChannelRows(isa, Tile<1, 1>.self, pass, input, weights, bias, output)
  }
}

/// Rows of P pixels and more, P pixels at a time. The last P pixels end with the row: where P does not divide it, a few
/// are computed twice.
@export(implementation) @inline(__always)
func convolveEachChannelRows<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, P>.Type, _ pass: ChannelPass, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  for row in 0..<pass.height {
    var part = 0
    while part < laneCount {
      let x = input + (row &* pass.inputRowStep &+ part)
      let y = output + (row &* pass.outputRowStep &+ part)
      var column = 0
      while column < pass.width {
        let first = column &+ P <= pass.width ? column : pass.width &- P
        convolveEachChannel(isa, tile, pass, first, x, weights + part, bias + part, y)
        column &+= P
      }
      part &+= ISA.Vector.scalarCount
    }
  }
}

/// P pixels of a row from `column` on, of a register of channels.
@export(implementation) @inline(__always)
func convolveEachChannel<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, P>.Type, _ pass: ChannelPass, _ column: Int,
  _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>
) {
  let first = x + column &* pass.inputColumnStep
  let b = bias.load(ISA.Vector.self)
  var sum = InlineArray<P, ISA.Vector>(repeating: b)
  var w = weights
  for t in 0..<pass.tapCount {
    let weight = w.load(ISA.Vector.self)
    let place = first + pass.taps[t]
    for p in 0..<P {
      ISA.multiplyAdd(&sum[p], weight, (place + p &* pass.inputColumnStep).load(ISA.Vector.self))
    }
    w += laneCount
  }
  for p in 0..<P {
    (y + (column &+ p) &* pass.outputColumnStep).store(pass.limits.applied(isa, to: sum[p]))
  }
}

/// y = scale · x + shift for pixels of 16 channels, of which each has its own numbers, within `limits`.
@export(implementation) @inline(__always)
func scaleChannels<ISA: InstructionSet>(
  _ isa: ISA.Type, pixels: Int, scales: UnsafePointer<Float>, shifts: UnsafePointer<Float>,
  limits: OutputLimits, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var part = 0
  while part < laneCount {
    let (scale, shift) = (
      (scales + part).load(ISA.Vector.self), (shifts + part).load(ISA.Vector.self)
    )
    for pixel in 0..<pixels {
      var sum = shift
      ISA.multiplyAdd(&sum, scale, (x + (pixel &* laneCount &+ part)).load(ISA.Vector.self))
      (y + (pixel &* laneCount &+ part)).store(limits.applied(isa, to: sum))
    }
    part &+= size
  }
}
