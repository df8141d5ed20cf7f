import Striate

extension AdaptivePool2D: ONNXExportable {
  /// A global pooling, an ordinary one where all windows are of one size, and otherwise the windows one by one.
  func export(into site: inout ONNXExport.Site) {
    let (height, width) = (site.shape[1], site.shape[2])
    if size == 1 {
      site.finish(kind == .maximum ? "GlobalMaxPool" : "GlobalAveragePool", [site.x])
    } else if height % size.height == 0, width % size.width == 0 {
      let kernel = ONNXExport.Attribute.integers([height / size.height, width / size.width])
      site.finish(
        kind == .maximum ? "MaxPool" : "AveragePool", [site.x],
        [("kernel_shape", kernel), ("strides", kernel)])
    } else if kind == .average {
      site.finishMixing(
        rows: windows(height, size.height).map(means),
        columns: windows(width, size.width).map(means))
    } else {
      let rows = largest(site.x, axis: 2, windows(height, size.height), &site)
      site.finish(with: largest(rows, axis: 3, windows(width, size.width), &site))
    }
  }

  /// The pixels of each output on one axis.
  private func windows(_ pixels: Int, _ outputs: Int) -> [Range<Int>] {
    (0..<outputs).map { i in
      i * pixels / outputs..<((i + 1) * pixels + outputs - 1) / outputs
    }
  }

  private func means(_ window: Range<Int>) -> [(pixel: Int, share: Double)] {
    window.map { ($0, 1 / Double(window.count)) }
  }

  /// The largest of each window: pixels are gathered in rows of one length, the last of a window several times.
  private func largest(
    _ value: String, axis: Int, _ windows: [Range<Int>], _ site: inout ONNXExport.Site
  ) -> String {
    let length = windows.map(\.count).max() ?? 1
    let places = windows.flatMap { window in
      (0..<length).map { min(window.lowerBound + $0, window.upperBound - 1) }
    }
    let indices = site.graph.constant(
      "\(site.output.name).windows\(axis)", [windows.count, length], .integers(places))
    let gathered = site.value("Gather", [value, indices], [("axis", .integer(axis))])
    return site.reduced("ReduceMax", gathered, axes: [axis + 1], keeps: false)
  }
}

extension ONNXExport.Site {
  /// The layer's output [N, C, H′, W′] as mixtures of the input's rows and columns: R · x · Cᵀ.
  mutating func finishMixing(
    rows: [[(pixel: Int, share: Double)]], columns: [[(pixel: Int, share: Double)]]
  ) {
    func matrix(_ shares: [[(pixel: Int, share: Double)]], _ size: Int) -> [[Float]] {
      shares.map { shares in
        var row = Array(repeating: Float(0), count: size)
        for (pixel, share) in shares { row[pixel] += Float(share) }
        return row
      }
    }
    let (height, width) = (shape[1], shape[2])
    let right = matrix(columns, width)
    // Transposed: each column of the product is one output.
    let turned = (0..<width).flatMap { pixel in right.map { $0[pixel] } }
    let left = constant("rows", [rows.count, height], matrix(rows, height).flatMap { $0 })
    let product = value("MatMul", [left, x])
    finish("MatMul", [product, constant("columns", [width, columns.count], turned)])
  }
}
