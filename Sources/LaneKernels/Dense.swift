public import CPUFeatures

/// A dense layer over blocks of images: weights [outputs, inputs] as PyTorch stores them.
@frozen
public struct DensePass: Sendable {
  /// Features of one image.
  public var inputs: Int, outputs: Int
  /// Blocks of images.
  public var blocks: Int
  /// Where outputs end.
  public var limits: OutputLimits

  @inlinable
  public init(inputs: Int, outputs: Int, blocks: Int, limits: OutputLimits) {
    (self.inputs, self.outputs) = (inputs, outputs)
    (self.blocks, self.limits) = (blocks, limits)
  }

  /// The Floats from one block of images to the next.
  @inlinable var inputStride: Int { blockStride(elements: inputs) }
  @inlinable var outputStride: Int { blockStride(elements: outputs) }

  /// Features that are summed over before the next outputs come: those of a block, 16 KiB, stay in the first-level
  /// cache.
  @inlinable static var featuresAtOnce: Int { 256 }

  /// Floats of memory for the weights of two panels.
  @inlinable public static var panelSpare: Int { 2 &* panel &* featuresAtOnce }

  /// Whether the way back copies the weights of two panels before all blocks read them.
  @inlinable public var copiesWeights: Bool { blocks >= DensePass.leastToCopy }
  @inlinable static var leastToCopy: Int { 8 }

  /// Blocks of images whose gradients of so many outputs, 512 KiB, stay in the second-level cache on the way back.
  @inlinable static var blocksAtOnce: Int { 32 }

  /// Inputs that the way back computes together.
  @inlinable public static var panel: Int { 8 }

  /// Floats of memory for a tile of the weights' gradients.
  @inlinable public static var spare: Int { 8 &* laneCount }
}

/// y[n,o] = b[o] + Σ(i) w[o,i] · x[n,i] for outputs `outputs`. `biasStride` is 0 where there is no bias.
@export(implementation) @inline(__always)
func denseForward<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, outputs: Range<Int>, input: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, biasStride: Int,
  output: UnsafeMutablePointer<Float>
) {
  if ISA.Vector.scalarCount == 16 {
    denseForward(
      isa, Tile<8, 1>.self, pass, outputs, input, weights, bias, biasStride, output)
  } else if ISA.Vector.scalarCount == 8 {
    denseForward(
      isa, Tile<4, 2>.self, pass, outputs, input, weights, bias, biasStride, output)
  } else {
    denseForward(
      isa, Tile<2, 4>.self, pass, outputs, input, weights, bias, biasStride, output)
  }
}

/// In tiles of O outputs × the R registers of a block, or of two blocks where that is one register; some inputs at a
/// time, and what was summed so far waits in the output.
@export(implementation) @inline(__always)
func denseForward<ISA: InstructionSet, let O: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, R>.Type, _ pass: DensePass, _ outputs: Range<Int>,
  _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ biasStride: Int, _ output: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var first = 0
  while first < pass.inputs {
    let count = min(DensePass.featuresAtOnce, pass.inputs &- first)
    let limits = first &+ count == pass.inputs ? pass.limits : .none
    var block = 0
    while block < pass.blocks {
      let x = input + (block &* pass.inputStride &+ first &* laneCount)
      let y = output + block &* pass.outputStride
      let isPair = R == 1 && block &+ 2 <= pass.blocks
      let (xStep, yStep) =
        isPair ? (pass.inputStride, pass.outputStride) : (size, size)
      var o = outputs.lowerBound
      while o < outputs.upperBound {
        let b = first == 0 ? bias + o &* biasStride : nil
        let w = weights + (o &* pass.inputs &+ first)
        let target = y + o &* laneCount
        let isFull = o &+ O <= outputs.upperBound
        if isPair && isFull {
          denseForwardTile(
            isa, Tile<O, 2>.self, count, x, xStep, w, pass.inputs, b, biasStride, limits, target,
            yStep)
        } else if isPair {
          denseForwardTile(
            isa, Tile<1, 2>.self, count, x, xStep, w, pass.inputs, b, biasStride, limits, target,
            yStep)
        } else if isFull {
          denseForwardTile(
            isa, tile, count, x, xStep, w, pass.inputs, b, biasStride, limits, target, yStep)
        } else {
          denseForwardTile(
            isa, Tile<1, R>.self, count, x, xStep, w, pass.inputs, b, biasStride, limits, target,
            yStep)
        }
        o &+= isFull ? O : 1
      }
      block &+= isPair ? 2 : 1
    }
    first &+= count
  }
}

