import LaneKernels

/// The engine's side of a convolution, for images [C, H, W].
///
/// Forwards: the image with its zero border, one pass over kernel taps. Back to the image: the outputs'
/// gradient with a border of zeros, one pass for each phase of the stride, over the taps that fall on
/// that phase. Back to the weights: sums over all pixels of all blocks.
extension Conv2D {
  public func compile(into site: inout LayerSite) {
    compile(into: &site, image: site.inputs[0].shape, output: site.output.shape)
  }

  func compile(into site: inout LayerSite, image: [Int], output: [Int]) {
    let geometry = ConvolutionGeometry(layer: self, image: image, output: output)
    let x = geometry.appendBorder(to: &site)
    geometry.appendForward(to: &site, x: x)
    guard site.isTraining else { return }
    geometry.appendInputGradient(to: &site)
    geometry.appendWeightGradient(to: &site, x: x)
    geometry.appendBiasGradient(to: &site)
  }
}

/// A layer that copies its input into a larger one with zeros around it.
protocol NeedsBorder: Layer {
  /// The elements of all such copies for one image, at most.
  func borderElements(image: [Int], output: [Int], isTraining: Bool) -> Double
}

extension Conv2D: NeedsBorder {
  func borderElements(image: [Int], output: [Int], isTraining: Bool) -> Double {
    let p = window.padding
    let forward =
      p == 0
      ? 0
      : Double(image[0]) * Double(image[1] + p.top + p.bottom)
        * Double(image[2] + p.left + p.right)
    guard isTraining else { return forward }
    // What a pixel of the image reads lies at most one reach of the kernel before or after an output.
    let rows = output[1] + 2 * ((window.reach.height - 1) / window.stride.height)
    let columns = output[2] + 2 * ((window.reach.width - 1) / window.stride.width)
    return forward + Double(output[0]) * Double(rows) * Double(columns)
  }
}

extension Conv1D: NeedsBorder {
  func borderElements(image: [Int], output: [Int], isTraining: Bool) -> Double {
    asConv2D.borderElements(
      image: [image[0], 1, image[1]], output: [output[0], 1, output[1]], isTraining: isTraining)
  }
}

/// Rows of lanes in memory: a plane of an image with its border.
private struct Plane {
  var values: Floats
  var blockStride: Int
  var planeStride: Int
  var rowStride: Int
}

private struct ConvolutionGeometry: Sendable {
  let channels: Int, height: Int, width: Int
  let filters: Int, outputHeight: Int, outputWidth: Int
  let window: Window, groups: Int, bias: Conv2D.Bias

  init(layer: Conv2D, image: [Int], output: [Int]) {
    (channels, height, width) = (image[0], image[1], image[2])
    (filters, outputHeight, outputWidth) = (output[0], output[1], output[2])
    (window, groups, bias) = (layer.window, layer.groups, layer.bias)
  }

  var groupChannels: Int { channels / groups }
  var groupFilters: Int { filters / groups }
  var kernelSize: Int { window.kernel.height * window.kernel.width }
  var outputPixels: Int { outputHeight * outputWidth }
  var weightsOfGroup: Int { groupFilters * groupChannels * kernelSize }

  /// The image with its zero border: a copy, or the image itself where there is no border.
  func appendBorder(to site: inout LayerSite) -> Plane {
    let input = site.inputs[0]
    let p = window.padding
    if (p.top, p.left, p.bottom, p.right) == (0, 0, 0, 0) {
      return Plane(
        values: input.values, blockStride: input.blockStride,
        planeStride: height * width * laneCount, rowStride: width * laneCount)
    }
    let rowStride = (width + p.left + p.right) * laneCount
    let planeStride = (height + p.top + p.bottom) * rowStride
    let padded = site.allocate(site.blocks * channels * planeStride)
    let corner = p.top * rowStride + p.left * laneCount
    let (kernels, channels, height, line) = (site.kernels, channels, height, width * laneCount)
    site.forEachPart(of: channels) { block, range in
      for plane in range.map({ block * channels + $0 }) {
        kernels.copyRows(
          height, line, input.values + plane * height * line, line,
          padded + (plane * planeStride + corner), rowStride)
      }
    }
    return Plane(
      values: padded, blockStride: channels * planeStride, planeStride: planeStride,
      rowStride: rowStride)
  }

