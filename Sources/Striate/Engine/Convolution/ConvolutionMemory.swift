import LaneKernels

/// The memory that a convolution allocates beside values, gradients and weights, in Floats. Computed in
/// Double: geometries that are about to be refused may overflow an Int.
extension ConvolutionGeometry {
  /// For a convolution.
  func memory(
    isTraining: Bool, blocks: Int, workers: Int, bias: Conv2D.Bias, mode: PaddingMode
  ) -> Double {
    if isDepthwise, mode == .zeros || !hasBorder {
      return Double(workers) * depthwiseScratch(isTraining: isTraining)
    }
    if isPointwise { return pointwiseMemory(isTraining: isTraining, workers: workers) }
    let border = borderMemory(blocks: blocks)
    if usesWinograd(on: .best, bias: bias) {
      let sums = sumsByWinograd(on: .best, bias: bias)
      let copies = mode == .zeros ? (isTraining && !sums ? 1.0 : 0) : isTraining ? 2 : 1
      return copies * border + (isTraining ? 2 : 1) * winogradWeights
        + (isTraining ? gradientMemory(blocks: blocks, byWinograd: sums) : 0)
    }
    guard isTraining else {
      guard let band = forwardBand(isTraining: false, blocks: blocks, mode: mode) else {
        return border
      }
      return Double(workers) * Double(channels)
        * (band.floats + Double(bandGap(band) * laneCount))
    }
    let sums = gradientMemory(blocks: blocks, byWinograd: false)
    return sums
      + (mode == .zeros
        ? border + scratchMemory(blocks: blocks, workers: workers)
        : 2 * border + withoutBorder.scratchMemory(blocks: blocks, workers: workers))
  }

  /// The Floats of parts of sums for weights, and for a bias.
  private func gradientMemory(blocks: Int, byWinograd: Bool) -> Double {
    let biases = Double(max(filters, channels))
    return (byWinograd ? winogradGradientMemory(blocks: blocks) : gradientMemory(blocks: blocks))
      + (LayerSite.sumsByBlock(biases, blocks: blocks) ? biases * Double(blocks) : 0)
  }

  /// For the transposed convolution.
  func transposedMemory(isTraining: Bool, blocks: Int, workers: Int) -> Double {
    if isPointwise { return pointwiseMemory(isTraining: true, workers: workers) }
    guard usesWinograd(on: .best) else {
      return (isTraining ? borderMemory(blocks: blocks) : 0)
        + (isTraining ? gradientMemory(blocks: blocks, byWinograd: false) : 0)
        + scratchMemory(blocks: blocks, workers: workers)
    }
    let sums = sumsByWinograd(on: .best)
    return (isTraining ? 2 : 1) * winogradWeights
      + (isTraining
        ? gradientMemory(blocks: blocks, byWinograd: sums)
          + (sums ? 0 : borderMemory(blocks: blocks)) : 0)
  }

  /// What one worker shares with all other steps: see `LayerSite.addOverwriting`.
  func sharedMemory(isTraining: Bool, bias: Conv2D.Bias) -> Double {
    if usesWinograd(on: .best, bias: bias) {
      guard isTraining else { return winogradScratch }
      return max(
        winogradScratch,
        Double(sumsByWinograd(on: .best, bias: bias) ? winogradGradientScratch : gradientSums))
    }
    return isTraining && !isDepthwise ? Double(gradientSums) : 0
  }

  /// The image with its border.
  private func borderMemory(blocks: Int) -> Double {
    guard hasBorder else { return 0 }
    let pixels = Double(slices.bordered) * Double(rows.bordered) * Double(columns.bordered)
    return Double(blocks) * blockStride(elements: Double(channels) * (pixels + Double(borderGap)))
  }

  /// What bands copy of the outputs' gradient: see `gradientBands`.
  private func scratchMemory(blocks: Int, workers: Int) -> Double {
    let (slicePhases, rowPhases, columnPhases) = (slices.phases, rows.phases, columns.phases)
    let width = columns.reach(of: columnPhases).count
    let reach = ConvolutionBlocking.reach(of: columnPhases)
    let blockSize = filters * outputPixels * laneCount
    var sum = 0.0
    for slice in slicePhases where !slice.taps.isEmpty {
      for row in rowPhases where !row.taps.isEmpty {
        let bands = ConvolutionGeometry.bands(
          rows: row.count, slices: slice.count, blocks: blocks, blockSize: blockSize)
        let height = (row.count + bands - 1) / bands + row.span
        sum +=
          Double(slice.span + 1) * Double(height) * Double(width)
          + Double(gradientGap(slice, row, rows: height, width: width, reach: reach))
      }
    }
    return sum * Double(columnPhases.count { !$0.taps.isEmpty }) * Double(filters)
      * Double(workers * laneCount)
  }

  /// What one worker's bands of a depthwise convolution copy: see `RowBand`.
  private func depthwiseScratch(isTraining: Bool) -> Double {
    let forward = depthwiseBand.floats
    guard isTraining else { return forward }
    return 2 * forward + depthwiseGradientBand(depthwiseReach).floats * Double(groupFilters)
      + Double(groupFilters * kernelSize * laneCount)
  }
}

extension Conv2D: NeedsMemory {
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    geometry(image: inputs[0], output: output)
      .memory(
        isTraining: isTraining, blocks: blocks, workers: workers, bias: bias, mode: paddingMode)
  }

  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double {
    geometry(image: inputs[0], output: output)
      .sharedMemory(isTraining: isTraining, bias: bias)
  }
}

extension Conv1D: NeedsMemory {
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    asConv2D.ownMemory(
      inputs: inputs.map(\.oneRow), output: output.oneRow, isTraining: isTraining,
      blocks: blocks, workers: workers)
  }

  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double {
    asConv2D.sharedMemory(
      inputs: inputs.map(\.oneRow), output: output.oneRow, isTraining: isTraining)
  }
}
