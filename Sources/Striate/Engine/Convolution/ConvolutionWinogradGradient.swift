import LaneKernels

/// The engine's side of the weight gradient by Winograd's algorithm.
extension ConvolutionGeometry {
  /// How the sum is cut into tasks: by filters and channels whose sums stay near, and where these are few, by
  /// rows of tiles. Parts of one sum are added up after the way back. Where every part lies in one block of images, it
  /// runs while the block is near.
  struct WinogradGradientParts {
    let filterLots: Int, channelLots: Int
    let rows: Int, parts: Int
  }

  func winogradGradientParts(blocks: Int) -> WinogradGradientParts {
    let pass = winogradGradientPass(x: nil, dy: nil)
    let filterLots = (groupFilters - 1) / pass.filtersAtOnce + 1
    let channelLots = (groupChannels - 1) / pass.channelsAtOnce + 1
    let (rows, tasks) = (blocks * pass.tileRows, groups * filterLots * channelLots)
    return WinogradGradientParts(
      filterLots: filterLots, channelLots: channelLots, rows: rows,
      parts: min(rows, (LayerSite.fewestTasks + tasks - 1) / tasks))
  }

  /// Channels or filters in equal lots of whole registers, as large as may be.
  private static func lot(of count: Int) -> Int {
    let lots = (count - 1) / ConvolutionBlocking.winogradGradientChannels + 1
    return min(count, ((count + lots - 1) / lots).padded)
  }

  /// Adds to the last step of the way back the gradient of the weights, from maps without a border.
  func addWinogradWeightGradient(
    to site: inout LayerSite, x: Maps, gradient: Floats, result dw: Floats
  ) {
    let kernels = site.kernels
    let dy = outputMaps(gradient)
    let pass = winogradGradientPass(x: x, dy: dy)
    let cut = winogradGradientParts(blocks: site.blocks)
    let (weights, lots) = (groups * weightsOfGroup, cut.filterLots * cut.channelLots)
    let sums = cut.parts > 1 ? site.allocateOverwritten(cut.parts * weights) : dw
    let byBlock = cut.parts % site.blocks == 0
    site.addOverwriting(
      .back, tasks: groups * lots * cut.parts, reach: byBlock ? .block : .parameters,
      scratch: pass.scratch
    ) { [self] task, scratch in
      let (part, place) = task.quotientAndRemainder(dividingBy: groups * lots)
      let (group, lot) = place.quotientAndRemainder(dividingBy: lots)
      let (f, c) = lot.quotientAndRemainder(dividingBy: cut.channelLots)
      let (firstFilter, firstChannel) = (f * pass.filtersAtOnce, c * pass.channelsAtOnce)
      kernels.winogradWeightGradient(
        pass, firstFilter..<min(groupFilters, firstFilter + pass.filtersAtOnce),
        firstChannel..<min(groupChannels, firstChannel + pass.channelsAtOnce),
        cut.rows * part / cut.parts..<cut.rows * (part + 1) / cut.parts,
        x.values + group * groupChannels * x.mapStride,
        dy.values + group * groupFilters * dy.mapStride, scratch,
        sums + (part * weights + group * weightsOfGroup))
    }
    if cut.parts > 1 { site.addSum(of: sums, parts: cut.parts, count: weights, to: dw) }
  }

  private func winogradGradientPass(x: Maps?, dy: Maps?) -> WinogradGradientPass {
    WinogradGradientPass(
      channels: groupChannels, channelStride: x?.mapStride ?? 0,
      filterStride: dy?.mapStride ?? 0, inputWidth: columns.input, inputHeight: rows.input,
      width: columns.output, height: rows.output, left: columns.before, top: rows.before,
      inputBlockStride: x?.blockStride ?? 0, gradientBlockStride: dy?.blockStride ?? 0,
      channelsAtOnce: ConvolutionGeometry.lot(of: groupChannels),
      filtersAtOnce: ConvolutionGeometry.lot(of: groupFilters),
      tilesAtOnce: ConvolutionBlocking.winogradGradientTiles, kernel: rows.kernel)
  }

  /// The Floats in which one worker transforms and sums up.
  var winogradGradientScratch: Int { winogradGradientPass(x: nil, dy: nil).scratch }

  /// The Floats of parts of sums.
  func winogradGradientMemory(blocks: Int) -> Double {
    let parts = winogradGradientParts(blocks: blocks).parts
    return parts > 1 ? Double(parts) * Double(groups) * Double(weightsOfGroup) : 0
  }
}

extension LayerSite {
  /// Adds up parts of a parameter's gradient after the way back, in their order.
  mutating func addSum(of terms: Floats, parts: Int, count: Int, to sum: Floats) {
    let tasks = min(LayerSite.fewestTasks, (count + 1023) / 1024)
    sums.append(
      Tasks(count: tasks) { task in
        for k in count * task / tasks..<count * (task + 1) / tasks {
          var value = terms.base[k]
          for part in 1..<parts { value += terms.base[part * count + k] }
          sum.base[k] = value
        }
      })
  }
}
