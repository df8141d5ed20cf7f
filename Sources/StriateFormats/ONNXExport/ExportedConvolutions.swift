import Striate

/// What ONNX's Conv is told, axis by axis: the same for sequences, images and volumes.
private struct ConvolutionWords {
  var kernel: [Int]
  var stride: [Int]
  var before: [Int]
  var after: [Int]
  var dilation: [Int]
  var groups: Int
  var bias: Conv2D.Bias
  var mode: PaddingMode

  /// One operator, or three where the border is no zeros and every output has a bias of its own.
  func export(into site: inout ONNXExport.Site) {
    var (x, before, after) = (site.x, before, after)
    if mode != .zeros, (before + after).contains(where: { $0 > 0 }) {
      x = site.bordered(x, shape: site.shape, before: before, after: after, mode: mode)
      before = before.map { _ in 0 }
      after = before
    }
    let attributes: [(String, ONNXExport.Attribute)] = [
      ("kernel_shape", .integers(kernel)), ("strides", .integers(stride)),
      ("pads", .integers(before + after)), ("dilations", .integers(dilation)),
      ("group", .integer(groups)),
    ]
    let weight = site.parameter(0)
    switch bias {
    case .none: site.finish("Conv", [x, weight], attributes)
    case .shared: site.finish("Conv", [x, weight, site.parameter(1)], attributes)
    case .untied:
      let product = site.value("Conv", [x, weight], attributes)
      site.finish("Add", [product, site.parameter(1)])
    }
  }
}

extension Conv2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let window = window.resolved(for: Extent(site.shape[1], site.shape[2]))
    ConvolutionWords(
      kernel: window.kernel.axes, stride: window.stride.axes, before: window.padding.before,
      after: window.padding.after, dilation: window.dilation.axes, groups: groups, bias: bias,
      mode: paddingMode
    ).export(into: &site)
  }
}

extension DepthwiseConv2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    asConv2D(channels: site.shape[0]).export(into: &site)
  }
}

extension Conv1D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let window = asConv2D.window.resolved(for: Extent(1, site.shape[1]))
    ConvolutionWords(
      kernel: [kernel], stride: [stride], before: [window.padding.left],
      after: [window.padding.right], dilation: [dilation], groups: groups, bias: bias,
      mode: paddingMode
    ).export(into: &site)
  }
}

extension Conv3D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    ConvolutionWords(
      kernel: kernel.axes, stride: stride.axes, before: padding.axes, after: padding.axes,
      dilation: dilation.axes, groups: groups, bias: bias, mode: paddingMode
    ).export(into: &site)
  }
}

extension ConvTranspose2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let parameters = [site.parameter(0)] + (bias ? [site.parameter(1)] : [])
    site.finish(
      "ConvTranspose", [site.x] + parameters,
      [
        ("kernel_shape", .integers(window.kernel.axes)),
        ("strides", .integers(window.stride.axes)),
        ("pads", .integers(window.padding.before + window.padding.after)),
        ("dilations", .integers(window.dilation.axes)),
        ("output_padding", .integers(outputPadding.axes)), ("group", .integer(groups)),
      ])
  }
}

extension Dense: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let parameters = [site.parameter(0)] + (bias ? [site.parameter(1)] : [])
    site.finish("Gemm", [site.x] + parameters, [("transB", .integer(1))])
  }
}

extension Extent {
  /// Rows, columns.
  var axes: [Int] { [height, width] }
}

extension Extent3D {
  /// Slices, rows, columns.
  var axes: [Int] { [depth, height, width] }
}

extension Padding {
  /// The border before the first row and column.
  var before: [Int] { [top, left] }
  /// The border after the last row and column.
  var after: [Int] { [bottom, right] }
}
