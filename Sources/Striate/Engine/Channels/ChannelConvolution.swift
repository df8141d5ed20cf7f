import LaneKernels

/// The engine's side of convolutions and dense layers where lanes hold channels: the sum itself.
///
/// A block is cut into lots: some whole images, or a band of rows of one. What a lot reads stays near while all filters
/// pass over it. Where images have a border, or outputs read pixels a stride apart, a task first copies its lot into
/// memory of its worker: with the border, and with the columns that neighbouring outputs read side by side.
struct ChannelConvolution: @unchecked Sendable {
  /// Its offsets live in the plan and are never written.
  let pass: ChannelPass
  let packing: WeightPacking
  let lots: Lots
  let source: Source
  /// Whether all images of the plan are one block.
  let isJoint: Bool
  /// Groups that the sum runs over one by one; `pass` is that of one of them.
  var groups = 1
  /// Groups of the layer that are one of these: weights between them are zeros.
  var merged = 1

  /// How the images of a block are cut.
  struct Lots {
    /// Images of a lot; 1 where it is a band of rows.
    let images: Int
    /// Bands of an image, and output rows of a band at most.
    let bands: Int, rows: Int

    /// Lots of so many images.
    func count(of all: Int) -> Int {
      images > 1 ? (all + images - 1) / images : all * bands
    }
  }
}

extension ChannelConvolution.Lots {
  /// - Parameters:
  ///   - all: The images of a block.
  ///   - height: The rows of the output.
  ///   - row: Floats that a row of outputs reads anew.
  ///   - weights: Floats that are read for every lot.
  ///   - tiles: What filters can be cut into.
  ///   - wanted: The tasks of a block.
  init(all: Int, height: Int, row: Int, weights: Int, tiles: Int, wanted: Int) {
    let near = max(ChannelConvolution.near, weights / 4)
    let fitting = near / max(1, height * row)
    if all > 1, fitting > 1 {
      images = max(1, min(all, fitting, all * tiles / wanted))
      (bands, rows) = (1, height)
      return
    }
    images = 1
    let fewest = (wanted + all * tiles - 1) / (all * tiles)
    let rowsOfBand = max(1, near / max(1, row))
    bands = min(height, max(fewest, (height + rowsOfBand - 1) / rowsOfBand))
    rows = (height + bands - 1) / bands
  }
}

extension ChannelConvolution {
  /// Floats of input that are near while all filters pass over them.
  static let near = 48 * 1024

  /// Floats of the weights of a tile that stay near while pixels pass by: with fewer, sums are loaded and stored more
  /// often.
  private static let weights = 26 * 1024

  /// The channels, some groups of 16, whose weights stay: about equal parts of all.
  static func channels(of all: Int, taps: Int, _ kernels: KernelTable) -> Int {
    let group = laneCount * taps * kernels.channels.tileHeight * kernels.vectorWidth
    let most = max(1, weights / group)
    let groups = (all + laneCount - 1) / laneCount
    let parts = (groups + most - 1) / most
    return (groups + parts - 1) / parts * laneCount
  }
}

extension ChannelConvolution {
  /// Where a group's first channel lies: groups begin with 16 channels, or lie within them.
  func inputPlace(of group: Int) -> Int {
    let (map, lane) = (group * pass.channels).quotientAndRemainder(dividingBy: laneCount)
    return map * pass.channelStride + lane
  }

  /// Where a group's first filter lies.
  func outputPlace(of group: Int) -> Int {
    let (map, lane) = (group * pass.filters).quotientAndRemainder(dividingBy: laneCount)
    return map * pass.filterStride + lane
  }

  /// Writes the layer's weights of a group of the sum as those of one dense convolution; zeros stand already where two of
  /// the layer's groups have nothing in common.
  func merge(_ weights: Floats, of group: Int, into dense: UnsafeMutablePointer<Float>) {
    let row = pass.channels / merged * pass.tapCount
    let filtersOfOne = pass.filters / merged
    for filter in 0..<pass.filters {
      (dense + (filter * merged + filter / filtersOfOne) * row).update(
        from: weights.base + (group * pass.filters + filter) * row, count: row)
    }
  }
}

