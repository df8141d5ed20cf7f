import LaneKernels

/// The engine's side of a depthwise convolution: each map of the input has filters of its own.
///
/// There is nothing to share between maps, so that memory decides how fast it is. A task takes some maps
/// of some images and reads each once: it copies what a band of rows needs, with a border of zeros, into
/// memory of its worker that stays in the cache, and computes all that depends on it. No bordered copy
/// of the batch is made.
extension ConvolutionGeometry {
  /// Whether each map of the input has filters of its own.
  var isDepthwise: Bool { groups > 1 && groupChannels == 1 && slices == .flat }

  /// Bytes that a band copies at most, where a row is not larger.
  static let nearCache = 128 * 1024

  /// Bytes that a task goes through at least.
  private static let taskSize = 256 * 1024

  /// Forwards: output rows, and the rows of one bordered map that they read.
  var depthwiseBand: RowBand {
    RowBand(
      count: rows.output, reach: rows.reach, step: rows.stride, width: columns.bordered,
      bytes: ConvolutionGeometry.nearCache)
  }

  /// The tasks that `units` units are cut into, each of which reads `size` Floats; as many for each of
  /// `blocks` blocks.
  static func tasks(units: Int, size: Int, blocks: Int = 1) -> Int {
    let bytes = units * size * MemoryLayout<Float>.stride
    let tasks = min(units, max(LayerSite.fewestTasks, bytes / taskSize))
    return (tasks + blocks - 1) / blocks * blocks
  }

  func compileDepthwise(into site: inout LayerSite, bias: Conv2D.Bias) {
    appendDepthwise(to: &site, parameters(of: &site, bias: bias))
    guard site.isTraining else { return }
    site.begin(.back)
    addDepthwiseInputGradient(to: &site)
    addDepthwiseWeightGradient(to: &site)
    addBiasGradient(to: &site, bias: bias)
  }

  /// Copies the rows that output rows from `first` on read, or finds them where there is no border.
  private func source(
    from first: Int, of map: UnsafePointer<Float>, _ band: RowBand,
    _ scratch: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) -> UnsafePointer<Float> {
    let line = columns.input * laneCount
    guard hasBorder else { return map + first * rows.stride * line }
    kernels.copyRows(
      from: map, rows: rows.input, line: line, first: first * rows.stride - rows.before,
      count: band.rows, to: scratch + columns.before * laneCount, stride: band.rowStride)
    return UnsafePointer(scratch)
  }

  private func appendDepthwise(to site: inout LayerSite, _ parameters: ConvolutionParameters) {
    let kernels = site.kernels
    let band = depthwiseBand
    let (x, y) = (imageMaps(site.inputs[0].values), outputMaps(site.output.values))
    let pass = depthwisePass(band, parameters, site: &site)
    let units = site.blocks * channels * band.bands
    let tasks = ConvolutionGeometry.tasks(
      units: units, size: band.mapStride, blocks: site.blocks)
    site.begin(.forward)
    site.add(
      .forward, tasks: tasks, reach: .block, scratch: hasBorder ? band.mapStride : 0
    ) { [self] task, scratch in
      for unit in units * task / tasks..<units * (task + 1) / tasks {
        let (map, part) = unit.quotientAndRemainder(dividingBy: band.bands)
        let channel = map % channels
        let range = band.rows(part, of: rows.output)
        let first = range.lowerBound
        let source = source(
          from: first, of: x.values + x.place(of: map), band, scratch, kernels)
        for filter in 0..<groupFilters {
          let output = map * groupFilters + filter
          let parameter = channel * groupFilters + filter
          kernels.convolveMap(
            pass.pass, 0..<range.count, source, parameters.weights + parameter * kernelSize,
            parameters.bias
              + (parameter * parameters.biasFilterStride
                + first * columns.output * parameters.biasPixelStride),
            y.values + (y.place(of: output) + first * y.rowStride))
        }
      }
    }
  }

  private func depthwisePass(
    _ band: RowBand, _ parameters: ConvolutionParameters, site: inout LayerSite
  ) -> ConstantPass {
    let rowStride = hasBorder ? band.rowStride : columns.input * laneCount
    let taps = site.constants(depthwiseTaps(rowStride: rowStride)).base
    return ConstantPass(
      pass: ConvolutionPass(
        channels: 1, channelStride: 0, taps: taps, tapCount: kernelSize, filters: 1,
        filterStride: 0, width: columns.output, height: rows.output,
        inputRowStep: rows.stride * rowStride, inputColumnStep: columns.stride * laneCount,
        outputRowStep: columns.output * laneCount, outputColumnStep: laneCount,
        biasFilterStride: 0, biasPixelStride: parameters.biasPixelStride,
        limits: parameters.limits),
      packing: WeightPacking(filterStride: 0, channelStride: 0, taps: taps))
  }

  private func depthwiseTaps(rowStride: Int) -> [Int] {
    taps { _, u, v in u * rows.dilation * rowStride + v * columns.dilation * laneCount }
  }

  /// Adds the gradient of the weights: a task takes some maps of all images.
  private func addDepthwiseWeightGradient(to site: inout LayerSite) {
    guard let gradient = site.output.gradient, let dw = site.parameters[0].gradient else { return }
    let (kernels, blocks) = (site.kernels, site.blocks)
    let band = depthwiseBand
    let (x, dy) = (imageMaps(site.inputs[0].values), outputMaps(gradient))
    let rowStride = hasBorder ? band.rowStride : columns.input * laneCount
    let shape = ConstantGradientPass(
      pass: WeightGradientPass(
        taps: site.constants(depthwiseTaps(rowStride: rowStride)).base, tapCount: kernelSize,
        filters: 1, filterStride: 0, width: columns.output, height: rows.output, depth: 1,
        inputSliceStep: 0, inputRowStep: rows.stride * rowStride,
        inputColumnStep: columns.stride * laneCount, blocks: 1, inputBlockStride: 0,
        gradientBlockStride: 0))
    let weights = groupFilters * kernelSize
    let tasks = ConvolutionGeometry.tasks(units: channels, size: blocks * x.mapStride)
    site.add(
      .back, tasks: tasks, reach: .parameters, scratch: band.mapStride + weights * laneCount
    ) { [self] task, memory in
      let (sums, scratch) = (memory, memory + weights * laneCount)
      for channel in channels * task / tasks..<channels * (task + 1) / tasks {
        sums.update(repeating: 0, count: weights * laneCount)
        for block in 0..<blocks {
          let map = block * channels + channel
          for part in 0..<band.bands {
            let range = band.rows(part, of: rows.output)
            let first = range.lowerBound
            let source = source(
              from: first, of: x.values + x.place(of: map), band, scratch, kernels)
            for filter in 0..<groupFilters {
              kernels.addMapWeightGradient(
                shape.pass, 0..<range.count, source,
                dy.values
                  + (dy.place(of: map * groupFilters + filter) + first * dy.rowStride),
                sums + filter * kernelSize * laneCount)
            }
          }
        }
        kernels.sumLanes(weights, 1, 1, 0, sums, dw + channel * weights)
      }
    }
  }
}
