/// A normalisation of each image by itself. Elements lie as [group][channel][run]: a channel is what has
/// a weight and a bias of its own, its run the neighbouring elements that share them.
///
///     x̂ = (x − μ) / √(σ² + ε),  y = w · x̂ + b
///
/// μ and σ² are taken over all elements of a group, or, where `isAlongRun`, over the channels alone, for
/// each place of the run. What has a mean and a variance of its own is called a unit. Every lane is an
/// image, so statistics are lanes and no lane looks at another.
@frozen
public struct NormalizationPass: Sendable {
  /// Groups of an image; one where statistics lie along the run.
  public var groups: Int
  /// Channels of a group, and elements of a channel.
  public var channels: Int, run: Int
  /// Whether each place of the run has statistics of its own.
  public var isAlongRun: Bool
  /// The weights' distance from one channel and one group to the next: 0 and 0 for one weight for all,
  /// 1 and 0 for the same weights in all groups.
  public var channelStep: Int, groupStep: Int
  /// ε.
  public var epsilon: Float
  /// Blocks of images.
  public var blocks: Int

  @inlinable
  public init(
    groups: Int, channels: Int, run: Int, isAlongRun: Bool, channelStep: Int, groupStep: Int,
    epsilon: Float, blocks: Int
  ) {
    (self.groups, self.channels, self.run) = (groups, channels, run)
    (self.isAlongRun, self.epsilon, self.blocks) = (isAlongRun, epsilon, blocks)
    (self.channelStep, self.groupStep) = (channelStep, groupStep)
  }

  /// What has a mean and a variance of its own.
  @inlinable
  public var units: Int { isAlongRun ? run : groups }

  /// The elements that a mean is taken over.
  @inlinable
  public var count: Int { isAlongRun ? channels : channels * run }

  /// The Floats from one block's values to the next, and from its statistics to the next.
  @inlinable
  var valueStride: Int { blockStride(elements: groups &* channels &* run) }

  @inlinable
  public var statisticsStride: Int { units * NormalizationPass.statisticsSize }

  /// The Floats of a unit's statistics.
  @inlinable
  public static var statisticsSize: Int { 3 * laneCount }
}

/// The statistics of a unit: x̂ = (x − shift) · scale + offset.
///
/// The shift is the mean as nearly as a Float can hold it, and the offset makes up for the rest: so x̂ is
/// as exact where the mean is many times the deviation as where it is 0.
@usableFromInline
struct LaneStatistics {
  @usableFromInline var shift: Lanes
  @usableFromInline var scale: Lanes
  @usableFromInline var offset: Lanes

  @inlinable @inline(__always)
  init(shift: Lanes, scale: Lanes, offset: Lanes) {
    (self.shift, self.scale, self.offset) = (shift, scale, offset)
  }

  /// From the mean, and the sums of what x differs from it and of the squares of that: the corrected
  /// two-pass algorithm (Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115).
  @inlinable @inline(__always)
  init(mean: Lanes, sum: Lanes, squares: Lanes, count: Int, epsilon: Float) {
    let share = 1 / Float(count)
    let rest = sum * share
    let variance = squares * share - rest * rest
    shift = mean
    scale = 1 / (select(variance .< 0, 0, variance) + epsilon).squareRoot()
    offset = -rest * scale
  }

  @inlinable @inline(__always)
  init(at place: UnsafePointer<Float>) {
    shift = place.load(Lanes.self)
    scale = (place + laneCount).load(Lanes.self)
    offset = (place + 2 &* laneCount).load(Lanes.self)
  }

  @inlinable @inline(__always)
  func store(at place: UnsafeMutablePointer<Float>) {
    place.store(shift)
    (place + laneCount).store(scale)
    (place + 2 &* laneCount).store(offset)
  }

  /// x̂.
  @export(implementation) @inline(__always)
  func normalized<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
    ISA.multiplyAdd(x - shift, scale, offset)
  }
}

/// Two sums for each of P neighbouring columns of lanes, over `rows` rows. Rows are added up 64 at a time:
/// rounding errors grow with the number of such packets and not with that of rows.
@export(implementation) @inline(__always)
func sumColumns<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, P>.Type, rows: Int,
  _ add: (_ row: Int, _ column: Int, _ first: inout Lanes, _ second: inout Lanes) -> Void
) -> (InlineArray<P, Lanes>, InlineArray<P, Lanes>) {
  var first = InlineArray<P, Lanes>(repeating: .zero)
  var second = first
  var row = 0
  while row < rows {
    let end = row &+ 64 < rows ? row &+ 64 : rows
    var one = InlineArray<P, Lanes>(repeating: .zero)
    var two = one
    while row < end {
      for p in 0..<P { add(row, p, &one[p], &two[p]) }
      row &+= 1
    }
    for p in 0..<P {
      first[p] += one[p]
      second[p] += two[p]
    }
  }
  return (first, second)
}