  func appendForward(to site: inout LayerSite, x: Plane) {
    let (kernels, output, blocks) = (site.kernels, site.output, site.blocks)
    let taps = site.constants(
      kernelTaps { u, v in
        u * window.dilation.height * x.rowStride + v * window.dilation.width * laneCount
      })
    let identity = site.constants(Array(0..<kernelSize))
    let zero = site.allocate(1)
    let pass = ConvolutionPass(
      channels: groupChannels, channelStride: x.planeStride, taps: taps.base,
      tapCount: kernelSize, filters: groupFilters, filterStride: outputPixels * laneCount,
      width: outputWidth, height: outputHeight,
      inputRowStep: window.stride.height * x.rowStride,
      inputColumnStep: window.stride.width * laneCount, outputRowStep: outputWidth * laneCount,
      outputColumnStep: laneCount,
      biasFilterStride: bias == .none ? 0 : bias == .shared ? 1 : outputPixels,
      biasPixelStride: bias == .untied ? 1 : 0, floor: site.floor)
    let packing = WeightPacking(
      filterStride: groupChannels * kernelSize, channelStride: kernelSize, taps: identity.base)
    let packed = site.allocateOverwritten(groups * weightsOfGroup)
    let weights = site.parameters[0].values
    let biases = bias == .none ? zero : site.parameters[1].values
    let shape = ConstantPass(pass: pass, packing: packing)
    site.prepare(tasks: groups) { [weightsOfGroup] group in
      kernels.packWeights(
        shape.pass, shape.packing, weights + group * weightsOfGroup,
        packed + group * weightsOfGroup)
    }
    // A band of rows whose inputs stay in the second-level cache while all filters pass over it.
    let bands = max(
      site.parts(of: outputHeight),
      min(outputHeight, x.blockStride * MemoryLayout<Float>.stride / ConvolutionGeometry.cache))
    site.forward(tasks: blocks * bands) { [self] task in
      let (block, band) = task.quotientAndRemainder(dividingBy: bands)
      let rows = outputHeight * band / bands..<outputHeight * (band + 1) / bands
      for group in 0..<groups {
        kernels.convolve(
          shape.pass, rows,
          x.values + (block * x.blockStride + group * groupChannels * x.planeStride),
          packed + group * weightsOfGroup,
          biases + group * groupFilters * shape.pass.biasFilterStride,
          output.values
            + (block * output.blockStride + group * groupFilters * outputPixels * laneCount))
      }
    }
  }

  /// Bytes of input that a band of rows may have.
  static let cache = 512 * 1024

  private func kernelTaps(_ offset: (_ u: Int, _ v: Int) -> Int) -> [Int] {
    (0..<window.kernel.height).flatMap { u in (0..<window.kernel.width).map { offset(u, $0) } }
  }

  private var rowPhases: [StridePhase] {
    StridePhase.all(
      size: height, padding: window.padding.top, stride: window.stride.height,
      dilation: window.dilation.height, kernel: window.kernel.height)
  }

  private var columnPhases: [StridePhase] {
    StridePhase.all(
      size: width, padding: window.padding.left, stride: window.stride.width,
      dilation: window.dilation.width, kernel: window.kernel.width)
  }

  /// The output pixels that any phase reads, together with the map itself.
  private func reach(_ phases: [StridePhase], size: Int) -> ClosedRange<Int> {
    phases.compactMap(\.reach).reduce(0...size - 1) {
      min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
    }
  }

