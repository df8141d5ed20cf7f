import Striate

extension Add: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish(site.inputs.count == 2 ? "Add" : "Sum", site.inputs.map(\.name))
  }
}

extension Multiply: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let names = site.inputs.map(\.name)
    guard names.count > 1 else { return site.finish("Identity", names) }
    let product = names.dropFirst().dropLast().reduce(names[0]) { site.value("Mul", [$0, $1]) }
    site.finish("Mul", [product, names[names.count - 1]])
  }
}

extension MatMul: ONNXExportable {
  func export(into site: inout ONNXExport.Site) { site.finish("MatMul", site.inputs.map(\.name)) }
}

extension Concatenate: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("Concat", site.inputs.map(\.name), [("axis", .integer(1))])
  }
}

extension Flatten: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("Flatten", [site.x], [("axis", .integer(1))])
  }
}

extension Dropout: ONNXExportable {
  var vanishesInONNX: Bool { true }

  /// The network's output has a name of its own.
  func export(into site: inout ONNXExport.Site) { site.finish("Identity", [site.x]) }
}

extension Softmax: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("Softmax", [site.x], [("axis", .integer(1))])
  }
}

extension LogSoftmax: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    site.finish("LogSoftmax", [site.x], [("axis", .integer(1))])
  }
}

extension Fold: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let shape = site.output.shape
    let pieces = site.reshaped(site.x, to: [shape[0], pieces] + shape.dropFirst())
    let folded = site.reduced(
      kind == .maximum ? "ReduceMax" : "ReduceMean", pieces, axes: [2], keeps: false)
    site.finish(with: folded)
  }
}

extension PReLU: ONNXExportable {
  /// A slope for each channel is repeated over the channel's places.
  func export(into site: inout ONNXExport.Site) {
    let places = site.shape.dropFirst().map { _ in 1 }
    let slope = site.parameter(0, shape: perChannel ? [site.shape[0]] + places : [1])
    site.finish("PRelu", [site.x, slope])
  }
}

extension RadialBasis: ONNXExportable {
  /// The differences of the input and every centre, squared and added up.
  func export(into site: inout ONNXExport.Site) {
    let row = site.reshaped(site.x, to: [1, site.shape[0]])
    let difference = site.value("Sub", [row, site.parameter(0)])
    let square = site.value("Mul", [difference, difference])
    let distance = site.reduced("ReduceSum", square, axes: [2], keeps: false)
    function.export(squaredDistance: distance, into: &site)
  }
}

extension RadialFunction {
  /// φ of a squared distance, as the layer's output.
  func export(squaredDistance: String, into site: inout ONNXExport.Site) {
    switch self {
    case .gaussian(let width):
      let factor = site.scalar("factor", -1 / (2 * width * width))
      site.finish("Exp", [site.value("Mul", [squaredDistance, factor])])
    case .multiquadratic(let offset):
      let sum = site.value("Add", [squaredDistance, site.scalar("square", offset * offset)])
      site.finish("Sqrt", [sum])
    case .inverseMultiquadratic(let offset):
      let sum = site.value("Add", [squaredDistance, site.scalar("square", offset * offset)])
      site.finish("Reciprocal", [site.value("Sqrt", [sum])])
    }
  }
}
