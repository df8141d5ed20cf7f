import LaneKernels

/// Maps with a border: how it is filled, and what becomes of its gradient.
extension ConvolutionGeometry {
  /// Appends a step that copies the image into larger maps with a border around it. Without a border
  /// these are the image itself.
  func appendBorder(
    to site: inout LayerSite, _ way: Way, of values: Floats, mode: PaddingMode
  ) -> Maps {
    let image = imageMaps(values)
    guard hasBorder else { return image }
    let pixels = channels * (borderedPixels + borderGap)
    let bordered = Maps(
      values: site.allocate(site.blocks * blockStride(elements: pixels)),
      maps: channels, slices: slices.bordered, rows: rows.bordered, columns: columns.bordered,
      gap: borderGap)
    let (kernels, line) = (site.kernels, columns.input * laneCount)
    let copies = copies(in: bordered, mode: mode)
    site.forEachPart(of: channels, onTheWayBack: way == .back) { [self] block, range in
      for channel in range {
        let source = image.values + (block * image.blockStride + channel * image.mapStride)
        let map = bordered.values + (block * bordered.blockStride + channel * bordered.mapStride)
        for slice in 0..<slices.input {
          kernels.copyRows(
            rows.input, line, source + slice * image.sliceStride, image.rowStride,
            map + corner(of: slice, in: bordered), bordered.rowStride)
        }
        for copy in copies {
          kernels.copyRows(
            copy.rows, copy.length, map + copy.from, copy.step, map + copy.to, copy.step)
        }
      }
    }
    return bordered
  }

  /// Appends a step that adds the gradient of each pixel of the border to that of the pixel it is a copy
  /// of, and copies what the image's pixels then have.
  func appendFold(
    of bordered: Maps, mode: PaddingMode, into gradient: Floats, to site: inout LayerSite
  ) {
    let image = imageMaps(gradient)
    let (kernels, line) = (site.kernels, columns.input * laneCount)
    let copies = copies(in: bordered, mode: mode)
    site.forEachPart(of: channels, onTheWayBack: true) { [self] block, range in
      for channel in range {
        let target = image.values + (block * image.blockStride + channel * image.mapStride)
        let map = bordered.values + (block * bordered.blockStride + channel * bordered.mapStride)
        for copy in copies.reversed() {
          kernels.addRows(
            copy.rows, copy.length, map + copy.to, copy.step, map + copy.from, copy.step)
        }
        for slice in 0..<slices.input {
          kernels.copyRows(
            rows.input, line, map + corner(of: slice, in: bordered), bordered.rowStride,
            target + slice * image.sliceStride, image.rowStride)
        }
      }
    }
  }

  /// Where the first pixel of a slice of the image lies in a map with a border.
  private func corner(of slice: Int, in maps: Maps) -> Int {
    (slices.before + slice) * maps.sliceStride + rows.before * maps.rowStride
      + columns.before * laneCount
  }

  /// The copies that fill the border of a map, one after the other: columns beside the image, then whole
  /// rows, then whole slices. Taken backwards they take it down again.
  private func copies(in maps: Maps, mode: PaddingMode) -> [BorderCopy] {
    let planes = (slices.before..<slices.before + slices.input).map { $0 * maps.sliceStride }
    let first = rows.before * maps.rowStride
    return planes.flatMap { plane in
      columns.copies(mode).map {
        BorderCopy(
          rows: rows.input, length: laneCount, step: maps.rowStride,
          from: plane + first + $0.from * laneCount, to: plane + first + $0.to * laneCount)
      }
        + rows.copies(mode).map {
          BorderCopy(
            rows: 1, length: maps.rowStride, step: 0, from: plane + $0.from * maps.rowStride,
            to: plane + $0.to * maps.rowStride)
        }
    }
      + slices.copies(mode).map {
        BorderCopy(
          rows: 1, length: maps.sliceStride, step: 0, from: $0.from * maps.sliceStride,
          to: $0.to * maps.sliceStride)
      }
  }
}

/// A part of a border and what it is a copy of: rows of `length` Floats, `step` apart.
private struct BorderCopy: Sendable {
  let rows: Int, length: Int, step: Int
  let from: Int, to: Int
}

extension ConvolutionAxis {
  /// The places of the border and those of which they are copies, counted in the bordered axis; none
  /// where the border stays zero.
  fileprivate func copies(_ mode: PaddingMode) -> [(from: Int, to: Int)] {
    let border = Array(0..<before) + Array(before + input..<bordered)
    return border.compactMap { place in
      mode.source(of: place - before, size: input).map { (before + $0, place) }
    }
  }
}
