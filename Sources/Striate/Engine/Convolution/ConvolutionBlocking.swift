import LaneKernels

/// How passes are cut so that what they read again and again stays in the first-level cache.
///
/// A pixel of a map is a line of the cache, and a filter reads a window of every map. Tile after tile,
/// whole images pass through the cache, and each multiply-add would wait for the second level; a few pixels
/// of some maps, read by all filters in turn, stay. Between two lots of maps the sums lie in the output: a
/// load and a store for as many multiply-adds as a lot has taps.
enum ConvolutionBlocking {
  /// Bytes of input that stay, with room beside them for weights and outputs: of the 32 KiB that
  /// processors have at least.
  static let cache = 22 * 1024

  /// Bytes that are near: of a second-level cache of 512 KiB and more, with room for others.
  static let near = 256 * 1024

  /// Whether the maps of 16 images are too large to be near.
  static func isFar(_ maps: Maps) -> Bool {
    maps.blockSize * MemoryLayout<Float>.stride > near
  }

  /// Bytes of a lot of tiles that Winograd's algorithm has transformed: most of them stay in the
  /// second-level cache while the filters pass over them.
  static let winogradBytes = 600 * 1024

  /// Filters whose products wait to be transformed back, a multiple of every tile.
  static let winogradFilters = 16

  /// Filters and channels whose sums Winograd's algorithm keeps for the gradient of the weights, and tiles that
  /// it transforms for them together.
  static let winogradGradientChannels = 64
  static let winogradGradientTiles = 4

  /// The taps of one task of a weight gradient: their sums stay in the second-level cache.
  static let gradientTaps = 1024

  /// The pixels that the taps of a weight gradient run over at a time: four filters' stay.
  static let gradientPixels = 64
}

extension ConvolutionPass {
  /// The pass cut for filters in tiles of these kernels.
  func blocked(taps: [Int], for kernels: KernelTable) -> ConvolutionPass {
    var pass = self
    let (tile, long) = (kernels.tileWidth, 24)
    if channels * channelStride * MemoryLayout<Float>.stride > ConvolutionBlocking.near {
      pass.nextRow = (taps.max() ?? 0) + inputRowStep
    }
    for pixels in [long, 2 * tile, tile]
    where channels * bytesRead(pixels: pixels, taps: taps) <= ConvolutionBlocking.cache {
      pass.pixelsAtOnce = pixels
      return pass
    }
    // One tile of filters has nobody to share with; narrower tiles are wider than a full one.
    let isEven = filters > kernels.tileHeight && filters % kernels.tileHeight == 0
    pass.pixelsAtOnce = isEven ? tile : long
    let most = max(
      1, ConvolutionBlocking.cache / bytesRead(pixels: pass.pixelsAtOnce, taps: taps))
    let lots = (channels + most - 1) / most
    pass.channelsAtOnce = (channels + lots - 1) / lots
    return pass
  }

  /// The bytes of one map that so many neighbouring pixels read.
  private func bytesRead(pixels: Int, taps: [Int]) -> Int {
    var places = Set<Int>()
    for pixel in 0..<min(pixels, width * height) {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
      for tap in taps { places.insert(row * inputRowStep + column * inputColumnStep + tap) }
    }
    return places.count * laneCount * MemoryLayout<Float>.stride
  }
}

extension ConvolutionBlocking {
  /// The pixels of a map that tiles of filters read at a time at least.
  static let tileWidth = 3

