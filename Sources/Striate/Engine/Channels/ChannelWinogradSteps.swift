import LaneKernels

/// The engine's side of Winograd's algorithm where lanes hold channels.
///
/// Where there are lots of tiles enough, a task transforms a lot and runs all filters over it. Where there are not, all
/// lots are transformed first, and tasks then share the filters. Large weights, which are read anew for every lot, serve
/// the images of all blocks at a time.
struct ChannelWinograd: Sendable {
  let pass: ChannelWinogradPass
  /// Whether all images of the plan are one block.
  let isJoint: Bool
}

extension ConvolutionGeometry {
  /// The pass of a convolution for which the algorithm pays.
  func channelWinogradPass(_ site: ChannelSite) -> ChannelWinograd? {
    guard site.lanes.kernels.allowsWinograd, !site.inputs[0].isPlanar,
      let tiles = channelWinogradTiles(allImages: site.allImages)
    else { return nil }
    let isJoint = site.isJoint(weights: weightsOfGroup)
    let images = isJoint ? site.allImages : site.images
    let wanted = LayerSite.parts(
      of: LayerSite.fewestTasks, blocks: isJoint ? 1 : site.lanes.blocks)
    let all = tiles * images
    // Fewer tiles than fit, if that makes as many tasks as are wanted and weights are not read too often.
    let most = isJoint ? weightsOfGroup >= 1 << 20 ? 64 : 32 : channels <= 32 ? 16 : 28
    let fewer = (all + wanted - 1) / wanted
    let size = isJoint || fewer < 6 ? most : min(most, fewer)
    let lots = (all + size - 1) / size
    var pass = ChannelWinogradPass(
      channels: channels, channelStride: inputPixels * laneCount, filters: filters,
      filterStride: outputPixels * laneCount, images: images,
      inputStride: site.inputs[0].stride, outputStride: site.output.stride,
      inputWidth: columns.input, inputHeight: rows.input, width: columns.output,
      height: rows.output, left: columns.before, top: rows.before, limits: site.lanes.limits,
      tilesAtOnce: (all + lots - 1) / lots)
    pass.adds = site.lanes.adds
    return ChannelWinograd(pass: pass, isJoint: isJoint)
  }

  /// The tiles of an image, where the algorithm pays for so many images: with few tiles, transformed weights are four
  /// times as large as the weights and read for nothing.
  private func channelWinogradTiles(allImages: Int) -> Int? {
    guard groups == 1, slices == .flat, min(channels, filters) >= laneCount,
      [rows, columns].allSatisfy({
        $0.kernel == 3 && $0.stride == 1 && $0.dilation == 1 && $0.before < 3 && $0.after < 3
      })
    else { return nil }
    let tiles = ((rows.output + 3) / 4) * ((columns.output + 3) / 4)
    guard 2 * outputPixels >= 16 * tiles,
      weightsOfGroup <= ChannelSite.largeWeights || tiles * allImages >= 12
    else { return nil }
    return tiles
  }

  /// Floats of the transformed images and of what workers need, at most.
  func channelWinogradMemory(images: Int, workers: Int) -> Double {
    guard let tiles = channelWinogradTiles(allImages: images) else { return 0 }
    let row = Double(channels.padded + laneCount)
    return 36 * row * (Double(tiles) * Double(images) + 64)
      + Double(workers) * 36 * (64 * 8 * Double(laneCount) + 64 * row)
  }
}

extension ChannelSite {
  /// Appends the convolution.
  mutating func append(_ winograd: ChannelWinograd, bias: Floats) {
    let pass = winograd.pass
    let (kernels, width) = (lanes.kernels, lanes.kernels.vectorWidth)
    let height = kernels.channels.tileHeight
    let registers = pass.registers(of: width)
    let tiles = (registers + height - 1) / height
    let range = ChannelSite.parts(registers: registers, height: height)
    let weights = lanes.parameters[0].values
    let packed = lanes.allocateOverwritten(pass.weightCount(registerWidth: width))
    lanes.prepare(tasks: tiles) { tile in
      kernels.channels.winogradWeights(pass, range(tile, tiles), weights + 0, packed + 0)
    }
    let (input, output) = (lanes.inputs[0], lanes.output)
    let blocks = winograd.isJoint ? 1 : lanes.blocks
    let reach: Reach = winograd.isJoint ? .everything : .block
    let lots = pass.lots
    let scratch = pass.scratch(registerWidth: width)
    lanes.begin(.forward)
    if blocks * lots >= LayerSite.fewestTasks {
      lanes.addOverwriting(
        .forward, tasks: blocks * lots, reach: reach, scratch: pass.lotCount + scratch
      ) { task, memory in
        let (block, lot) = task.quotientAndRemainder(dividingBy: lots)
        let spare = memory + pass.lotCount
        kernels.channels.winogradInputs(
          pass, lot, 0..<pass.groups, input.values + block * input.blockStride, memory, spare)
        kernels.channels.winograd(
          pass, lot, 0..<registers, memory, packed + 0, bias + 0,
          output.values + block * output.blockStride, spare)
      }
      return
    }
    let transformed = lanes.allocateOverwritten(blocks * lots * pass.lotCount)
    let groups = pass.groups
    lanes.addOverwriting(
      .forward, tasks: blocks * lots * groups, reach: reach, scratch: scratch
    ) { task, memory in
      let (place, group) = task.quotientAndRemainder(dividingBy: groups)
      let (block, lot) = place.quotientAndRemainder(dividingBy: lots)
      kernels.channels.winogradInputs(
        pass, lot, group..<group + 1, input.values + block * input.blockStride,
        transformed + place * pass.lotCount, memory)
    }
    let parts = min(tiles, (LayerSite.fewestTasks + blocks * lots - 1) / (blocks * lots))
    lanes.begin(.forward)
    lanes.addOverwriting(
      .forward, tasks: blocks * lots * parts, reach: reach, scratch: scratch
    ) { task, memory in
      let (place, part) = task.quotientAndRemainder(dividingBy: parts)
      let (block, lot) = place.quotientAndRemainder(dividingBy: lots)
      kernels.channels.winograd(
        pass, lot, range(part, parts), transformed + place * pass.lotCount, packed + 0,
        bias + 0, output.values + block * output.blockStride, memory)
    }
  }
}