  /// One step whose tasks are bands of input rows. A band reads its rows of the outputs' gradient, with
  /// zeros around them: a copy that the task makes first, so that what the kernel jumps about in is
  /// small and near.
  func appendInputGradient(to site: inout LayerSite) {
    site.backward(tasks: 0) { _ in }
    guard let dx = site.inputs[0].gradient, let dy = site.output.gradient else { return }
    let columns = reach(columnPhases, size: outputWidth)
    let hasBorder =
      columns.count != outputWidth || reach(rowPhases, size: outputHeight).count != outputHeight
    for row in rowPhases {
      for column in columnPhases {
        let bands = max(
          site.parts(of: row.count),
          min(
            row.count,
            site.output.blockStride * MemoryLayout<Float>.stride / ConvolutionGeometry.cache))
        let band = GradientBand(
          row: row, column: column, firstColumn: columns.lowerBound,
          height: hasBorder ? (row.count + bands - 1) / bands + row.span : outputHeight,
          width: columns.count, bands: bands)
        appendBands(band, from: dy, to: dx, copies: hasBorder, site: &site)
      }
    }
  }

  private func appendBands(
    _ band: GradientBand, from dy: Floats, to dx: Floats, copies: Bool, site: inout LayerSite
  ) {
    let kernels = site.kernels
    let shape = inputGradientPass(band, site: &site)
    let packed = site.allocateOverwritten(groups * shape.pass.weightCount)
    let weights = site.parameters[0].values
    site.prepare(tasks: groups) { [weightsOfGroup] group in
      kernels.packWeights(
        shape.pass, shape.packing, weights + group * weightsOfGroup,
        packed + group * shape.pass.weightCount)
    }
    let zero = site.allocate(1)
    let (inputStride, outputStride) = (site.inputs[0].blockStride, site.output.blockStride)
    site.alsoBackward(
      tasks: site.blocks * band.bands, scratch: copies ? filters * band.planeStride : 0
    ) { [self] task, scratch in
      let (block, part) = task.quotientAndRemainder(dividingBy: band.bands)
      let rows = band.rows(part)
      let first = band.row.origin + rows.lowerBound + band.row.firstOffset
      let map = dy + block * outputStride
      if copies { copyRows(first, of: map, band: band, to: scratch, kernels: kernels) }
      let source = copies ? scratch : map + first * outputWidth * laneCount
      let corner = (band.column.origin - band.firstColumn) * laneCount
      let target =
        dx
        + (block * inputStride + (band.row.first * width + band.column.first) * laneCount
          + rows.lowerBound * shape.pass.outputRowStep)
      for group in 0..<groups {
        kernels.convolve(
          shape.pass, 0..<rows.count,
          source + (group * groupFilters * band.planeStride + corner),
          packed + group * shape.pass.weightCount, zero + 0,
          target + group * groupChannels * height * width * laneCount)
      }
    }
  }

  /// The pass of one phase of the stride: a sum over filters and over the taps of the phase.
  private func inputGradientPass(_ band: GradientBand, site: inout LayerSite) -> ConstantPass {
    var (offsets, places) = ([Int](), [Int]())
    for (u, i) in band.row.taps {
      for (v, j) in band.column.taps {
        offsets.append((i - band.row.firstOffset) * band.rowStride + j * laneCount)
        places.append(u * window.kernel.width + v)
      }
    }
    let pass = ConvolutionPass(
      channels: groupFilters, channelStride: band.planeStride,
      taps: site.constants(offsets).base, tapCount: offsets.count, filters: groupChannels,
      filterStride: height * width * laneCount, width: band.column.count,
      height: band.row.count, inputRowStep: band.rowStride, inputColumnStep: laneCount,
      outputRowStep: window.stride.height * width * laneCount,
      outputColumnStep: window.stride.width * laneCount, biasFilterStride: 0, biasPixelStride: 0,
      floor: -.infinity)
    let packing = WeightPacking(
      filterStride: kernelSize, channelStride: groupChannels * kernelSize,
      taps: site.constants(places).base)
    return ConstantPass(pass: pass, packing: packing)
  }