extension ChannelSite {
  /// Appends the step that computes a convolution, cut into lots and parts of the filters.
  mutating func append(_ sum: ChannelConvolution, weights: Floats, bias: Floats) {
    let kernels = lanes.kernels
    let (pass, source, width) = (sum.pass, sum.source, kernels.vectorWidth)
    let registers = pass.registers(of: width)
    let height = pass.registersAtOnce
    let tiles = (registers + height - 1) / height
    let packedGroup = pass.weightCount(registerWidth: width)
    let packed = lanes.allocateOverwritten(sum.groups * packedGroup)
    let range = ChannelSite.parts(registers: registers, height: height)
    if sum.groups == 1, sum.merged == 1 {
      lanes.prepare(tasks: tiles) { tile in
        kernels.channels.packWeights(
          sum.pass, sum.packing, range(tile, tiles), weights + 0, packed + 0)
      }
    } else {
      let size = pass.filters * pass.channels * pass.tapCount
      let dense = sum.merged > 1 ? lanes.allocate(sum.groups * size) : nil
      lanes.prepare(tasks: sum.groups) { group in
        if let dense { sum.merge(weights, of: group, into: dense.base + group * size) }
        kernels.channels.packWeights(
          sum.pass, sum.packing, 0..<registers, (dense ?? weights) + group * size,
          packed + group * packedGroup)
      }
    }
    let (x, y) = (lanes.inputs[0], lanes.output)
    let (blocks, images) = sum.isJoint ? (1, allImages) : (lanes.blocks, images)
    let (lots, rows) = (sum.lots, output.rows)
    let columns = output.pixels / rows
    let count = lots.count(of: images)
    let wanted = LayerSite.parts(of: LayerSite.fewestTasks, blocks: blocks)
    let parts = min(tiles, (wanted + count - 1) / count)
    lanes.begin(.forward)
    lanes.addOverwriting(
      .forward, tasks: blocks * count * parts, reach: sum.isJoint ? .everything : .block,
      scratch: source.geometry == nil ? 0 : lots.images * source.copiedStride
    ) { task, memory in
      let (block, rest) = task.quotientAndRemainder(dividingBy: count * parts)
      let (lot, part) = rest.quotientAndRemainder(dividingBy: parts)
      let image = lots.images > 1 ? lot * lots.images : lot / lots.bands
      let band = lots.images > 1 ? 0 : lot % lots.bands
      let some = min(lots.images, images - image)
      let bandRows = rows * band / lots.bands..<rows * (band + 1) / lots.bands
      let first = x.values + (block * x.blockStride + image * source.stride)
      let input: UnsafePointer<Float>
      if let geometry = source.geometry {
        geometry.copy(some, first, source, outputRows: bandRows, to: memory, kernels)
        input = UnsafePointer(memory)
      } else {
        input = UnsafePointer(first + bandRows.lowerBound * sum.pass.inputRowStep)
      }
      let output =
        y.values
        + (block * y.blockStride + image * sum.pass.outputStride
          + bandRows.lowerBound * sum.pass.outputRowStep)
      for group in 0..<sum.groups {
        kernels.channels.convolve(
          sum.pass, range(part, parts), 0..<some * bandRows.count * columns,
          input + sum.inputPlace(of: group), packed + group * packedGroup,
          bias + group * sum.pass.filters, output + sum.outputPlace(of: group))
      }
    }
  }

  /// What cuts the tiles of some registers into parts: the registers of a part of so many.
  static func parts(
    registers: Int, height: Int
  ) -> @Sendable (_ part: Int, _ parts: Int) -> Range<Int> {
    let tiles = (registers + height - 1) / height
    return { part, parts in
      let end = tiles * (part + 1) / parts * height
      return tiles * part / parts * height..<min(registers, end)
    }
  }

  /// Weights that do not stay near, in Floats.
  static let largeWeights = 1 << 18

  /// Whether a layer of so many weights computes all images of the plan together, so that it reads them once.
  func isJoint(weights: Int) -> Bool { weights > ChannelSite.largeWeights && lanes.blocks > 1 }

  /// Biases for whole registers: the layer's, or zeros.
  mutating func biases(_ index: Int, count: Int) -> Floats {
    lanes.parameters.count > index
      ? lanes.parameters[index].values : lanes.allocate(count.padded)
  }
}

extension ConvolutionGeometry {
  /// Whether the convolution can compute where lanes hold channels.
  func runsOnChannels(bias: Conv2D.Bias, mode: PaddingMode, isPlanar: Bool) -> Bool {
    slices == .flat && bias != .untied && (mode == .zeros || !hasBorder)
      && (groups == 1 || !isPlanar && (hasFilterForEachChannel || mergedGroups != nil))
  }

  /// Whether every channel has one filter of its own.
  private var hasFilterForEachChannel: Bool { isDepthwise && channels == filters }

  /// How many groups are computed as one, so that its filters are whole lots of 16 and its channels such lots or within
  /// one; nil where that takes more than 4, each with zeros for the others, or never comes.
  private var mergedGroups: Int? {
    (1...4).first { merged in
      let channels = groupChannels * merged
      return groups % merged == 0 && groupFilters * merged % laneCount == 0
        && (channels % laneCount == 0 || laneCount % channels == 0)
    }
  }