/// Two sums over `count` elements, in four independent chains.
@export(implementation) @inline(__always)
func sumElements<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int,
  _ add: (_ element: Int, _ first: inout Lanes, _ second: inout Lanes) -> Void
) -> (Lanes, Lanes) {
  let (a, b) = sumColumns(isa, Tile<1, 4>.self, rows: count / 4) { row, column, one, two in
    add(row &* 4 &+ column, &one, &two)
  }
  var first = (a[0] + a[1]) + (a[2] + a[3])
  var second = (b[0] + b[1]) + (b[2] + b[3])
  for element in count / 4 * 4..<count { add(element, &first, &second) }
  return (first, second)
}

/// Normalises some units of one image block, and notes their statistics.
@export(implementation) @inline(__always)
func normalize<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: NormalizationPass, units: Range<Int>, from x: UnsafePointer<Float>,
  weights: UnsafePointer<Float>, biases: UnsafePointer<Float>,
  statistics: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  if pass.isAlongRun {
    var unit = units.lowerBound
    while unit &+ 4 <= units.upperBound {
      normalizeColumns(isa, Tile<1, 4>.self, pass, unit, x, weights, biases, statistics, y)
      unit &+= 4
    }
    while unit < units.upperBound {
      normalizeColumns(isa, Tile<1, 1>.self, pass, unit, x, weights, biases, statistics, y)
      unit &+= 1
    }
    return
  }
  let size = pass.count &* laneCount
  for group in units {
    let (x, y) = (x + group &* size, y + group &* size)
    let (sum, _) = sumElements(isa, count: pass.count) { k, sum, _ in
      sum += (x + k &* laneCount).load(Lanes.self)
    }
    let mean = sum * (1 / Float(pass.count))
    let (rest, squares) = sumElements(isa, count: pass.count) { k, rest, squares in
      let difference = (x + k &* laneCount).load(Lanes.self) - mean
      rest += difference
      squares = ISA.multiplyAdd(difference, difference, squares)
    }
    let own = LaneStatistics(
      mean: mean, sum: rest, squares: squares, count: pass.count, epsilon: pass.epsilon)
    own.store(at: statistics + group &* NormalizationPass.statisticsSize)
    for channel in 0..<pass.channels {
      let parameter = group &* pass.groupStep &+ channel &* pass.channelStep
      let w = Lanes(repeating: weights[parameter])
      let b = Lanes(repeating: biases[parameter])
      let first = channel &* pass.run &* laneCount
      var k = first
      while k < first &+ pass.run &* laneCount {
        (y + k).store(ISA.multiplyAdd(own.normalized(isa, (x + k).load(Lanes.self)), w, b))
        k &+= laneCount
      }
    }
  }
}

/// P neighbouring places of the run, each over all channels.
@export(implementation) @inline(__always)
func normalizeColumns<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<1, P>.Type, _ pass: NormalizationPass, _ unit: Int,
  _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>,
  _ statistics: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  let (x, y) = (x + unit &* laneCount, y + unit &* laneCount)
  let step = pass.run &* laneCount
  var (mean, _) = sumColumns(isa, tile, rows: pass.channels) { row, p, sum, _ in
    sum += (x + (row &* step &+ p &* laneCount)).load(Lanes.self)
  }
  for p in 0..<P { mean[p] *= 1 / Float(pass.count) }
  let (rest, squares) = sumColumns(isa, tile, rows: pass.channels) { row, p, rest, squares in
    let difference = (x + (row &* step &+ p &* laneCount)).load(Lanes.self) - mean[p]
    rest += difference
    squares = ISA.multiplyAdd(difference, difference, squares)
  }
  let place = statistics + unit &* NormalizationPass.statisticsSize
  for p in 0..<P {
    LaneStatistics(
      mean: mean[p], sum: rest[p], squares: squares[p], count: pass.count, epsilon: pass.epsilon
    ).store(at: place + p &* NormalizationPass.statisticsSize)
  }
  for channel in 0..<pass.channels {
    let w = Lanes(repeating: weights[channel &* pass.channelStep])
    let b = Lanes(repeating: biases[channel &* pass.channelStep])
    for p in 0..<P {
      let k = channel &* step &+ p &* laneCount
      let own = LaneStatistics(at: place + p &* NormalizationPass.statisticsSize)
      (y + k).store(ISA.multiplyAdd(own.normalized(isa, (x + k).load(Lanes.self)), w, b))
    }
  }
}