  /// Copies the rows of all maps from `first` on into a band; rows outside the map become zeros.
  private func copyRows(
    _ first: Int, of map: UnsafeMutablePointer<Float>, band: GradientBand,
    to scratch: UnsafeMutablePointer<Float>, kernels: KernelTable
  ) {
    let line = outputWidth * laneCount
    let inside = max(0, first)..<max(max(0, first), min(outputHeight, first + band.height))
    for filter in 0..<filters {
      let plane = scratch + (filter * band.planeStride - band.firstColumn * laneCount)
      for row in 0..<band.height where !inside.contains(first + row) {
        (plane + row * band.rowStride).update(repeating: 0, count: line)
      }
      if inside.isEmpty { continue }
      kernels.copyRows(
        inside.count, line, map + (filter * outputHeight + inside.lowerBound) * line, line,
        plane + (inside.lowerBound - first) * band.rowStride, band.rowStride)
    }
  }

  func appendWeightGradient(to site: inout LayerSite, x: Plane) {
    guard let dy = site.output.gradient, let dw = site.parameters[0].gradient else { return }
    let kernels = site.kernels
    let pixels = kernelTaps { u, v in
      u * window.dilation.height * x.rowStride + v * window.dilation.width * laneCount
    }
    let taps = site.constants(
      (0..<groupChannels).flatMap { c in pixels.map { c * x.planeStride + $0 } })
    let tapCount = groupChannels * kernelSize
    let pass = WeightGradientPass(
      taps: taps.base, tapCount: tapCount, filters: groupFilters,
      filterStride: outputPixels * laneCount, width: outputWidth, height: outputHeight,
      inputRowStep: window.stride.height * x.rowStride,
      inputColumnStep: window.stride.width * laneCount, blocks: site.blocks,
      inputBlockStride: x.blockStride, gradientBlockStride: site.output.blockStride)
    let shape = ConstantGradientPass(pass: pass)
    let tiles = (groupFilters + 3) / 4
    let tapParts = min(
      (tapCount + 5) / 6, max(1, LayerSite.fewestTasks / (groups * tiles)))
    site.alsoBackward(tasks: groups * tiles * tapParts) { [self] task in
      let (place, part) = task.quotientAndRemainder(dividingBy: tapParts)
      let (group, tile) = place.quotientAndRemainder(dividingBy: tiles)
      kernels.weightGradient(
        shape.pass, tile * 4..<min(groupFilters, tile * 4 + 4),
        tapCount * part / tapParts..<tapCount * (part + 1) / tapParts,
        x.values + group * groupChannels * x.planeStride,
        dy + group * groupFilters * outputPixels * laneCount, dw + group * weightsOfGroup)
    }
  }

  func appendBiasGradient(to site: inout LayerSite) {
    guard bias != .none, let dy = site.output.gradient,
      let db = site.parameters[1].gradient
    else { return }
    site.appendBiasGradient(
      dy: dy, to: db, count: bias == .shared ? filters : filters * outputPixels,
      pixels: bias == .shared ? outputPixels : 1)
  }
}

/// A pass whose offsets live in the plan. Unchecked: they are never written.
private struct ConstantPass: @unchecked Sendable {
  let pass: ConvolutionPass
  let packing: WeightPacking
}

/// A pass whose offsets live in the plan. Unchecked: they are never written.
private struct ConstantGradientPass: @unchecked Sendable {
  let pass: WeightGradientPass
}

extension LayerSite {
  /// Adds the gradient of a bias to the last step: for each of `count` elements the sum over blocks,
  /// over `pixels` places and over images.
  mutating func appendBiasGradient(dy: Floats, to db: Floats, count: Int, pixels: Int) {
    let (kernels, blocks, blockStride) = (kernels, blocks, output.blockStride)
    let parts = min(count, LayerSite.fewestTasks)
    alsoBackward(tasks: parts) { part in
      let range = count * part / parts..<count * (part + 1) / parts
      kernels.sumLanes(
        range.count, pixels, blocks, blockStride, dy + range.lowerBound * pixels * laneCount,
        db + range.lowerBound)
    }
  }
}
