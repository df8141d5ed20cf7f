import LaneKernels

extension ConvolutionGeometry {
  /// Appends a depthwise convolution: every channel has a filter of its own.
  func appendEach(to site: inout ChannelSite, bias: Floats) {
    let (kernels, input, output, images) = (
      site.lanes.kernels, site.lanes.inputs[0], site.lanes.output, site.images
    )
    let groups = site.output.groups
    // One map at a time.
    let lots = ChannelConvolution.Lots(images: 1, bands: 1, rows: rows.output)
    let source = source(
      ChannelShape([laneCount, rows.input, columns.input]), lots: lots,
      blockStride: input.blockStride, splits: false)
    let rowStride = hasBorder ? source.copiedRowStride : source.rowStride
    let offsets = taps { _, u, v in
      u * rows.dilation * rowStride + v * columns.dilation * laneCount
    }
    let outputMap = site.output.pixels * laneCount
    let sum = ChannelConvolution(
      pass: ChannelPass(
        channels: laneCount, channelStride: 0, taps: site.lanes.constants(offsets).base,
        tapCount: kernelSize, filters: laneCount, filterStride: 0, width: columns.output,
        height: rows.output, inputStride: 0, inputRowStep: rows.stride * rowStride,
        inputColumnStep: columns.stride * laneCount, outputStride: 0,
        outputRowStep: columns.output * laneCount, outputColumnStep: laneCount,
        limits: site.lanes.limits, registersAtOnce: 1, channelsAtOnce: laneCount),
      packing: WeightPacking(
        filterStride: 0, channelStride: 0, taps: site.lanes.constants([0]).base),
      lots: lots, source: source, isJoint: false)
    let weights = site.lanes.parameters[0].values
    let packed = site.lanes.allocate(groups * kernelSize * laneCount)
    site.lanes.prepare(tasks: 1) { [self] _ in
      for c in 0..<channels {
        let (group, lane) = c.quotientAndRemainder(dividingBy: laneCount)
        for t in 0..<kernelSize {
          packed.base[(group * kernelSize + t) * laneCount + lane] =
            weights.base[c * kernelSize + t]
        }
      }
    }
    let maps = images * groups
    let parts = site.lanes.parts(of: maps)
    let line = columns.input * laneCount
    let rowsCopied = max(0, min(rows.input, source.copiedRows - rows.before))
    let corner = rows.before * source.copiedRowStride + columns.before * laneCount
    site.lanes.begin(.forward)
    site.lanes.addOverwriting(
      .forward, tasks: site.lanes.blocks * parts, reach: .block,
      scratch: hasBorder ? source.copiedStride : 0
    ) { [self] task, memory in
      let (block, part) = task.quotientAndRemainder(dividingBy: parts)
      // The border stays zero from map to map.
      if hasBorder { memory.update(repeating: 0, count: source.copiedStride) }
      for k in maps * part / parts..<maps * (part + 1) / parts {
        let group = k % groups
        var x = UnsafePointer(input.values + (block * input.blockStride + k * source.stride))
        if hasBorder {
          kernels.copyRows(rowsCopied, line, x, line, memory + corner, source.copiedRowStride)
          x = UnsafePointer(memory)
        }
        kernels.channels.convolveEach(
          sum.pass, x, packed + group * kernelSize * laneCount, bias + group * laneCount,
          output.values + (block * output.blockStride + k * outputMap))
      }
    }
  }
}

extension DepthwiseConv2D: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    asConv2D(channels: inputs[0].shape[0]).channelShape(of: inputs, output: output)
  }

  func compile(into site: inout ChannelSite) {
    asConv2D(channels: site.inputs[0].shape[0]).compile(into: &site)
  }

  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
  {
    asConv2D(channels: input.shape[0]).channelMemory(
      of: input, output: output, images: images, workers: workers)
  }
}
