import Striate

extension Reshape: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("Reshape", [site.x, site.integers("shape", [0] + shape)])
  }
}

extension Transpose: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("Transpose", [site.x], [("perm", .integers([0] + axes.map { $0 + 1 }))])
  }
}

extension Slice: ONNXExportable {
  /// Gather, which reads places in any order and again.
  func export(into site: inout ONNXExport.Site) {
    let places = site.integers("places", (0..<count).map { start + step * $0 })
    site.finish("Gather", [site.x, places], [("axis", .integer(axis + 1))])
  }
}

extension ArgMax: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let place = site.value("ArgMax", [site.x], [("axis", .integer(1)), ("keepdims", .integer(1))])
    site.finish("Cast", [place], [("to", .integer(1))])
  }
}

extension LearnedTensor: ONNXExportable {
  /// The numbers once for each image of the batch.
  func export(into site: inout ONNXExport.Site) {
    let size = site.value("Shape", [site.x])
    let batch = site.value("Gather", [size, site.integers("first", [0])], [("axis", .integer(0))])
    let rest = site.integers("shape", shape)
    let target = site.value("Concat", [batch, rest], [("axis", .integer(0))])
    site.finish("Expand", [site.parameter(0), target])
  }
}
