import LaneKernels

/// Where weights lie, and what is added to the sums.
struct ConvolutionParameters: Sendable {
  /// [filters, channels/groups, …kernel].
  let weights: Floats
  /// What each output starts from.
  let bias: Floats
  /// The bias's distance from one filter to the next, and from one pixel to the next.
  let biasFilterStride: Int, biasPixelStride: Int
  /// Where outputs end.
  let limits: OutputLimits
  /// Whether the sums are added to what the output holds.
  var adds = false

  /// Without a bias, and without limits.
  static func weights(_ weights: Floats, in site: inout LayerSite) -> ConvolutionParameters {
    ConvolutionParameters(
      weights: weights, bias: site.allocate(1), biasFilterStride: 0, biasPixelStride: 0,
      limits: .none)
  }
}

extension ConvolutionGeometry {
  /// Appends a step that convolves maps that have their border. Its tasks are bands of rows.
  func appendConvolution(
    to site: inout LayerSite, _ way: Way, from x: Maps, to values: Floats,
    _ parameters: ConvolutionParameters
  ) {
    let kernels = site.kernels
    let y = outputMaps(values)
    let (shape, packed) = packedPass(x, y, parameters, site: &site)
    site.begin(way)
    if isPointwise {
      return addPointwise(to: &site, way, shape, from: x, to: y, packed: packed, parameters)
    }
    let bands = ConvolutionGeometry.bands(
      rows: rows.output, slices: slices.output, blocks: site.blocks, blockSize: x.blockSize)
    let slices = slices.output
    site.add(way, tasks: site.blocks * slices * bands, reach: .block) { [self] task in
      let (plane, band) = task.quotientAndRemainder(dividingBy: bands)
      let (block, slice) = plane.quotientAndRemainder(dividingBy: slices)
      let range = rows.output * band / bands..<rows.output * (band + 1) / bands
      let source = x.values + (block * x.blockStride + slice * self.slices.stride * x.sliceStride)
      let target = y.values + (block * y.blockStride + slice * y.sliceStride)
      convolve(
        shape, range, from: source, x, packed, parameters, pixel: slice * sliceOutputs,
        to: target, y, kernels)
    }
  }

  /// The bands that copy what they read of an image with a border of zeros: of as many rows as are near, but where
  /// tasks allow it of so many that about half of what they read is read by no other; nil where each would read most of
  /// the image, where steps back need the image with its border, or where that holds pixels.
  func forwardBand(isTraining: Bool, blocks: Int, mode: PaddingMode) -> RowBand? {
    guard hasBorder, slices == .flat, mode == .zeros, !isTraining else { return nil }
    let band = RowBand(
      count: rows.output, reach: rows.reach, step: rows.stride, width: columns.bordered,
      maps: channels, bytes: ConvolutionBlocking.near,
      least: (2 * max(0, rows.reach - rows.stride) + rows.stride - 1) / rows.stride,
      parts: LayerSite.parts(of: rows.output, blocks: blocks))
    return band.rows <= rows.bordered / 2 ? band : nil
  }

  /// Appends a convolution of the site's input in inference. A task copies the rows of the image that a band reads into
  /// memory of its worker, where they are near: no bordered copy of the batch is made.
  func appendConvolution(
    to site: inout LayerSite, in band: RowBand, _ parameters: ConvolutionParameters
  ) {
    let kernels = site.kernels
    let (x, y) = (imageMaps(site.inputs[0].values), outputMaps(site.output.values))
    // Where maps lie in a worker's memory; the values are the task's.
    let memory = Maps(
      values: x.values, maps: channels, slices: 1, rows: band.rows, columns: band.width,
      gap: bandGap(band))
    let (shape, packed) = packedPass(memory, y, parameters, site: &site)
    site.begin(.forward)
    site.add(
      .forward, tasks: site.blocks * band.bands, reach: .block, scratch: memory.blockSize
    ) { [self] task, scratch in
      let (block, part) = task.quotientAndRemainder(dividingBy: band.bands)
      let range = band.rows(part, of: rows.output)
      for channel in 0..<channels {
        kernels.copyRows(
          from: x.values + (block * x.blockStride + channel * x.mapStride), rows: rows.input,
          line: x.rowStride, first: range.lowerBound * rows.stride - rows.before,
          count: band.rows,
          to: scratch + (channel * memory.mapStride + columns.before * laneCount),
          stride: memory.rowStride)
      }
      convolve(
        shape, 0..<range.count, from: scratch, memory, packed, parameters,
        pixel: range.lowerBound * columns.output,
        to: y.values + (block * y.blockStride + range.lowerBound * y.rowStride), y, kernels)
    }
  }

  /// Convolves rows of all groups, of which the first begins with that pixel of the output.
  private func convolve(
    _ shape: ConstantPass, _ range: Range<Int>, from source: UnsafePointer<Float>, _ x: Maps,
    _ packed: Floats, _ parameters: ConvolutionParameters, pixel: Int,
    to target: UnsafeMutablePointer<Float>, _ y: Maps, _ kernels: KernelTable
  ) {
    let bias = parameters.bias + pixel * parameters.biasPixelStride
    for group in 0..<groups {
      kernels.convolve(
        shape.pass, range, source + group * groupChannels * x.mapStride,
        packed + group * weightsOfGroup,
        bias + group * groupFilters * parameters.biasFilterStride,
        target + group * groupFilters * y.mapStride)
    }
  }

  /// The pass from maps to maps, and a step that packs its weights.
  private func packedPass(
    _ x: Maps, _ y: Maps, _ parameters: ConvolutionParameters, site: inout LayerSite
  ) -> (ConstantPass, Floats) {
    let kernels = site.kernels
    let shape = forwardPass(x, y, parameters, site: &site)
    let packed = site.allocateOverwritten(groups * weightsOfGroup)
    site.prepare(tasks: groups) { [weightsOfGroup] group in
      kernels.packWeights(
        shape.pass, shape.packing, parameters.weights + group * weightsOfGroup,
        packed + group * weightsOfGroup)
    }
    return (shape, packed)
  }

  private func forwardPass(
    _ x: Maps, _ y: Maps, _ parameters: ConvolutionParameters, site: inout LayerSite
  ) -> ConstantPass {
    let offsets = taps(in: x)
    var pass = ConvolutionPass(
      channels: groupChannels, channelStride: x.mapStride,
      taps: site.constants(offsets).base, tapCount: kernelSize, filters: groupFilters,
      filterStride: y.mapStride, width: columns.output, height: rows.output,
      inputRowStep: rows.stride * x.rowStride, inputColumnStep: columns.stride * laneCount,
      outputRowStep: y.rowStride, outputColumnStep: laneCount,
      biasFilterStride: parameters.biasFilterStride, biasPixelStride: parameters.biasPixelStride,
      limits: parameters.limits)
    pass.adds = parameters.adds
    let packing = WeightPacking(
      filterStride: groupChannels * kernelSize, channelStride: kernelSize,
      taps: site.constants(Array(0..<kernelSize)).base)
    return ConstantPass(pass: pass.blocked(taps: offsets, for: site.kernels), packing: packing)
  }
}
