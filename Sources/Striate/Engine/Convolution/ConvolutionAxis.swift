import LaneKernels

/// One axis of a convolution, in pixels.
struct ConvolutionAxis: Sendable, Equatable {
  /// The image and the output.
  var input: Int, output: Int
  var kernel: Int, stride: Int, dilation: Int
  /// The border before and after the image.
  var before: Int, after: Int

  /// An axis that is not there.
  static let flat = ConvolutionAxis(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0)

  /// The image with its border.
  var bordered: Int { before + input + after }

  var hasBorder: Bool { before > 0 || after > 0 }

  /// The pixels from the kernel's first to its last, inclusive.
  var reach: Int { dilation * (kernel - 1) + 1 }

  /// The same axis where the border is part of the image.
  var withoutBorder: ConvolutionAxis {
    var axis = self
    (axis.input, axis.before, axis.after) = (bordered, 0, 0)
    return axis
  }

  /// What each pixel of the image reads of the output's gradient.
  var phases: [StridePhase] {
    StridePhase.all(
      size: input, padding: before, stride: stride, dilation: dilation, kernel: kernel)
  }

  /// For each pixel of the image, whether an element of the kernel ever reaches it, inside the output or not.
  var reached: [Bool] {
    var reached = [Bool](repeating: false, count: input)
    for phase in phases where !phase.taps.isEmpty {
      for pixel in Swift.stride(from: phase.first, to: input, by: stride) { reached[pixel] = true }
    }
    return reached
  }

  /// The output pixels that any of these phases reads, together with the map itself.
  func reach(of phases: [StridePhase]) -> ClosedRange<Int> {
    phases.compactMap(\.reach).reduce(0...output - 1) {
      min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
    }
  }
}

/// Where the maps of a batch lie: [block][channel][slice][row][column] of lanes.
struct Maps: Sendable {
  var values: Floats
  /// The Floats from one block, map, slice and row to the next.
  var blockStride: Int, mapStride: Int, sliceStride: Int, rowStride: Int

  /// The maps of a block.
  let count: Int

  /// Maps of so many pixels, and `gap` pixels between one and the next.
  init(values: Floats, maps: Int, slices: Int, rows: Int, columns: Int, gap: Int = 0) {
    self.values = values
    rowStride = columns * laneCount
    sliceStride = rows * rowStride
    mapStride = slices * sliceStride + gap * laneCount
    count = maps
    blockStride = LaneKernels.blockStride(elements: maps * (slices * rows * columns + gap))
  }
}

extension Maps {
  /// The Floats of a block.
  var blockSize: Int { count * mapStride }

  /// Where a map lies, counted through all blocks.
  func place(of map: Int) -> Int {
    let (block, rest) = map.quotientAndRemainder(dividingBy: count)
    return block * blockStride + rest * mapStride
  }
}

/// The geometry of a convolution from maps with three axes to maps with three axes. A convolution over
/// images has a flat first axis, one over sequences two of them.
struct ConvolutionGeometry: Sendable {
  let channels: Int, filters: Int, groups: Int
  var slices: ConvolutionAxis, rows: ConvolutionAxis, columns: ConvolutionAxis

  var groupChannels: Int { channels / groups }
  var groupFilters: Int { filters / groups }
  var kernelSize: Int { slices.kernel * rows.kernel * columns.kernel }
  var sliceOutputs: Int { rows.output * columns.output }
  var outputPixels: Int { slices.output * sliceOutputs }
  var inputPixels: Int { slices.input * rows.input * columns.input }
  var weightsOfGroup: Int { groupFilters * groupChannels * kernelSize }
  var hasBorder: Bool { slices.hasBorder || rows.hasBorder || columns.hasBorder }

  /// The pixels of a map with its border.
  var borderedPixels: Int { slices.bordered * rows.bordered * columns.bordered }

  /// The same where the border is part of the image.
  var withoutBorder: ConvolutionGeometry {
    var geometry = self
    geometry.slices = slices.withoutBorder
    geometry.rows = rows.withoutBorder
    geometry.columns = columns.withoutBorder
    return geometry
  }

  /// The image's maps without a border.
  func imageMaps(_ values: Floats) -> Maps {
    Maps(
      values: values, maps: channels, slices: slices.input, rows: rows.input,
      columns: columns.input)
  }

  /// The output's maps.
  func outputMaps(_ values: Floats) -> Maps {
    Maps(
      values: values, maps: filters, slices: slices.output, rows: rows.output,
      columns: columns.output)
  }

  /// The image's maps with their border.
  func borderedMaps(_ values: Floats) -> Maps { withoutBorder.imageMaps(values) }

  /// For every element of a kernel, in the order of the weights, what it is to be replaced by.
  func taps(_ offset: (_ slice: Int, _ row: Int, _ column: Int) -> Int) -> [Int] {
    (0..<slices.kernel).flatMap { t in
      (0..<rows.kernel).flatMap { u in (0..<columns.kernel).map { v in offset(t, u, v) } }
    }
  }

  /// The kernel's offsets in the image.
  func taps(in x: Maps) -> [Int] {
    taps { t, u, v in
      t * slices.dilation * x.sliceStride + u * rows.dilation * x.rowStride
        + v * columns.dilation * laneCount
    }
  }

  /// Bytes of input that a band of rows may have, so that they stay in the second-level cache while all
  /// filters pass over them.
  static let cache = 512 * 1024

  /// The bands that `rows` rows of each of `slices` slices are cut into, where a block of what they read
  /// takes `blockSize` Floats.
  static func bands(rows: Int, slices: Int, blocks: Int, blockSize: Int) -> Int {
    let wanted = max(
      LayerSite.parts(of: rows * slices, blocks: blocks),
      blockSize * MemoryLayout<Float>.stride / cache)
    return min(rows, (wanted + slices - 1) / slices)
  }
}

/// A pass whose offsets live in the plan. Unchecked: they are never written.
struct ConstantPass: @unchecked Sendable {
  let pass: ConvolutionPass
  let packing: WeightPacking
}

/// A pass whose offsets live in the plan. Unchecked: they are never written.
struct ConstantGradientPass: @unchecked Sendable {
  let pass: WeightGradientPass
}
