import LaneKernels

extension ConvolutionGeometry {
  /// One phase of the strides of a depthwise convolution: its pass, and where its packed weights lie.
  private struct DepthwisePhase: Sendable {
    let row: StridePhase, column: StridePhase
    let shape: ConstantPass
    let packed: Floats
  }

  /// What the rows of an image read of the output, as a whole: `quotients` are the rows of the bordered
  /// image divided by the stride.
  struct DepthwiseReach: Sendable {
    let quotients: Range<Int>
    /// The first output row that quotient 0 reads, and the number of rows that a quotient reads.
    let firstOffset: Int, span: Int
    /// The output columns that are read.
    let columns: ClosedRange<Int>
  }

  /// What is read on the way back to the image.
  var depthwiseReach: DepthwiseReach {
    let phases = rows.phases
    let offsets = phases.flatMap { $0.taps.map(\.offset) }
    let (low, high) = (offsets.min() ?? 0, offsets.max() ?? 0)
    return DepthwiseReach(
      quotients: (phases.map(\.origin).min() ?? 0)..<(phases.map { $0.origin + $0.count }.max() ?? 0),
      firstOffset: low, span: high - low + 1, columns: columns.reach(of: columns.phases))
  }

  /// The bands of the way back to the image.
  func depthwiseGradientBand(_ reach: DepthwiseReach) -> RowBand {
    RowBand(
      count: reach.quotients.count, reach: reach.span, step: 1, width: reach.columns.count,
      maps: groupFilters, bytes: ConvolutionGeometry.nearCache)
  }

  /// Adds the gradient of the image. A task copies the rows of the outputs' gradient that a band needs,
  /// and computes from them the pixels of all phases of the strides.
  func addDepthwiseInputGradient(to site: inout LayerSite) {
    guard let dx = site.inputs[0].gradient, let dy = site.output.gradient else { return }
    let (kernels, reach) = (site.kernels, depthwiseReach)
    let band = depthwiseGradientBand(reach)
    let phases = phases(band, reach, site: &site)
    let zero = site.allocate(1)
    let (image, output) = (imageMaps(dx), outputMaps(dy))
    let units = site.blocks * channels * band.bands
    let tasks = ConvolutionGeometry.tasks(
      units: units, size: groupFilters * band.mapStride, blocks: site.blocks)
    site.add(.back, tasks: tasks, reach: .block, scratch: groupFilters * band.mapStride) {
      [self] task, scratch in
      for unit in units * task / tasks..<units * (task + 1) / tasks {
        let (map, part) = unit.quotientAndRemainder(dividingBy: band.bands)
        let all = reach.quotients
        let range =
          all.lowerBound + all.count * part / band.bands..<all.lowerBound + all.count * (part + 1)
          / band.bands
        for filter in 0..<groupFilters {
          kernels.copyRows(
            from: output.values + output.place(of: map * groupFilters + filter),
            rows: rows.output, line: output.rowStride,
            first: range.lowerBound + reach.firstOffset, count: band.rows,
            to: scratch + (filter * band.mapStride - reach.columns.lowerBound * laneCount),
            stride: band.rowStride)
        }
        for phase in phases {
          let own = range.clamped(to: phase.row.origin..<phase.row.origin + phase.row.count)
          if own.isEmpty { continue }
          let row = phase.row.first + (own.lowerBound - phase.row.origin) * rows.stride
          kernels.convolveMap(
            phase.shape.pass, 0..<own.count,
            scratch
              + ((own.lowerBound - range.lowerBound) * band.rowStride
                + (phase.column.origin - reach.columns.lowerBound) * laneCount),
            phase.packed + map % channels * phase.shape.pass.weightCount, zero + 0,
            image.values
              + (image.place(of: map) + row * image.rowStride + phase.column.first * laneCount))
        }
      }
    }
  }

  /// The passes of all phases, with their weights packed for every channel.
  private func phases(
    _ band: RowBand, _ reach: DepthwiseReach, site: inout LayerSite
  ) -> [DepthwisePhase] {
    let (kernels, weights) = (site.kernels, site.parameters[0].values)
    return rows.phases.flatMap { row in
      columns.phases.map { column in
        var (offsets, places) = ([Int](), [Int]())
        for (u, i) in row.taps {
          for (v, j) in column.taps {
            offsets.append((i - reach.firstOffset) * band.rowStride + j * laneCount)
            places.append(u * columns.kernel + v)
          }
        }
        let pass = ConvolutionPass(
          channels: groupFilters, channelStride: band.mapStride,
          taps: site.constants(offsets).base, tapCount: offsets.count, filters: 1,
          filterStride: 0, width: column.count, height: row.count, inputRowStep: band.rowStride,
          inputColumnStep: laneCount, outputRowStep: rows.stride * columns.input * laneCount,
          outputColumnStep: columns.stride * laneCount, biasFilterStride: 0, biasPixelStride: 0,
          limits: .none)
        let packing = WeightPacking(
          filterStride: 0, channelStride: kernelSize, taps: site.constants(places).base)
        let shape = ConstantPass(pass: pass, packing: packing)
        let packed = site.allocateOverwritten(channels * pass.weightCount)
        let parts = min(channels, LayerSite.fewestTasks)
        site.prepare(tasks: parts) { [channels, weightsOfGroup] part in
          for channel in channels * part / parts..<channels * (part + 1) / parts {
            kernels.packWeights(
              shape.pass, shape.packing, weights + channel * weightsOfGroup,
              packed + channel * shape.pass.weightCount)
          }
        }
        return DepthwisePhase(row: row, column: column, shape: shape, packed: packed)
      }
    }
  }
}
