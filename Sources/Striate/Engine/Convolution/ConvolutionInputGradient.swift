import LaneKernels

/// How one phase of the strides is cut into bands of rows of the image, and the memory that holds what a
/// band reads of the output's gradient: [filter][slice][row][column].
struct GradientBand: Sendable {
  let slice: StridePhase, row: StridePhase, column: StridePhase
  /// The output pixel that the first column of the memory stands for.
  let firstColumn: Int
  let memory: Maps
  let bands: Int

  /// The phase's rows in one band.
  func rows(_ band: Int) -> Range<Int> {
    row.count * band / bands..<row.count * (band + 1) / bands
  }

  /// The Floats that a task copies into memory of its worker; none where it reads the gradient itself.
  let scratch: Int

}

extension ConvolutionGeometry {
  /// The phases of all three strides that the kernel reaches, with the bands that each is cut into.
  ///
  /// Where a pixel of the image reads beyond the output, a band copies what it reads, with zeros around
  /// it: then what the kernel jumps about in is small and near.
  func gradientBands(blocks: Int, of dy: Maps) -> [GradientBand] {
    let (slicePhases, rowPhases, columnPhases) = (slices.phases, rows.phases, columns.phases)
    let reach = columns.reach(of: columnPhases)
    let tileReach = ConvolutionBlocking.reach(of: columnPhases)
    let copies =
      reach.count != columns.output || rows.reach(of: rowPhases).count != rows.output
      || slices.reach(of: slicePhases).count != slices.output
    return slicePhases.filter { !$0.taps.isEmpty }.flatMap { slice in
      rowPhases.filter { !$0.taps.isEmpty }.flatMap { row in
        let bands = ConvolutionGeometry.bands(
          rows: row.count, slices: slice.count, blocks: blocks, blockSize: dy.blockSize)
        let rows = (row.count + bands - 1) / bands + row.span
        let gap =
          copies ? gradientGap(slice, row, rows: rows, width: reach.count, reach: tileReach) : 0
        let own = Maps(
          values: dy.values, maps: filters, slices: slice.span + 1, rows: rows,
          columns: reach.count, gap: gap)
        return columnPhases.filter { !$0.taps.isEmpty }.map { column in
          GradientBand(
            slice: slice, row: row, column: column, firstColumn: reach.lowerBound,
            memory: copies ? own : dy, bands: bands, scratch: copies ? own.blockSize : 0)
        }
      }
    }
  }

  /// Adds to the last step the gradient of the image, or, forwards, a transposed convolution: one group
  /// of tasks for each phase of the strides that the kernel reaches, and one for all other pixels.
  func addTransposed(
    to site: inout LayerSite, _ way: Way, from dy: Maps, to dx: Maps,
    _ parameters: ConvolutionParameters
  ) {
    if usesWinograd(on: site.kernels) {
      return addTransposedWinograd(to: &site, way, from: dy, to: dx, parameters)
    }
    for band in gradientBands(blocks: site.blocks, of: dy) {
      addBands(band, way, from: dy, to: dx, parameters, site: &site)
    }
    addUnreached(to: &site, way, to: dx, parameters)
  }

  /// Adds the pixels that no element of the kernel reaches, where the strides are larger than what the kernel
  /// covers: they hold the bias alone, or what they held before.
  private func addUnreached(
    to site: inout LayerSite, _ way: Way, to dx: Maps, _ parameters: ConvolutionParameters
  ) {
    let (slices, rows, columns) = (slices.reached, rows.reached, columns.reached)
    guard !parameters.adds, [slices, rows, columns].contains(where: { $0.contains(false) })
    else { return }
    let channels = channels
    // Neighbouring columns that are not reached, as places in a row.
    let runs = columns.indices.filter { !columns[$0] && ($0 == 0 || columns[$0 - 1]) }.map {
      first in
      first..<(columns[first...].firstIndex(of: true) ?? columns.count)
    }
    site.add(way, tasks: site.blocks * channels, reach: .block) { task in
      let (block, channel) = task.quotientAndRemainder(dividingBy: channels)
      let bias = (parameters.bias + channel * parameters.biasFilterStride).pointee
      let value = parameters.limits.applied(to: bias)
      let map = dx.values + (block * dx.blockStride + channel * dx.mapStride)
      for slice in slices.indices {
        for row in rows.indices {
          let line = map + (slice * dx.sliceStride + row * dx.rowStride)
          guard slices[slice], rows[row] else {
            line.update(repeating: value, count: dx.rowStride)
            continue
          }
          for run in runs {
            (line + run.lowerBound * laneCount)
              .update(repeating: value, count: run.count * laneCount)
          }
        }
      }
    }
  }