  /// Compiles a convolution of the site's input.
  func compile(into site: inout ChannelSite) {
    let bias = site.biases(1, count: filters)
    if hasFilterForEachChannel { return appendEach(to: &site, bias: bias) }
    if groups == 1, let pass = channelWinogradPass(site) {
      return site.append(pass, bias: bias)
    }
    let (shape, kernels) = (site.inputs[0], site.lanes.kernels)
    let merged = groups == 1 ? 1 : mergedGroups ?? 1
    let (sumChannels, sumFilters) = (groupChannels * merged, groupFilters * merged)
    let weights = filters * sumChannels * kernelSize
    let pixel = shape.isPlanar ? 1 : laneCount
    let maps = shape.isPlanar ? channels : shape.groups
    let height = kernels.channels.tileHeight
    let registers = (sumFilters + kernels.vectorWidth - 1) / kernels.vectorWidth
    let isJoint = site.isJoint(weights: weights)
    let splits = splitsColumns(shape)
    let row = splits ? rows.phasesRead * columns.columnsSplit : rows.stride * columns.bordered
    let lots = ChannelConvolution.Lots(
      all: isJoint ? site.allImages : site.images, height: rows.output,
      row: row * maps * pixel, weights: weights,
      tiles: (registers + height - 1) / height,
      wanted: LayerSite.parts(
        of: LayerSite.fewestTasks, blocks: isJoint ? 1 : site.lanes.blocks))
    let source = source(
      shape, lots: lots, blockStride: site.lanes.inputs[0].blockStride, splits: splits)
    let copies = source.geometry != nil
    let mapStride =
      copies
      ? source.copiedRows * source.copiedRowStride : rows.input * columns.input * pixel
    let rowStride = copies ? source.copiedRowStride : source.rowStride
    let offsets = taps { _, u, v in
      u * rows.dilation * rowStride + source.place(ofColumn: v * columns.dilation) * pixel
    }
    // Pixels that lie one by one: every one of a channel is a tap.
    let isPlanar = shape.isPlanar
    let taps =
      isPlanar ? (0..<channels).flatMap { c in offsets.map { c * mapStride + $0 } } : offsets
    let isOneRow =
      !isPlanar
      && (rowsFollow
        || source.phases == 1 && source.splits && source.copiedRows == lots.rows
          && source.copiedColumns == columns.output)
    var pass = ChannelPass(
      channels: isPlanar ? 1 : sumChannels, channelStride: mapStride,
      taps: site.lanes.constants(taps).base, tapCount: taps.count, filters: sumFilters,
      filterStride: site.output.pixels * laneCount,
      width: isOneRow ? lots.rows * columns.output : columns.output,
      height: isOneRow ? 1 : lots.rows,
      inputStride: copies ? source.copiedStride : shape.stride,
      inputRowStep: (copies ? source.rowStep : rows.stride) * rowStride,
      inputColumnStep: splits ? pixel : columns.stride * pixel,
      outputStride: site.output.stride, outputRowStep: columns.output * laneCount,
      outputColumnStep: laneCount, limits: site.lanes.limits, registersAtOnce: height,
      channelsAtOnce: ChannelConvolution.channels(
        of: isPlanar ? 1 : sumChannels, taps: taps.count, kernels))
    pass.adds = site.lanes.adds
    let packing = WeightPacking(
      filterStride: sumChannels * kernelSize, channelStride: isPlanar ? 0 : kernelSize,
      taps: site.lanes.constants(Array(0..<taps.count)).base)
    site.append(
      ChannelConvolution(
        pass: pass, packing: packing, lots: lots, source: source, isJoint: isJoint,
        groups: groups / merged, merged: merged),
      weights: site.lanes.parameters[0].values, bias: bias)
  }

  /// Whether what an output row reads begins where what the row before it reads ends, as do the outputs.
  private var rowsFollow: Bool {
    !hasBorder && rows.stride == 1 && columns.stride == 1 && columns.input == columns.output
  }

  /// The Floats that the convolution allocates at most: packed weights, what Winograd's algorithm transforms, and
  /// copies of lots.
  func channelMemory(of input: ChannelShape, images: Int, workers: Int) -> Double {
    let merged = mergedGroups ?? 1
    let packed =
      Double(filters.padded) * Double(groupChannels * merged) * Double(kernelSize)
    // Merged groups are put together before they are packed.
    let weights = merged == 1 ? packed : 2 * packed
    guard !hasFilterForEachChannel else {
      return weights + (hasBorder ? Double(workers * laneCount) * Double(borderedPixels) : 0)
    }
    let splits = splitsColumns(input)
    let image =
      Double(input.isPlanar ? channels : input.groups * laneCount) * Double(rows.bordered)
      * Double(splits ? columns.columnsSplit : columns.bordered)
    // A lot has the rows that its outputs read anew, and those of the kernel's reach besides.
    let lot = max(Double(ChannelConvolution.near), weights / 4)
    let rowsBesides = 1 + Double(rows.reach) / Double(rows.output * rows.stride)
    let copies = hasBorder || splits ? Double(workers) * (image + lot * rowsBesides) : 0
    guard kernelSize == 9, groups == 1 else { return copies + weights }
    return copies + 4 * weights + channelWinogradMemory(images: images, workers: workers)
  }
}

extension Conv2D: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    geometry(image: inputs[0].shape, output: output)
      .runsOnChannels(bias: bias, mode: paddingMode, isPlanar: inputs[0].isPlanar)
      ? ChannelShape(output) : nil
  }

  func compile(into site: inout ChannelSite) {
    geometry(image: site.inputs[0].shape, output: site.output.shape).compile(into: &site)
  }

  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
  {
    geometry(image: input.shape, output: output.shape)
      .channelMemory(of: input, images: images, workers: workers)
  }
}
