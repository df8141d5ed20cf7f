import LaneKernels

extension ConvolutionGeometry {
  /// Adds to the last step of the way back the gradient of the weights, from maps that have their border
  /// and the gradient of what was made of them. A task is some filters and some taps, over all blocks, or over one
  /// where sums of all blocks are small: then it runs while what it reads is near.
  func addWeightGradient(
    to site: inout LayerSite, x: Maps, gradient: Floats, result dw: Floats
  ) {
    let kernels = site.kernels
    let dy = outputMaps(gradient)
    let byBlock = sumsByBlock(site.blocks)
    let kernel = taps(in: x)
    let taps = site.constants(
      (0..<groupChannels).flatMap { c in kernel.map { c * x.mapStride + $0 } })
    let tapCount = groupChannels * kernelSize
    let pass = WeightGradientPass(
      taps: taps.base, tapCount: tapCount, filters: groupFilters, filterStride: dy.mapStride,
      width: columns.output, height: rows.output, depth: slices.output,
      inputSliceStep: slices.stride * x.sliceStride, inputRowStep: rows.stride * x.rowStride,
      inputColumnStep: columns.stride * laneCount, blocks: byBlock ? 1 : site.blocks,
      inputBlockStride: x.blockStride, gradientBlockStride: dy.blockStride)
    let shape = ConstantGradientPass(pass: pass.blocked(channelTaps: kernelSize))
    let tiles = (groupFilters + 3) / 4
    let tapParts = gradientTapParts
    let weights = groups * weightsOfGroup
    let sums = byBlock ? site.allocateOverwritten(site.blocks * weights) : dw
    let tasks = groups * tiles * tapParts
    site.addOverwriting(
      .back, tasks: (byBlock ? site.blocks : 1) * tasks, reach: byBlock ? .block : .parameters,
      scratch: gradientSums
    ) {
      [self] task, scratch in
      let (block, rest) = task.quotientAndRemainder(dividingBy: tasks)
      let (place, part) = rest.quotientAndRemainder(dividingBy: tapParts)
      let (group, tile) = place.quotientAndRemainder(dividingBy: tiles)
      kernels.weightGradient(
        shape.pass, tile * 4..<min(groupFilters, tile * 4 + 4),
        tapCount * part / tapParts..<tapCount * (part + 1) / tapParts,
        x.values + (block * x.blockStride + group * groupChannels * x.mapStride),
        dy.values + (block * dy.blockStride + group * groupFilters * dy.mapStride), scratch,
        sums + (block * weights + group * weightsOfGroup))
    }
    if byBlock { site.addSum(of: sums, parts: site.blocks, count: weights, to: dw) }
  }

  /// Whether every block of images has sums of its own, which are added up after the way back.
  private func sumsByBlock(_ blocks: Int) -> Bool {
    LayerSite.sumsByBlock(Double(groups) * Double(weightsOfGroup), blocks: blocks)
  }

  /// The Floats of sums of blocks.
  func gradientMemory(blocks: Int) -> Double {
    sumsByBlock(blocks) ? Double(blocks) * Double(groups) * Double(weightsOfGroup) : 0
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
  /// Whether so many numbers are few enough to be summed block by block first.
  static func sumsByBlock(_ count: Double, blocks: Int) -> Bool {
    blocks > 1 && count * Double(blocks) <= 131_072
  }

  /// Adds the gradient of a bias to the last step: for each of `count` elements the sum over blocks,
  /// over `pixels` places and over images.
  mutating func appendBiasGradient(dy: Floats, to db: Floats, count: Int, pixels: Int) {
    let (kernels, blocks, blockStride) = (kernels, blocks, output.blockStride)
    if pixels > 1, LayerSite.sumsByBlock(Double(count), blocks: blocks) {
      let sums = allocateOverwritten(blocks * count)
      add(.back, tasks: blocks, reach: .block) { block in
        kernels.sumLanes(
          count, pixels, 1, blockStride, dy + block * blockStride, sums + block * count)
      }
      addSum(of: sums, parts: blocks, count: count, to: db)
      return
    }
    let parts = min(count, LayerSite.fewestTasks)
    add(.back, tasks: parts, reach: .parameters) { part in
      let range = count * part / parts..<count * (part + 1) / parts
      kernels.sumLanes(
        range.count, pixels, blocks, blockStride, dy + range.lowerBound * pixels * laneCount,
        db + range.lowerBound)
    }
  }
}