  private func addBands(
    _ band: GradientBand, _ way: Way, from dy: Maps, to dx: Maps,
    _ parameters: ConvolutionParameters, site: inout LayerSite
  ) {
    let kernels = site.kernels
    let shape = transposedPass(band, to: dx, parameters, site: &site)
    let packed = site.allocateOverwritten(groups * shape.pass.weightCount)
    site.prepare(tasks: groups) { [weightsOfGroup] group in
      kernels.packWeights(
        shape.pass, shape.packing, parameters.weights + group * weightsOfGroup,
        packed + group * shape.pass.weightCount)
    }
    if isPointwise {
      return addPointwise(to: &site, way, shape, from: dy, to: dx, packed: packed, parameters)
    }
    let memory = band.memory
    site.add(
      way, tasks: site.blocks * band.slice.count * band.bands, reach: .block, scratch: band.scratch
    ) { [self] task, scratch in
      let (plane, part) = task.quotientAndRemainder(dividingBy: band.bands)
      let (block, slice) = plane.quotientAndRemainder(dividingBy: band.slice.count)
      let range = band.rows(part)
      let firstSlice = band.slice.origin + slice + band.slice.firstOffset
      let firstRow = band.row.origin + range.lowerBound + band.row.firstOffset
      let maps = dy.values + block * dy.blockStride
      if band.scratch > 0 {
        copy(from: maps, dy, firstSlice: firstSlice, firstRow: firstRow, band, scratch, kernels)
      }
      let source =
        band.scratch > 0
        ? scratch : maps + (firstSlice * memory.sliceStride + firstRow * memory.rowStride)
      let corner = (band.column.origin - band.firstColumn) * laneCount
      let target =
        dx.values
        + (block * dx.blockStride
          + (band.slice.first + slice * slices.stride) * dx.sliceStride
          + band.row.first * dx.rowStride + range.lowerBound * shape.pass.outputRowStep
          + band.column.first * laneCount)
      for group in 0..<groups {
        kernels.convolve(
          shape.pass, 0..<range.count, source + (group * groupFilters * memory.mapStride + corner),
          packed + group * shape.pass.weightCount,
          parameters.bias + group * groupChannels * parameters.biasFilterStride,
          target + group * groupChannels * dx.mapStride)
      }
    }
  }

  /// The pass of one phase of the strides: a sum over filters and over the taps of the phase.
  private func transposedPass(
    _ band: GradientBand, to dx: Maps, _ parameters: ConvolutionParameters, site: inout LayerSite
  ) -> ConstantPass {
    let memory = band.memory
    var (offsets, places) = ([Int](), [Int]())
    for (t, k) in band.slice.taps {
      for (u, i) in band.row.taps {
        for (v, j) in band.column.taps {
          offsets.append(
            (k - band.slice.firstOffset) * memory.sliceStride
              + (i - band.row.firstOffset) * memory.rowStride + j * laneCount)
          places.append((t * rows.kernel + u) * columns.kernel + v)
        }
      }
    }
    var pass = ConvolutionPass(
      channels: groupFilters, channelStride: memory.mapStride,
      taps: site.constants(offsets).base, tapCount: offsets.count, filters: groupChannels,
      filterStride: dx.mapStride, width: band.column.count, height: band.row.count,
      inputRowStep: memory.rowStride, inputColumnStep: laneCount,
      outputRowStep: rows.stride * dx.rowStride, outputColumnStep: columns.stride * laneCount,
      biasFilterStride: parameters.biasFilterStride, biasPixelStride: 0, limits: parameters.limits)
    pass.adds = parameters.adds
    let packing = WeightPacking(
      filterStride: kernelSize, channelStride: groupChannels * kernelSize,
      taps: site.constants(places).base)
    return ConstantPass(pass: pass.blocked(taps: offsets, for: site.kernels), packing: packing)
  }

  /// Copies what a band reads of all maps; what lies outside them becomes zero.
  private func copy(
    from maps: UnsafeMutablePointer<Float>, _ dy: Maps, firstSlice: Int, firstRow: Int,
    _ band: GradientBand, _ scratch: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    for filter in 0..<filters {
      for slice in 0...band.slice.span {
        let isInside = firstSlice + slice >= 0 && firstSlice + slice < slices.output
        kernels.copyRows(
          from: maps
            + (filter * dy.mapStride + (isInside ? firstSlice + slice : 0) * dy.sliceStride),
          rows: isInside ? rows.output : 0, line: dy.rowStride, first: firstRow,
          count: band.memory.sliceStride / band.memory.rowStride,
          to: scratch
            + (filter * band.memory.mapStride + slice * band.memory.sliceStride
              - band.firstColumn * laneCount),
          stride: band.memory.rowStride)
      }
    }
  }
}

extension KernelTable {
  /// Copies rows `first` and on, `count` of them, of a map of `rows` rows, each `line` Floats; rows
  /// outside the map become zeros.
  func copyRows(
    from map: UnsafePointer<Float>, rows: Int, line: Int, first: Int, count: Int,
    to target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let start = max(0, first)
    let inside = start..<max(start, min(rows, first + count))
    for row in 0..<count where !inside.contains(first + row) {
      (target + row * stride).update(repeating: 0, count: line)
    }
    if inside.isEmpty { return }
    copyRows(
      inside.count, line, map + inside.lowerBound * line, line,
      target + (inside.lowerBound - first) * stride, stride)
  }
}
