/// The gradient of a normalisation's input, for some units of one image block:
///
///     dx = (g − mean(g) − x̂ · mean(g · x̂)) / √(σ² + ε),  g = w · dy
@export(implementation) @inline(__always)
func normalizationGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: NormalizationPass, units: Range<Int>, input x: UnsafePointer<Float>,
  statistics: UnsafePointer<Float>, weights: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  if pass.isAlongRun {
    var unit = units.lowerBound
    while unit &+ 4 <= units.upperBound {
      normalizationGradientColumns(
        isa, Tile<1, 4>.self, pass, unit, x, statistics, weights, dy, dx)
      unit &+= 4
    }
    while unit < units.upperBound {
      normalizationGradientColumns(
        isa, Tile<1, 1>.self, pass, unit, x, statistics, weights, dy, dx)
      unit &+= 1
    }
    return
  }
  let size = pass.count &* laneCount
  for group in units {
    let (x, dy, dx) = (x + group &* size, dy + group &* size, dx + group &* size)
    let own = LaneStatistics(at: statistics + group &* NormalizationPass.statisticsSize)
    let w = weights + group &* pass.groupStep
    var sum = Lanes.zero
    var product = Lanes.zero
    if pass.run == 1 {
      (sum, product) = sumElements(isa, count: pass.count) { k, sum, product in
        let g = (dy + k &* laneCount).load(Lanes.self) * w[k &* pass.channelStep]
        sum += g
        product = ISA.multiplyAdd(
          g, own.normalized(isa, (x + k &* laneCount).load(Lanes.self)), product)
      }
    } else {
      for channel in 0..<pass.channels {
        let first = channel &* pass.run &* laneCount
        let (of, with) = sumElements(isa, count: pass.run) { k, sum, product in
          let d = (dy + (first &+ k &* laneCount)).load(Lanes.self)
          sum += d
          product = ISA.multiplyAdd(
            d, own.normalized(isa, (x + (first &+ k &* laneCount)).load(Lanes.self)), product)
        }
        let weight = Lanes(repeating: w[channel &* pass.channelStep])
        sum = ISA.multiplyAdd(weight, of, sum)
        product = ISA.multiplyAdd(weight, with, product)
      }
    }
    let share = 1 / Float(pass.count)
    let (mean, slope) = (sum * share, product * share)
    for channel in 0..<pass.channels {
      let weight = Lanes(repeating: w[channel &* pass.channelStep])
      let first = channel &* pass.run &* laneCount
      var k = first
      while k < first &+ pass.run &* laneCount {
        let g = ISA.multiplyAdd((dy + k).load(Lanes.self), weight, -mean)
        let value = own.normalized(isa, (x + k).load(Lanes.self))
        (dx + k).store(ISA.multiplyAdd(value, -slope, g) * own.scale)
        k &+= laneCount
      }
    }
  }
}

/// P neighbouring places of the run, each over all channels.
@export(implementation) @inline(__always)
func normalizationGradientColumns<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, P>.Type, _ pass: NormalizationPass, _ unit: Int,
  _ x: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>
) {
  let (x, dy, dx) = (x + unit &* laneCount, dy + unit &* laneCount, dx + unit &* laneCount)
  let place = statistics + unit &* NormalizationPass.statisticsSize
  let step = pass.run &* laneCount
  var (mean, slope) = sumColumns(isa, tile, rows: pass.channels) { row, p, sum, product in
    let k = row &* step &+ p &* laneCount
    let own = LaneStatistics(at: place + p &* NormalizationPass.statisticsSize)
    let g = (dy + k).load(Lanes.self) * weights[row &* pass.channelStep]
    sum += g
    product = ISA.multiplyAdd(g, own.normalized(isa, (x + k).load(Lanes.self)), product)
  }
  for p in 0..<P {
    mean[p] *= 1 / Float(pass.count)
    slope[p] *= 1 / Float(pass.count)
  }
  for channel in 0..<pass.channels {
    let weight = Lanes(repeating: weights[channel &* pass.channelStep])
    for p in 0..<P {
      let k = channel &* step &+ p &* laneCount
      let own = LaneStatistics(at: place + p &* NormalizationPass.statisticsSize)
      let g = ISA.multiplyAdd((dy + k).load(Lanes.self), weight, -mean[p])
      let value = own.normalized(isa, (x + k).load(Lanes.self))
      (dx + k).store(ISA.multiplyAdd(value, -slope[p], g) * own.scale)
    }
  }
}

/// The gradients of some weights and biases: sums over blocks, over the groups that share them, over the
/// run, and over lanes, in this order for every weight.
///
///     dw = Σ dy · x̂,  db = Σ dy
@export(implementation) @inline(__always)
func normalizationParameterGradients<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: NormalizationPass, parameters: Range<Int>,
  input x: UnsafePointer<Float>, statistics: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, weights dw: UnsafeMutablePointer<Float>,
  biases db: UnsafeMutablePointer<Float>
) {
  // Where groups have weights of their own, the weights of all groups are one long list of channels.
  let sharing = pass.groupStep == 0 ? pass.groups : 1
  let unitStep = pass.isAlongRun ? NormalizationPass.statisticsSize : 0
  for parameter in parameters {
    var weight = Lanes.zero
    var bias = Lanes.zero
    for block in 0..<pass.blocks {
      for group in 0..<sharing {
        let first =
          block &* pass.valueStride
          &+ (group &* pass.channels &+ parameter) &* pass.run &* laneCount
        let unit =
          pass.isAlongRun ? 0 : pass.groupStep == 0 ? group : parameter / pass.channels
        let place =
          statistics + block &* pass.statisticsStride
          + unit &* NormalizationPass.statisticsSize
        let (product, sum) = sumElements(isa, count: pass.run) { k, product, sum in
          let own = LaneStatistics(at: place + k &* unitStep)
          let d = (dy + (first &+ k &* laneCount)).load(Lanes.self)
          product = ISA.multiplyAdd(
            d, own.normalized(isa, (x + (first &+ k &* laneCount)).load(Lanes.self)), product)
          sum += d
        }
        weight += product
        bias += sum
      }
    }
    dw[parameter] = sumOfLanes(weight)
    db[parameter] = sumOfLanes(bias)
  }
}
