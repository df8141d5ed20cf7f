/// A dense layer over blocks of images: weights [outputs, inputs] as PyTorch stores them.
@frozen
public struct DensePass {
  /// Features of one image.
  public var inputs: Int, outputs: Int
  /// Blocks of images.
  public var blocks: Int
  /// Smaller outputs become this: 0 for a ReLU, −∞ for none.
  public var floor: Float

  @inlinable
  public init(inputs: Int, outputs: Int, blocks: Int, floor: Float) {
    (self.inputs, self.outputs) = (inputs, outputs)
    (self.blocks, self.floor) = (blocks, floor)
  }
}

/// y[n,o] = b[o] + Σ(i) w[o,i] · x[n,i] for outputs `outputs`. `biasStride` is 0 where there is no bias.
@inlinable @inline(__always)
func denseForward<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, outputs: Range<Int>, input: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, biasStride: Int,
  output: UnsafeMutablePointer<Float>
) {
  var block = 0
  while block < pass.blocks {
    let pair = block + 2 <= pass.blocks
    var o = outputs.lowerBound
    while o < outputs.upperBound {
      let height = tileHeight(filtersLeft: outputs.upperBound - o, largest: 4)
      let x = input + block * pass.inputs * laneCount
      let w = weights + o * pass.inputs
      let b = bias + o * biasStride
      let y = output + (block * pass.outputs + o) * laneCount
      switch (height, pair) {
      case (4, true): denseForwardTile(isa, Tile<4, 2>.self, pass, x, w, b, biasStride, y)
      case (4, false): denseForwardTile(isa, Tile<4, 1>.self, pass, x, w, b, biasStride, y)
      case (2, true): denseForwardTile(isa, Tile<2, 2>.self, pass, x, w, b, biasStride, y)
      case (2, false): denseForwardTile(isa, Tile<2, 1>.self, pass, x, w, b, biasStride, y)
      case (_, true): denseForwardTile(isa, Tile<1, 2>.self, pass, x, w, b, biasStride, y)
      case (_, false): denseForwardTile(isa, Tile<1, 1>.self, pass, x, w, b, biasStride, y)
      }
      o += height
    }
    block += pair ? 2 : 1
  }
}

/// O outputs × P blocks in registers. Even and odd inputs have their own sums: twice as many
/// independent chains of multiply-adds as the tile alone.
@inlinable @inline(__always)
func denseForwardTile<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: DensePass, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ biasStride: Int,
  _ output: UnsafeMutablePointer<Float>
) {
  var part = 0
  while part < laneCount {
    var even = InlineArray<O, InlineArray<P, ISA.Vector>>(
      repeating: InlineArray(repeating: ISA.broadcast(0)))
    var odd = even
    for o in 0..<O {
      for p in 0..<P { even[o][p] = ISA.broadcast(bias[o &* biasStride]) }
    }
    var w = InlineArray<O, UnsafePointer<Float>>(repeating: weights)
    for o in 0..<O { w[o] = weights + o &* pass.inputs }
    var x = InlineArray<P, UnsafePointer<Float>>(repeating: input)
    for p in 0..<P { x[p] = input + (p &* pass.inputs &* laneCount &+ part) }
    var i = 0
    while i &+ 2 <= pass.inputs {
      for o in 0..<O {
        let weight = ISA.broadcast(w[o][i])
        for p in 0..<P {
          ISA.multiplyAdd(&even[o][p], weight, (x[p] + i &* laneCount).load(ISA.Vector.self))
        }
      }
      for o in 0..<O {
        let weight = ISA.broadcast(w[o][i &+ 1])
        for p in 0..<P {
          ISA.multiplyAdd(
            &odd[o][p], weight, (x[p] + (i &+ 1) &* laneCount).load(ISA.Vector.self))
        }
      }
      i &+= 2
    }
    if i < pass.inputs {
      for o in 0..<O {
        let weight = ISA.broadcast(w[o][i])
        for p in 0..<P {
          ISA.multiplyAdd(&even[o][p], weight, (x[p] + i &* laneCount).load(ISA.Vector.self))
        }
      }
    }
    for o in 0..<O {
      for p in 0..<P {
        var sum = even[o][p]
        ISA.multiplyAdd(&sum, ISA.broadcast(1), odd[o][p])
        (output + ((p &* pass.outputs &+ o) &* laneCount &+ part))
          .store(ISA.atLeast(pass.floor, sum))
      }
    }
    part += ISA.Vector.scalarCount
  }
}