/// O outputs × R registers, which lie `xStep` Floats apart in the input and `yStep` in the output; the sums begin with
/// the bias, or where there is none with what the output holds.
@export(implementation) @inline(__always)
func denseForwardTile<ISA: InstructionSet, let O: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, R>.Type, _ count: Int, _ input: UnsafePointer<Float>,
  _ xStep: Int, _ weights: UnsafePointer<Float>, _ row: Int, _ bias: UnsafePointer<Float>?,
  _ biasStride: Int, _ limits: OutputLimits, _ output: UnsafeMutablePointer<Float>, _ yStep: Int
) {
  var sum = InlineArray<O, InlineArray<R, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  if let bias {
    for o in 0..<O {
      for r in 0..<R { sum[o][r] = ISA.broadcast(bias[o &* biasStride]) }
    }
  } else {
    for o in 0..<O {
      for r in 0..<R {
        sum[o][r] = UnsafePointer(output + (o &* laneCount &+ r &* yStep)).load(ISA.Vector.self)
      }
    }
  }
  var w = InlineArray<O, UnsafePointer<Float>>(repeating: weights)
  for o in 0..<O { w[o] = weights + o &* row }
  var x = input
  for i in 0..<count {
    var v = InlineArray<R, ISA.Vector>(repeating: ISA.broadcast(0))
    for r in 0..<R { v[r] = (x + r &* xStep).load(ISA.Vector.self) }
    for o in 0..<O {
      let weight = ISA.broadcast(w[o][i])
      for r in 0..<R { ISA.multiplyAdd(&sum[o][r], weight, v[r]) }
    }
    x += laneCount
  }
  for o in 0..<O {
    for r in 0..<R {
      (output + (o &* laneCount &+ r &* yStep)).store(limits.applied(isa, to: sum[o][r]))
    }
  }
}

/// dx[n,i] = Σ(o) w[o,i] · dy[n,o] for the inputs of panels `panels`. `spare` is memory of `DensePass.panelSpare` Floats,
/// of which passes of few blocks need none.
@export(implementation) @inline(__always)
func denseInputGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, panels: Range<Int>, gradient: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, spare: UnsafeMutablePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  if ISA.Vector.scalarCount == 16 {
    denseInputGradient(isa, Tile<8, 1>.self, pass, panels, gradient, weights, spare, result)
  } else if ISA.Vector.scalarCount == 8 {
    denseInputGradient(isa, Tile<4, 2>.self, pass, panels, gradient, weights, spare, result)
  } else {
    denseInputGradient(isa, Tile<2, 4>.self, pass, panels, gradient, weights, spare, result)
  }
}