  /// Pixels left free between one map of `pixels` pixels and the next, so that what a tile of filters reads of
  /// `maps` maps, the pixels at `places` of each, spreads over the first-level cache: the fewest of those that
  /// spread it best; none where two maps do not fit.
  ///
  /// A cache of 64 sets of lines, a pixel a line, holds what falls on one set as often as it has ways. Maps of
  /// 16 × 16 pixels all begin on one set, and windows of 23 of them drive one another out.
  static func gap(pixels: Int, maps: Int, places: Places) -> Int {
    let (sets, room) = (64, cache / (laneCount * MemoryLayout<Float>.stride))
    guard places.count <= Double(room) else { return 0 }
    let lines = Set(places.all)
    let fitting = min(maps, room / lines.count)
    guard fitting > 1 else { return 0 }
    func mostOnOneSet(gap: Int) -> Int {
      var counts = [Int](repeating: 0, count: sets)
      for map in 0..<fitting {
        let start = map * ((pixels &+ gap) & (sets - 1))
        for line in lines { counts[(start &+ line) & (sets - 1)] += 1 }
      }
      return counts.max() ?? 0
    }
    return (0..<sets).map { (mostOnOneSet(gap: $0), $0) }.min { $0 < $1 }?.1 ?? 0
  }

  /// Pixels of a map at regular places: along each axis, how many, and how far apart in pixels of the map.
  struct Places {
    var axes: [(count: Int, step: Int)]

    /// What a row of a kernel reads for the pixels of a tile.
    static func row(kernel: Int, dilation: Int, stride: Int) -> [(count: Int, step: Int)] {
      dilation == 1 && stride == 1
        ? [(kernel &+ tileWidth &- 1, 1)] : [(kernel, dilation), (tileWidth, stride)]
    }

    /// How many, places counted twice among them: a geometry that is about to be refused may overflow an Int.
    var count: Double { axes.reduce(1) { $0 * Double($1.count) } }

    var all: [Int] {
      axes.reduce([0]) { places, axis in
        places.flatMap { place in (0..<axis.count).map { place &+ $0 &* axis.step } }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Pixels left free between a map with a border and the next.
  var borderGap: Int {
    gap(pixels: slices.bordered &* rows.bordered &* columns.bordered, height: rows.bordered)
  }

  /// The same between the rows that a band copies of a map and those of the next.
  func bandGap(_ band: RowBand) -> Int {
    gap(pixels: band.rows &* band.width, height: band.rows)
  }

  /// Pixels left free between maps of `pixels` pixels, with `height` rows in a slice.
  private func gap(pixels: Int, height: Int) -> Int {
    ConvolutionBlocking.gap(
      pixels: pixels, maps: groupChannels,
      places: ConvolutionBlocking.Places(
        axes: [
          (slices.kernel, slices.dilation &* height &* columns.bordered),
          (rows.kernel, rows.dilation &* columns.bordered),
        ]
          + ConvolutionBlocking.Places.row(
            kernel: columns.kernel, dilation: columns.dilation, stride: columns.stride)))
  }

  /// Pixels left free between the outputs' gradients of one filter and the next, where the bands of a phase copy
  /// `rows` rows of `width` pixels, of which its columns read `reach` for a tile: see `gradientBands`.
  func gradientGap(
    _ slice: StridePhase, _ row: StridePhase, rows: Int, width: Int, reach: Int
  ) -> Int {
    // Many phases have few rows each, and a search for every one of them would take longer than it saves.
    guard slices.stride &* self.rows.stride <= 16 else { return 0 }
    let plane = rows &* width
    return ConvolutionBlocking.gap(
      pixels: (slice.span &+ 1) &* plane, maps: groupFilters,
      places: ConvolutionBlocking.Places(axes: [
        (slice.span + 1, plane), (row.span + 1, width), (reach, 1),
      ]))
  }
}

extension ConvolutionBlocking {
  /// The columns that a tile of filters reads in the widest of some phases.
  static func reach(of phases: [StridePhase]) -> Int {
    tileWidth + (phases.map(\.span).max() ?? 0)
  }
}

extension WeightGradientPass {
  /// The pass cut into bands.
  func blocked(channelTaps: Int) -> WeightGradientPass {
    var pass = self
    if blocks * inputBlockStride * MemoryLayout<Float>.stride > ConvolutionBlocking.near {
      pass.channelTaps = channelTaps
    }
    let line = width * depth
    pass.rowsAtOnce = min(height, max(1, ConvolutionBlocking.gradientPixels / line))
    if pass.rowsAtOnce == height {
      pass.blocksAtOnce = max(1, ConvolutionBlocking.gradientPixels / (line * height))
    }
    return pass
  }
}