/// dx[n,i] = Σ(o) w[o,i] · dy[n,o] for inputs `inputs`.
@inlinable @inline(__always)
func denseInputGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, inputs: Range<Int>, gradient: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  var block = 0
  while block < pass.blocks {
    let pair = block + 2 <= pass.blocks
    var i = inputs.lowerBound
    while i < inputs.upperBound {
      let height = tileHeight(filtersLeft: inputs.upperBound - i, largest: 8)
      let dy = gradient + block * pass.outputs * laneCount
      let w = weights + i
      let dx = result + (block * pass.inputs + i) * laneCount
      switch (height, pair) {
      case (8, true):
        denseInputGradientTile(isa, Tile<4, 2>.self, pass, dy, w, dx)
        denseInputGradientTile(isa, Tile<4, 2>.self, pass, dy, w + 4, dx + 4 * laneCount)
      case (8, false): denseInputGradientTile(isa, Tile<8, 1>.self, pass, dy, w, dx)
      case (4, true): denseInputGradientTile(isa, Tile<4, 2>.self, pass, dy, w, dx)
      case (4, false): denseInputGradientTile(isa, Tile<4, 1>.self, pass, dy, w, dx)
      case (2, true): denseInputGradientTile(isa, Tile<2, 2>.self, pass, dy, w, dx)
      case (2, false): denseInputGradientTile(isa, Tile<2, 1>.self, pass, dy, w, dx)
      case (_, true): denseInputGradientTile(isa, Tile<1, 2>.self, pass, dy, w, dx)
      case (_, false): denseInputGradientTile(isa, Tile<1, 1>.self, pass, dy, w, dx)
      }
      i += height
    }
    block += pair ? 2 : 1
  }
}

/// I inputs × P blocks in registers.
@inlinable @inline(__always)
func denseInputGradientTile<ISA: InstructionSet, let I: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<I, P>.Type, _ pass: DensePass,
  _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  var part = 0
  while part < laneCount {
    var sum = InlineArray<I, InlineArray<P, ISA.Vector>>(
      repeating: InlineArray(repeating: ISA.broadcast(0)))
    var dy = InlineArray<P, UnsafePointer<Float>>(repeating: gradient)
    for p in 0..<P { dy[p] = gradient + (p &* pass.outputs &* laneCount &+ part) }
    var w = weights
    for o in 0..<pass.outputs {
      for i in 0..<I {
        let weight = ISA.broadcast(w[i])
        for p in 0..<P {
          ISA.multiplyAdd(&sum[i][p], weight, (dy[p] + o &* laneCount).load(ISA.Vector.self))
        }
      }
      w += pass.inputs
    }
    for i in 0..<I {
      for p in 0..<P {
        (result + ((p &* pass.inputs &+ i) &* laneCount &+ part)).store(sum[i][p])
      }
    }
    part += ISA.Vector.scalarCount
  }
}

/// dw[o,i] = Σ(n) dy[n,o] · x[n,i] for outputs `outputs`. `rows` holds x transposed: [image][input],
/// with `rowStride` Floats an image, a multiple of 16. Lanes hold neighbouring inputs here.
@inlinable @inline(__always)
func denseWeightGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, outputs: Range<Int>, rows: UnsafePointer<Float>,
  rowStride: Int, gradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let width = ISA.Vector.scalarCount
  var o = outputs.lowerBound
  while o < outputs.upperBound {
    let height = tileHeight(filtersLeft: outputs.upperBound - o, largest: 4)
    let dy = gradient + o * laneCount
    let dw = result + o * pass.inputs
    var i = 0
    while i < pass.inputs {
      let left = pass.inputs - i
      switch (height, left >= 3 * width) {
      case (4, true):
        denseWeightGradientTile(isa, Tile<4, 3>.self, pass, rows + i, rowStride, dy, dw + i, left)
      case (4, false):
        denseWeightGradientTile(isa, Tile<4, 1>.self, pass, rows + i, rowStride, dy, dw + i, left)
      case (2, true):
        denseWeightGradientTile(isa, Tile<2, 3>.self, pass, rows + i, rowStride, dy, dw + i, left)
      case (2, false):
        denseWeightGradientTile(isa, Tile<2, 1>.self, pass, rows + i, rowStride, dy, dw + i, left)
      case (_, true):
        denseWeightGradientTile(isa, Tile<1, 3>.self, pass, rows + i, rowStride, dy, dw + i, left)
      case (_, false):
        denseWeightGradientTile(isa, Tile<1, 1>.self, pass, rows + i, rowStride, dy, dw + i, left)
      }
      i += left >= 3 * width ? 3 * width : width
    }
    o += height
  }
}

/// O outputs × P vectors of inputs in registers; writes at most `left` inputs.
@inlinable @inline(__always)
func denseWeightGradientTile<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: DensePass, _ rows: UnsafePointer<Float>,
  _ rowStride: Int, _ gradient: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
  _ left: Int
) {
  let width = ISA.Vector.scalarCount
  var sum = InlineArray<O, InlineArray<P, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  var x = rows
  for block in 0..<pass.blocks {
    let dy = gradient + block &* pass.outputs &* laneCount
    for n in 0..<laneCount {
      for o in 0..<O {
        let d = ISA.broadcast(dy[o &* laneCount &+ n])
        for p in 0..<P {
          ISA.multiplyAdd(&sum[o][p], d, (x + p &* width).load(ISA.Vector.self))
        }
      }
      x += rowStride
    }
  }
  for o in 0..<O {
    for p in 0..<P {
      let target = result + (o &* pass.inputs &+ p &* width)
      if left >= (p &+ 1) &* width {
        UnsafeMutableRawPointer(target).storeBytes(of: sum[o][p], as: ISA.Vector.self)
      } else {
        for k in 0..<(left &- p &* width) { target[k] = sum[o][p][k] }
      }
    }
  }
}
