import LaneKernels

extension LayerSite {
  /// Appends a copy of pixels within each map: every row and column of the output names the one it
  /// copies, or nil for a constant.
  mutating func appendGather(rows: [Int?], columns: [Int?], constant: Float) {
    let pass = resamplingPass(rows: rows.map { $0 ?? -1 }, columns: columns.map { $0 ?? -1 })
    let kernels = kernels
    appendResampling {
      kernels.spatial.gather(pass, $0, constant, $1, $2)
    } gradient: {
      kernels.spatial.gatherGradient(pass, $0, $1, $2)
    }
  }

  /// Appends a mixture of pixels within each map: every row and column of the output names the two it
  /// lies between and their shares.
  mutating func appendInterpolation(
    rows: [[(pixel: Int, share: Double)]], columns: [[(pixel: Int, share: Double)]]
  ) {
    let pass = resamplingPass(
      rows: rows.flatMap { $0.map(\.pixel) }, columns: columns.flatMap { $0.map(\.pixel) })
    let rowShares = constants(rows.map { Float($0[1].share) })
    let columnShares = constants(columns.map { Float($0[1].share) })
    let kernels = kernels
    appendResampling {
      kernels.spatial.interpolate(pass, $0, rowShares + 0, columnShares + 0, $1, $2)
    } gradient: {
      kernels.spatial.interpolateGradient(pass, $0, rowShares + 0, columnShares + 0, $1, $2)
    }
  }

  /// Sets values to 0 on the way back.
  mutating func clear(_ place: Floats, count: Int) {
    let part = (count + LayerSite.fewestTasks - 1) / LayerSite.fewestTasks
    alsoBackward(tasks: LayerSite.fewestTasks) { task in
      let start = min(count, task * part)
      (place + start).update(repeating: 0, count: min(count, start + part) - start)
    }
  }

  private mutating func resamplingPass(rows: [Int], columns: [Int]) -> ResamplingPass {
    let (input, output) = (inputs[0].shape, output.shape)
    return ResamplingPass(
      inputHeight: input[1], inputWidth: input[2], outputHeight: output[1],
      outputWidth: output[2], rows: constants(rows).base, columns: constants(columns).base)
  }

  /// Constant Floats that live as long as the plan.
  private mutating func constants(_ values: [Float]) -> Floats {
    let place = allocate(values.count)
    for (index, value) in values.enumerated() { place.base[index] = value }
    return place
  }

  /// Appends a step whose kernel makes maps of maps of another size, and the way back.
  private mutating func appendResampling(
    _ kernel: @escaping @Sendable (_ maps: Int, Source, Target) -> Void,
    gradient: @escaping @Sendable (_ maps: Int, Source, Target) -> Void
  ) {
    let (input, output) = (inputs[0], output)
    let inputMap = input.blockSize / input.shape[0]
    let outputMap = output.blockSize / output.shape[0]
    forEachPart(of: output.shape[0]) { block, range in
      kernel(
        range.count, input.values + (block * input.blockStride + range.lowerBound * inputMap),
        output.values + (block * output.blockStride + range.lowerBound * outputMap))
    }
    guard isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    forEachPart(of: output.shape[0], onTheWayBack: true) { block, range in
      gradient(
        range.count, dy + (block * output.blockStride + range.lowerBound * outputMap),
        dx + (block * input.blockStride + range.lowerBound * inputMap))
    }
  }
}
