import LaneKernels

extension ConvolutionGeometry {
  /// Adds to the last step of the way back the gradient of the weights, from maps that have their border
  /// and the gradient of what was made of them. A task is some filters and some taps, over all blocks.
  func addWeightGradient(
    to site: inout LayerSite, x: Maps, gradient: Floats, result dw: Floats
  ) {
    let kernels = site.kernels
    let dy = outputMaps(gradient)
    let kernel = taps(in: x)
    let taps = site.constants(
      (0..<groupChannels).flatMap { c in kernel.map { c * x.mapStride + $0 } })
    let tapCount = groupChannels * kernelSize
    let pass = WeightGradientPass(
      taps: taps.base, tapCount: tapCount, filters: groupFilters, filterStride: dy.mapStride,
      width: columns.output, height: rows.output, depth: slices.output,
      inputSliceStep: slices.stride * x.sliceStride, inputRowStep: rows.stride * x.rowStride,
      inputColumnStep: columns.stride * laneCount, blocks: site.blocks,
      inputBlockStride: x.blockStride, gradientBlockStride: dy.blockStride)
    let shape = ConstantGradientPass(pass: pass.blocked(channelTaps: kernelSize))
    let tiles = (groupFilters + 3) / 4
    let tapParts = gradientTapParts
    site.addOverwriting(
      .back, tasks: groups * tiles * tapParts, reach: .parameters, scratch: gradientSums
    ) {
      [self] task, sums in
      let (place, part) = task.quotientAndRemainder(dividingBy: tapParts)
      let (group, tile) = place.quotientAndRemainder(dividingBy: tiles)
      kernels.weightGradient(
        shape.pass, tile * 4..<min(groupFilters, tile * 4 + 4),
        tapCount * part / tapParts..<tapCount * (part + 1) / tapParts,
        x.values + group * groupChannels * x.mapStride,
        dy.values + group * groupFilters * dy.mapStride, sums, dw + group * weightsOfGroup)
    }
  }

  /// The parts that the taps of four filters are cut into, one a task.
  private var gradientTapParts: Int {
    let tapCount = groupChannels * kernelSize
    let tasks = groups * ((groupFilters + 3) / 4)
    return max(
      min((tapCount + 5) / 6, max(1, LayerSite.fewestTasks / tasks)),
      (tapCount + ConvolutionBlocking.gradientTaps - 1) / ConvolutionBlocking.gradientTaps)
  }

  /// The Floats of a task's sums.
  var gradientSums: Int {
    let parts = gradientTapParts
    return min(4, groupFilters) * ((groupChannels * kernelSize + parts - 1) / parts) * laneCount
  }
}

extension LayerSite {
  /// Adds the gradient of a bias to the last step: for each of `count` elements the sum over blocks,
  /// over `pixels` places and over images.
  mutating func appendBiasGradient(dy: Floats, to db: Floats, count: Int, pixels: Int) {
    let (kernels, blocks, blockStride) = (kernels, blocks, output.blockStride)
    let parts = min(count, LayerSite.fewestTasks)
    add(.back, tasks: parts, reach: .parameters) { part in
      let range = count * part / parts..<count * (part + 1) / parts
      kernels.sumLanes(
        range.count, pixels, blocks, blockStride, dy + range.lowerBound * pixels * laneCount,
        db + range.lowerBound)
    }
  }
}
