public import CPUFeatures

/// G g Gᵀ of filters `filters`, in the order in which the products read them: lot of filters, place,
/// tile of filters, channel, filter of the tile. The range begins with a lot.
@export(implementation) @inline(__always)
func winogradWeights<ISA: InstructionSet>(
  _ isa: ISA.Type, largestTile: Int, _ pass: WinogradPass, _ packing: WeightPacking,
  filters: Range<Int>, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>
) {
  var lot = filters.lowerBound
  while lot < filters.upperBound {
    let count = min(pass.filtersAtOnce, pass.filters &- lot)
    let place = count &* pass.channels &+ laneCount
    let base = target + pass.weightPlace(lot: lot)
    var filter = 0
    while filter < count {
      let height = tileHeight(filtersLeft: count &- filter, largest: largestTile)
      let first = source + (lot &+ filter) &* packing.filterStride
      // Channel after channel, filter after filter: eight kernels side by side.
      var (channel, o, written) = (0, 0, 0)
      while channel < pass.channels {
        let kernels = min(8, height &* pass.channels &- written)
        var g = InlineArray<8, UnsafePointer<Float>>(repeating: first)
        for k in 0..<8 where k < kernels {
          g[k] = first + (o &* packing.filterStride &+ channel &* packing.channelStride)
          o &+= 1
          if o == height { (channel, o) = (channel &+ 1, 0) }
        }
        let u = base + (filter &* pass.channels &+ written)
        if written % laneCount == 0 { askForPlaces(u + 4 &* laneCount, place) }
        if pass.kernel == 3 {
          winogradWeights(isa, Tile<3, 3>.self, g, kernels, u, place) { packing.taps[$0] }
        } else {
          winogradWeights(isa, Tile<5, 5>.self, g, kernels, u, place) { packing.taps[$0] }
        }
        written &+= kernels
      }
      filter &+= height
    }
    lot &+= count
  }
}

/// Asks for a line of each of the 36 places, to be written: more places than the processor itself foresees lines for.
@inlinable @inline(__always)
func askForPlaces(_ line: UnsafePointer<Float>, _ place: Int) {
  for i in 0..<36 { striate_prefetch_to_write(line + i &* place) }
}

/// G g Gᵀ of `count` kernels of K × K taps, at most eight; the 36 numbers of each lie `place` Floats apart. `tap` says
/// where a tap lies in a kernel.
@export(implementation) @inline(__always)
func winogradWeights<ISA: InstructionSet, let K: Int>(
  _ isa: ISA.Type, _ kernel: Tile<K, K>.Type, _ g: InlineArray<8, UnsafePointer<Float>>,
  _ count: Int, _ target: UnsafeMutablePointer<Float>, _ place: Int, tap: (Int) -> Int
) {
  let half = InlineArray<K, InlineArray<6, SIMD8<Float>>> { j in
    winogradWeight(
      isa, Tile<K, 1>.self,
      InlineArray<K, SIMD8<Float>> { i in
        let offset = tap(i &* K &+ j)
        var numbers = SIMD8<Float>.zero
        for k in 0..<8 { numbers[k] = g[k][offset] }
        return numbers
      })
  }
  for i in 0..<6 {
    let u = winogradWeight(
      isa, Tile<K, 1>.self, InlineArray<K, SIMD8<Float>> { j in half[j][i] })
    for j in 0..<6 {
      let line = target + (i &* 6 &+ j) &* place
      if count == 8 {
        UnsafeMutableRawPointer(line).storeBytes(of: u[j], as: SIMD8<Float>.self)
      } else {
        for k in 0..<count { line[k] = u[j][k] }
      }
    }
  }
}

/// G g: the polynomial of K numbers at the points 0, ±1, ±2, divided by the points' weights, and its last number.
@export(implementation) @inline(__always)
func winogradWeight<ISA: InstructionSet, let K: Int>(
  _ isa: ISA.Type, _ kernel: Tile<K, 1>.Type, _ g: InlineArray<K, SIMD8<Float>>
) -> InlineArray<6, SIMD8<Float>> {
  var (even, odd) = (g[0] + g[2], g[1])
  var (farEven, farOdd) = (g[0] + 4 * g[2], 2 * g[1])
  if K == 5 {
    even += g[4 % K]
    odd += g[3 % K]
    farEven += 16 * g[4 % K]
    farOdd += 8 * g[3 % K]
  }
  let (sixth, part) = (SIMD8<Float>(repeating: -1 / 6), SIMD8<Float>(repeating: 1 / 24))
  return [
    g[0] * 0.25, (even + odd) * sixth, (even - odd) * sixth, (farEven + farOdd) * part,
    (farEven - farOdd) * part, g[K &- 1],
  ]
}
