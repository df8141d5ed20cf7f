import LaneKernels

extension ChannelConvolution {
  /// Where lots are read.
  struct Source {
    let geometry: ConvolutionGeometry?
    /// The maps of an image, of one number or of 16 a pixel.
    let maps: Int, pixel: Int
    /// The Floats from one block, image and row to the next.
    let blockStride: Int, stride: Int, rowStride: Int
    /// Whether the copy holds columns a stride apart side by side.
    let splits: Bool
    /// In the copy, the columns of a stride that the kernel reads, and how many there are of each: they lie one phase
    /// after the other, each from left to right.
    let phases: Int, copiedColumns: Int
    /// The rows from one output row to the next that are copied, and the rows of a map.
    let rowStep: Int, copiedRows: Int

    /// The Floats from one image and row of the copy to the next.
    var copiedStride: Int { maps * copiedRows * copiedRowStride }
    var copiedRowStride: Int { phases * copiedColumns * pixel }

    /// Where the copy has the column that an output reads so far from its first.
    func place(ofColumn column: Int) -> Int {
      phases > 1 ? column % phases * copiedColumns + column / phases : column
    }
  }
}

extension ConvolutionAxis {
  /// The pixels of a stride that the kernel reads, and of each of these as many as all outputs read.
  var phasesRead: Int { min(stride, reach) }
  var pixelsOfPhase: Int { output + (reach - 1) / stride }
  var columnsSplit: Int { phasesRead * pixelsOfPhase }
}

extension ConvolutionGeometry {
  /// Whether a copy puts columns a stride apart side by side.
  func splitsColumns(_ shape: ChannelShape) -> Bool {
    !shape.isPlanar && columns.stride > 1
  }

  /// Where lots are read: in the images, or, where these have a border or columns are split, in a copy.
  func source(
    _ shape: ChannelShape, lots: ChannelConvolution.Lots, blockStride: Int, splits: Bool
  ) -> ChannelConvolution.Source {
    let pixel = shape.isPlanar ? 1 : laneCount
    // Of a stride that is larger than the kernel, what it does not read is left out.
    let rowStep = splits ? rows.phasesRead : rows.stride
    return ChannelConvolution.Source(
      geometry: hasBorder || splits ? self : nil, maps: shape.isPlanar ? channels : shape.groups,
      pixel: pixel, blockStride: blockStride, stride: shape.stride,
      rowStride: columns.input * pixel, splits: splits, phases: splits ? columns.phasesRead : 1,
      copiedColumns: splits ? columns.pixelsOfPhase : columns.bordered, rowStep: rowStep,
      copiedRows: (lots.rows - 1) * rowStep + rows.reach)
  }

  /// Copies what output rows of some images read, with a border of zeros.
  func copy(
    _ images: Int, _ first: UnsafePointer<Float>, _ source: ChannelConvolution.Source,
    outputRows: Range<Int>, to memory: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    let top = outputRows.lowerBound * rows.stride - rows.before
    let count = (outputRows.count - 1) * source.rowStep + rows.reach
    let left = columns.before * source.pixel
    let right = columns.after * source.pixel
    for k in 0..<images * source.maps {
      let (image, map) = k.quotientAndRemainder(dividingBy: source.maps)
      let x = first + (image * source.stride + map * rows.input * source.rowStride)
      var target =
        memory
        + (image * source.copiedStride + map * source.copiedRows * source.copiedRowStride)
      for copied in 0..<count {
        let row = top + copied / source.rowStep * rows.stride + copied % source.rowStep
        if row >= 0, row < rows.input, source.splits {
          copyPhases(of: x + row * source.rowStride, source, to: target, kernels)
        } else if row >= 0, row < rows.input {
          target.update(repeating: 0, count: left)
          (target + left).update(from: x + row * source.rowStride, count: source.rowStride)
          (target + left + source.rowStride).update(repeating: 0, count: right)
        } else {
          target.update(repeating: 0, count: source.copiedRowStride)
        }
        target += source.copiedRowStride
      }
    }
  }

  /// Copies a row phase after phase of the columns' stride.
  private func copyPhases(
    of row: UnsafePointer<Float>, _ source: ChannelConvolution.Source,
    to target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    let (pixel, stride) = (source.pixel, columns.stride)
    for phase in 0..<source.phases {
      let target = target + phase * source.copiedColumns * pixel
      // The first of the copied columns that lies in the image, and the first that lies behind it.
      let first = min(
        source.copiedColumns, max(0, (columns.before - phase + stride - 1) / stride))
      let end = max(
        first,
        min(
          source.copiedColumns, (columns.before + columns.input - phase + stride - 1) / stride))
      target.update(repeating: 0, count: first * pixel)
      kernels.copyRows(
        end - first, pixel, row + (first * stride + phase - columns.before) * pixel,
        stride * pixel, target + first * pixel, pixel)
      (target + end * pixel).update(
        repeating: 0, count: (source.copiedColumns - end) * pixel)
    }
  }
}
