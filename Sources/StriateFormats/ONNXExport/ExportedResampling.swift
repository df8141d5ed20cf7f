import Striate

extension Upsample2D: ONNXExportable {
  /// Resize where it says the same; an image of any other size is gathered or mixed from rows and columns.
  func export(into site: inout ONNXExport.Site) {
    let (shape, output) = (site.shape, site.output.shape)
    switch (mode, target) {
    case (.nearest, .factor(let factor)):
      resize(
        factor, &site,
        [
          ("mode", .string("nearest")), ("nearest_mode", .string("floor")),
          ("coordinate_transformation_mode", .string("asymmetric")),
        ])
    case (.nearest, .size):
      let rows = gathered(site.x, axis: 2, pixels: shape[1], outputs: output[1], &site)
      site.finish(with: gathered(rows, axis: 3, pixels: shape[2], outputs: output[2], &site))
    case (.bilinear(let alignsCorners), .factor(let factor)) where !site.graph.resizesWithMatrices:
      resize(
        factor, &site,
        [
          ("mode", .string("linear")),
          (
            "coordinate_transformation_mode",
            .string(alignsCorners ? "align_corners" : "half_pixel")
          ),
        ])
    case (.bilinear, _):
      site.finishMixing(
        rows: (0..<output[1]).map { shares(of: $0, size: shape[1], outputs: output[1]) },
        columns: (0..<output[2]).map { shares(of: $0, size: shape[2], outputs: output[2]) })
    }
  }

  private func resize(
    _ factor: Extent, _ site: inout ONNXExport.Site, _ words: [(String, ONNXExport.Attribute)]
  ) {
    let scales = site.constant("scales", [4], [1, 1, Float(factor.height), Float(factor.width)])
    site.finish("Resize", [site.x, "", scales], words)
  }

  private func gathered(
    _ value: String, axis: Int, pixels: Int, outputs: Int, _ site: inout ONNXExport.Site
  ) -> String {
    let places = site.integers("places\(axis)", (0..<outputs).map { $0 * pixels / outputs })
    return site.value("Gather", [value, places], [("axis", .integer(axis))])
  }
}

extension PixelShuffle: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish(
      "DepthToSpace", [site.x], [("blocksize", .integer(factor)), ("mode", .string("CRD"))])
  }
}

extension PixelUnshuffle: ONNXExportable {
  /// SpaceToDepth has its channels in another order: blocks first.
  func export(into site: inout ONNXExport.Site) {
    let (shape, r) = (site.output.shape, factor)
    let blocks = site.reshaped(
      site.x, to: [site.shape[0], shape[1], r, shape[2], r], "blocks")
    let turned = site.value("Transpose", [blocks], [("perm", .integers([0, 1, 3, 5, 2, 4]))])
    site.finish("Reshape", [turned, site.integers("shape", [0] + shape)])
  }
}