/// In tiles of I inputs × the R registers of a block, or of two blocks where that is one register; some outputs at a
/// time. A panel's weights, half a line of each output's row, are read for some blocks while they are near; for many
/// blocks from a copy, because rows that lie a power of two apart drive one another out of the cache.
@export(implementation) @inline(__always)
func denseInputGradient<ISA: InstructionSet, let I: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<I, R>.Type, _ pass: DensePass, _ panels: Range<Int>,
  _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ spare: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let isCopied = pass.copiesWeights
  let row = isCopied ? 2 &* DensePass.panel : pass.inputs
  var first = 0
  while first < pass.outputs {
    let count = min(DensePass.featuresAtOnce, pass.outputs &- first)
    var lot = 0
    while lot < pass.blocks {
      let lotEnd = min(lot &+ DensePass.blocksAtOnce, pass.blocks)
      for panel in panels {
        let start = panel &* DensePass.panel
        let end = min(DensePass.panel, pass.inputs &- start)
        let place = weights + (first &* pass.inputs &+ start)
        let half = (panel &- panels.lowerBound) & 1
        if isCopied, half == 0 {
          copyPanels(
            place, row: pass.inputs, outputs: count,
            inputs: min(2 &* DensePass.panel, pass.inputs &- start), to: spare)
        }
        let w = isCopied ? UnsafePointer(spare + half &* DensePass.panel) : place
        var block = lot
        while block < lotEnd {
          let dy = gradient + (block &* pass.outputStride &+ first &* laneCount)
          let dx = result + (block &* pass.inputStride &+ start &* laneCount)
          let isPair = R == 1 && block &+ 2 <= lotEnd
          let (dyStep, dxStep) =
            isPair ? (pass.outputStride, pass.inputStride) : (size, size)
          var i = 0
          while i < end {
            let target = dx + i &* laneCount
            let isFull = i &+ I <= end
            if isPair && isFull {
              denseInputGradientTile(
                isa, Tile<I, 2>.self, count, dy, dyStep, w + i, row, first == 0, target, dxStep)
            } else if isPair {
              denseInputGradientTile(
                isa, Tile<1, 2>.self, count, dy, dyStep, w + i, row, first == 0, target, dxStep)
            } else if isFull {
              denseInputGradientTile(
                isa, tile, count, dy, dyStep, w + i, row, first == 0, target, dxStep)
            } else {
              denseInputGradientTile(
                isa, Tile<1, R>.self, count, dy, dyStep, w + i, row, first == 0, target, dxStep)
            }
            i &+= isFull ? I : 1
          }
          block &+= isPair ? 2 : 1
        }
      }
      lot = lotEnd
    }
    first &+= count
  }
}

/// The weights of two panels' inputs, [output][input]: with two, every line is read once.
@export(implementation) @inline(__always)
func copyPanels(
  _ weights: UnsafePointer<Float>, row: Int, outputs: Int, inputs: Int,
  to result: UnsafeMutablePointer<Float>
) {
  for o in 0..<outputs {
    let (source, target) = (weights + o &* row, result + o &* (2 &* DensePass.panel))
    if inputs == laneCount {
      UnsafeMutableRawPointer(target).storeBytes(
        of: source.loadUnaligned(Lanes.self), as: Lanes.self)
    } else {
      for k in 0..<inputs { target[k] = source[k] }
    }
  }
}

/// I inputs × R registers, which lie `dyStep` Floats apart in the outputs' gradient and `dxStep` in the inputs'; the
/// weights of an output `row` Floats apart from the next's. Two registers or more leave time to ask for the line of
/// weights that the next panel but one begins with.
@export(implementation) @inline(__always)
func denseInputGradientTile<ISA: InstructionSet, let I: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<I, R>.Type, _ count: Int, _ gradient: UnsafePointer<Float>,
  _ dyStep: Int, _ weights: UnsafePointer<Float>, _ row: Int, _ isFirst: Bool,
  _ result: UnsafeMutablePointer<Float>, _ dxStep: Int
) {
  var sum = InlineArray<I, InlineArray<R, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  if !isFirst {
    for i in 0..<I {
      for r in 0..<R {
        sum[i][r] = UnsafePointer(result + (i &* laneCount &+ r &* dxStep)).load(ISA.Vector.self)
      }
    }
  }
  var (dy, w) = (gradient, weights)
  for _ in 0..<count {
    if R > 1 { striate_prefetch(w + laneCount) }
    var v = InlineArray<R, ISA.Vector>(repeating: ISA.broadcast(0))
    for r in 0..<R { v[r] = (dy + r &* dyStep).load(ISA.Vector.self) }
    for i in 0..<I {
      let weight = ISA.broadcast(w[i])
      for r in 0..<R { ISA.multiplyAdd(&sum[i][r], weight, v[r]) }
    }
    dy += laneCount
    w += row
  }
  for i in 0..<I {
    for r in 0..<R { (result + (i &* laneCount &+ r &* dxStep)).store(sum[i][r]) }
  }
}

/// Sixteen features of 16 images, turned about, for as many features as there are: [16 features][image of 16] of
/// 16 Floats, `stride` Floats from one sixteen to the next.
@export(implementation) @inline(__always)
func lanesToPanels<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, from lanes: UnsafePointer<Float>,
  to panels: UnsafeMutablePointer<Float>, stride: Int
) {
  var first = 0
  while first < count {
    lanesToRows(
      isa, count: min(laneCount, count &- first), from: lanes + first &* laneCount,
      to: panels + first / laneCount &* stride, rowStride: laneCount)
    first &+= laneCount
  }
}

