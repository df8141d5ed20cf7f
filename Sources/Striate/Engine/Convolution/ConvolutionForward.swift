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
    let shape = forwardPass(x, y, parameters, site: &site)
    let packed = site.allocateOverwritten(groups * weightsOfGroup)
    site.prepare(tasks: groups) { [weightsOfGroup] group in
      kernels.packWeights(
        shape.pass, shape.packing, parameters.weights + group * weightsOfGroup,
        packed + group * weightsOfGroup)
    }
    site.begin(way)
    if isPointwise {
      return addPointwise(to: &site, way, shape, from: x, to: y, packed: packed, parameters)
    }
    let bands = ConvolutionGeometry.bands(
      rows: rows.output, slices: slices.output, blocks: site.blocks, blockStride: x.blockStride)
    let slices = slices.output
    site.add(way, tasks: site.blocks * slices * bands, reach: .block) { [self] task in
      let (plane, band) = task.quotientAndRemainder(dividingBy: bands)
      let (block, slice) = plane.quotientAndRemainder(dividingBy: slices)
      let range = rows.output * band / bands..<rows.output * (band + 1) / bands
      let source = x.values + (block * x.blockStride + slice * self.slices.stride * x.sliceStride)
      let target = y.values + (block * y.blockStride + slice * y.sliceStride)
      let bias = parameters.bias + slice * sliceOutputs * parameters.biasPixelStride
      for group in 0..<groups {
        kernels.convolve(
          shape.pass, range, source + group * groupChannels * x.mapStride,
          packed + group * weightsOfGroup,
          bias + group * groupFilters * parameters.biasFilterStride,
          target + group * groupFilters * y.mapStride)
      }
    }
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
