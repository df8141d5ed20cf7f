import LaneKernels

/// The engine's side of a convolution of 1 × 1: a product of matrices for each image.
///
/// A filter reads one pixel of every map, and maps lie so far apart, often at powers of two, that the
/// first-level cache cannot hold these pixels from one tile of filters to the next. So a task gathers a
/// few pixels of all maps into memory of its worker, where they lie side by side, and runs all filters
/// over them.
extension ConvolutionGeometry {
  /// Whether it is a convolution of 1 × 1 in which gathering pays.
  var isPointwise: Bool {
    kernelSize == 1 && min(groupChannels, groupFilters) >= 16
      && [slices, rows, columns].allSatisfy {
        $0.stride == 1 && !$0.hasBorder && $0.input == $0.output
      }
  }

  /// Bytes that are gathered, where they are enough for one tile.
  private static let gatheredBytes = 24 * 1024

  /// The pixels gathered at a time: whole tiles, as many as stay in the first-level cache.
  static func gatheredPixels(maps: Int, tile: Int) -> Int {
    let fitting = gatheredBytes / (maps * laneCount * MemoryLayout<Float>.stride)
    return max(1, min(fitting, 24) / tile) * tile
  }

  /// Adds the pass to the last step, over all pixels of `x`, with packed weights.
  func addPointwise(
    to site: inout LayerSite, _ way: Way, _ shape: ConstantPass, from x: Maps, to y: Maps,
    packed: Floats, _ parameters: ConvolutionParameters
  ) {
    let kernels = site.kernels
    let pixels = x.mapStride / laneCount
    let gathered = ConvolutionGeometry.gatheredPixels(
      maps: shape.pass.channels, tile: kernels.tileWidth)
    let passes = (1...gathered).map { width in
      var pass = shape.pass
      (pass.width, pass.height, pass.channelStride) = (width, 1, gathered * laneCount)
      (pass.pixelsAtOnce, pass.channelsAtOnce) = (width, pass.channels)
      return ConstantPass(pass: pass, packing: shape.packing)
    }
    let chunks = (pixels + gathered - 1) / gathered
    let bands = ConvolutionGeometry.bands(
      rows: chunks, slices: 1, blocks: site.blocks, blockSize: x.blockSize)
    site.add(
      way, tasks: site.blocks * bands, reach: .block,
      scratch: shape.pass.channels * gathered * laneCount
    ) { [groups] task, scratch in
      let (block, band) = task.quotientAndRemainder(dividingBy: bands)
      for chunk in chunks * band / bands..<chunks * (band + 1) / bands {
        let first = chunk * gathered
        let width = min(gathered, pixels - first)
        let pass = passes[width - 1].pass
        for group in 0..<groups {
          kernels.copyRows(
            pass.channels, width * laneCount,
            x.values
              + (block * x.blockStride + group * pass.channels * x.mapStride + first * laneCount),
            x.mapStride, scratch, pass.channelStride)
          kernels.convolve(
            pass, 0..<1, scratch, packed + group * pass.weightCount,
            parameters.bias
              + (group * pass.filters * pass.biasFilterStride + first * pass.biasPixelStride),
            y.values
              + (block * y.blockStride + group * pass.filters * y.mapStride + first * laneCount))
        }
      }
    }
  }

  /// The Floats that workers gather.
  func pointwiseMemory(isTraining: Bool, workers: Int) -> Double {
    // The widest tile of any processor: the estimate does not depend on it.
    let sizes = (isTraining ? [groupChannels, groupFilters] : [groupChannels]).map {
      Double($0) * Double(ConvolutionGeometry.gatheredPixels(maps: $0, tile: 4))
    }
    return sizes.reduce(0, +) * Double(workers * laneCount)
  }
}