/// dw[o,i] = Σ(n) dy[n,o] · x[n,i] for outputs `outputs`. `rows` holds x in panels: [16 inputs][image of the
/// batch] of 16 Floats. Lanes hold neighbouring inputs here. `spare` is memory of `DensePass.spare` Floats.
@export(implementation) @inline(__always)
func denseWeightGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: DensePass, outputs: Range<Int>, rows: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, spare: UnsafeMutablePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  if ISA.Vector.scalarCount == 16 {
    denseWeightGradient(isa, Tile<8, 1>.self, pass, outputs, rows, gradient, spare, result)
  } else if ISA.Vector.scalarCount == 8 {
    denseWeightGradient(isa, Tile<4, 2>.self, pass, outputs, rows, gradient, spare, result)
  } else {
    denseWeightGradient(isa, Tile<2, 4>.self, pass, outputs, rows, gradient, spare, result)
  }
}

/// In tiles of O outputs × the R registers of a panel, or of two panels where that is one register. The last panel's go
/// through spare memory, where it has fewer than 16 inputs.
@export(implementation) @inline(__always)
func denseWeightGradient<ISA: InstructionSet, let O: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, R>.Type, _ pass: DensePass, _ outputs: Range<Int>,
  _ rows: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ spare: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let panel = pass.blocks &* laneCount &* laneCount
  var first = 0
  while first < pass.inputs {
    let x = rows + first / laneCount &* panel
    let left = pass.inputs &- first
    let isPair = R == 1 && left >= 2 &* laneCount
    let step = isPair ? panel : ISA.Vector.scalarCount
    var o = outputs.lowerBound
    while o < outputs.upperBound {
      let isFull = o &+ O <= outputs.upperBound
      let dy = gradient + o &* laneCount
      let dw = result + (o &* pass.inputs &+ first)
      let (target, row) = left >= laneCount ? (dw, pass.inputs) : (spare, laneCount)
      if isPair && isFull {
        denseWeightGradientTile(isa, Tile<O, 2>.self, pass, x, step, dy, target, row)
      } else if isPair {
        denseWeightGradientTile(isa, Tile<1, 2>.self, pass, x, step, dy, target, row)
      } else if isFull {
        denseWeightGradientTile(isa, tile, pass, x, step, dy, target, row)
      } else {
        denseWeightGradientTile(isa, Tile<1, R>.self, pass, x, step, dy, target, row)
      }
      let height = isFull ? O : 1
      if left < laneCount {
        for k in 0..<height {
          for i in 0..<left { dw[k &* pass.inputs &+ i] = spare[k &* laneCount &+ i] }
        }
      }
      o &+= height
    }
    first &+= isPair ? 2 &* laneCount : laneCount
  }
}

/// O outputs × R registers of inputs, which lie `step` Floats apart.
@export(implementation) @inline(__always)
func denseWeightGradientTile<ISA: InstructionSet, let O: Int, let R: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, R>.Type, _ pass: DensePass, _ rows: UnsafePointer<Float>,
  _ step: Int, _ gradient: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
  _ row: Int
) {
  let size = ISA.Vector.scalarCount
  var sum = InlineArray<O, InlineArray<R, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  var x = rows
  for block in 0..<pass.blocks {
    let dy = gradient + block &* pass.outputStride
    for n in 0..<laneCount {
      var v = InlineArray<R, ISA.Vector>(repeating: ISA.broadcast(0))
      for r in 0..<R { v[r] = (x + r &* step).load(ISA.Vector.self) }
      for o in 0..<O {
        let d = ISA.broadcast(dy[o &* laneCount &+ n])
        for r in 0..<R { ISA.multiplyAdd(&sum[o][r], d, v[r]) }
      }
      x += laneCount
    }
  }
  for o in 0..<O {
    for r in 0..<R {
      UnsafeMutableRawPointer(result + (o &* row &+ r &* size))
        .storeBytes(of: sum[o][r], as: ISA.Vector.self)
    }
  }
}
