import LaneKernels

/// The engine's side of Winograd's algorithm: which convolutions it computes, and how they are cut.
///
/// The choice depends on shapes alone. A measurement when the program runs would make the bits depend on
/// what else the machine was doing.
extension ConvolutionGeometry {
  /// Whether the convolution and the gradient of its image are computed by Winograd's algorithm: 3 × 3 or 5 × 5
  /// without stride or dilation, with enough channels that the transforms are worth their while, and few outputs
  /// that tiles compute in vain.
  func usesWinograd(on kernels: KernelTable, bias: Conv2D.Bias = .none) -> Bool {
    let size = rows.kernel
    guard kernels.allowsWinograd, bias != .untied, slices == .flat, size == 3 || size == 5,
      [rows, columns].allSatisfy({ $0.kernel == size && $0.stride == 1 && $0.dilation == 1 }),
      min(groupChannels, groupFilters) >= 8
    else { return false }
    return fillsTiles(rows.output, columns.output) && fillsTiles(rows.input, columns.input)
      && [rows.before, rows.after, columns.before, columns.after].allSatisfy { $0 < size }
  }

  /// Whether the gradient of the weights is, too: of 5 × 5 with more channels alone.
  func sumsByWinograd(on kernels: KernelTable, bias: Conv2D.Bias = .none) -> Bool {
    usesWinograd(on: kernels, bias: bias)
      && (rows.kernel == 3 || min(groupChannels, groupFilters) >= 16)
  }

  /// Rows of outputs that a tile computes.
  private var winogradSide: Int { 7 - rows.kernel }

  /// Whether at least half of what tiles compute is there.
  private func fillsTiles(_ height: Int, _ width: Int) -> Bool {
    let side = winogradSide
    let tiles = ((height + side - 1) / side) * ((width + side - 1) / side)
    return 2 * height * width >= side * side * tiles
  }

  /// Adds the convolution to the last step, over maps without a border.
  func addWinograd(
    to site: inout LayerSite, _ way: Way, from x: Maps, to y: Maps,
    _ parameters: ConvolutionParameters
  ) {
    let pass = winogradPass(
      channels: groupChannels, filters: groupFilters, from: x, to: y,
      input: (rows.input, columns.input),
      output: (rows.output, columns.output), before: (rows.before, columns.before), parameters,
      kernels: site.kernels)
    addWinograd(
      pass, to: &site, way, from: x, to: y, parameters,
      filterStride: groupChannels * kernelSize, channelStride: kernelSize,
      taps: Array(0..<kernelSize))
  }

  /// Adds the gradient of the image: a convolution of the outputs' gradient with kernels turned by half
  /// a turn, in which filters and channels have changed places.
  func addTransposedWinograd(
    to site: inout LayerSite, _ way: Way, from dy: Maps, to dx: Maps,
    _ parameters: ConvolutionParameters
  ) {
    let pass = winogradPass(
      channels: groupFilters, filters: groupChannels, from: dy, to: dx,
      input: (rows.output, columns.output), output: (rows.input, columns.input),
      before: (rows.kernel - 1 - rows.before, columns.kernel - 1 - columns.before), parameters,
      kernels: site.kernels)
    addWinograd(
      pass, to: &site, way, from: dy, to: dx, parameters, filterStride: kernelSize,
      channelStride: groupChannels * kernelSize, taps: (0..<kernelSize).reversed())
  }

  private func winogradPass(
    channels: Int, filters: Int, from x: Maps, to y: Maps, input: (Int, Int), output: (Int, Int),
    before: (Int, Int), _ parameters: ConvolutionParameters, kernels: KernelTable
  ) -> WinogradPass {
    var pass = WinogradPass(
      channels: channels, channelStride: x.mapStride, filters: filters, filterStride: y.mapStride,
      inputWidth: input.1, inputHeight: input.0, width: output.1, height: output.0,
      left: before.1, top: before.0, biasFilterStride: parameters.biasFilterStride,
      limits: parameters.limits, tilesAtOnce: 1,
      filtersAtOnce: min(filters, ConvolutionBlocking.winogradFilters), kernel: rows.kernel)
    pass.adds = parameters.adds
    pass.asksForInput = ConvolutionBlocking.isFar(x)
    pass.asksForOutput = ConvolutionBlocking.isFar(y)
    let place = 36 * channels * kernels.vectorWidth * MemoryLayout<Float>.stride
    let most = min(6, max(3, ConvolutionBlocking.winogradBytes / place))
    let lots = (pass.tiles + most - 1) / most
    pass.tilesAtOnce = (pass.tiles + lots - 1) / lots
    return pass
  }

  private func addWinograd(
    _ pass: WinogradPass, to site: inout LayerSite, _ way: Way, from x: Maps, to y: Maps,
    _ parameters: ConvolutionParameters, filterStride: Int, channelStride: Int, taps: [Int]
  ) {
    let kernels = site.kernels
    let packing = ConstantPacking(
      packing: WeightPacking(
        filterStride: filterStride, channelStride: channelStride,
        taps: site.constants(taps).base))
    let weights = site.allocateOverwritten(groups * pass.weightCount)
    let lots = (pass.filters + pass.filtersAtOnce - 1) / pass.filtersAtOnce
    site.prepare(tasks: groups * lots) { [weightsOfGroup] task in
      let (group, lot) = task.quotientAndRemainder(dividingBy: lots)
      let first = lot * pass.filtersAtOnce
      kernels.winogradWeights(
        pass, packing.packing, first..<min(pass.filters, first + pass.filtersAtOnce),
        parameters.weights + group * weightsOfGroup, weights + group * pass.weightCount)
    }
    let units = (pass.tiles + pass.tilesAtOnce - 1) / pass.tilesAtOnce
    // As the sum is cut, by what a part reads.
    let bytes = x.blockSize * MemoryLayout<Float>.stride
    let parts = min(units, max(site.parts(of: units), bytes / ConvolutionGeometry.cache))
    site.addOverwriting(way, tasks: site.blocks * parts, reach: .block, scratch: pass.scratch) {
      [groups] task, scratch in
      let (block, part) = task.quotientAndRemainder(dividingBy: parts)
      let first = units * part / parts * pass.tilesAtOnce
      let end = min(pass.tiles, units * (part + 1) / parts * pass.tilesAtOnce)
      for group in 0..<groups {
        kernels.winograd(
          pass, first..<end,
          x.values + (block * x.blockStride + group * pass.channels * x.mapStride),
          weights + group * pass.weightCount,
          parameters.bias + group * pass.filters * parameters.biasFilterStride,
          y.values + (block * y.blockStride + group * pass.filters * y.mapStride), scratch)
      }
    }
  }

  /// The Floats of the transformed weights of one way. In Double: geometries that are about to be refused
  /// may overflow an Int.
  var winogradWeights: Double {
    // Between two places lie 16 Floats, for each lot of filters.
    let lots = (max(groupChannels, groupFilters) - 1) / ConvolutionBlocking.winogradFilters + 1
    return 36 * Double(groups)
      * (Double(groupChannels) * Double(groupFilters) + Double(lots * laneCount))
  }

  /// The Floats in which one worker transforms and sums up, at most.
  var winogradScratch: Double {
    36 * Double(laneCount)
      * (6 * Double(max(groupChannels, groupFilters))
        + 6 * Double(ConvolutionBlocking.winogradFilters) + 2)
  }
}

/// A packing whose offsets live in the plan. Unchecked: they are never written.
private struct ConstantPacking: @unchecked Sendable {
  let packing: WeightPacking
}
