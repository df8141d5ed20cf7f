import Striate

/// A graph on its way into a network: what is known of every value, and the layers so far.
///
/// A value is a constant, which is computed here, or flows through the network. Of a flowing value the first axis is the
/// batch, which Striate's shapes leave out; or, where a graph has none, all axes are the image's.
final class GraphImport {
  /// A value that the network computes.
  struct Flow {
    var value: Network.Value
    /// All axes, the batch's too, where there is one.
    var dims: [Int]
    var type: NumericArray.ElementType
  }

  /// What a name of the graph stands for.
  enum Value {
    case constant(NumericArray)
    case flow(Flow)
  }

  let opset: Int
  /// The size of the batch; nil where the first axis is an axis like the others.
  let batch: Int?
  let reader: ONNXTensorReader
  var values: [String: Value] = [:]
  /// Outputs that are not computed, and the node that gives them.
  var leftOut: [String: String] = [:]
  /// How many nodes and outputs read a value.
  var readers: [String: Int] = [:]
  /// Whether the graph asks how large the batch is.
  var readsBatch = false
  /// How many more numbers the constants and parameters may have between them: a small file makes a small network.
  private(set) var allowance: Int
  /// The number that the next layer of a name that is taken gets.
  private var nextNumbers: [String: Int] = [:]
  private(set) var inputs: [Network.Input] = []
  var entries: [GraphEntry] = []
  private(set) var shapes: [[Int]] = []
  /// The parameters of the layers by their full names.
  var tensors: [String: Tensor] = [:]
  private var names: Set<String> = []
  /// The node that is being imported.
  var node: ONNXNode?
  private var initializers: [String: ONNXTensorMessage] = [:]

  init(opset: Int, batch: Int?, reader: ONNXTensorReader, initializers: [ONNXTensorMessage]) {
    (self.opset, self.batch, self.reader) = (opset, batch, reader)
    allowance = Self.freeNumbers + 2 * reader.file.count
    for initializer in initializers { self.initializers[initializer.name] = initializer }
  }

  /// What any file may make, however small it is.
  static let freeNumbers = 1 << 21

  /// Counts numbers that are made of the file.
  func spend(_ count: Int) throws {
    guard count <= allowance else {
      throw refuse(
        "expected at most \(Self.freeNumbers + 2 * reader.file.count) numbers in all constants of a file of "
          + "\(reader.file.count) bytes, found more")
    }
    allowance -= count
  }

  // MARK: Values

  /// Whether a value of the graph is given with the model.
  func isInitializer(_ name: String) -> Bool { initializers[name] != nil }

  /// Takes up an input of the network.
  func addInput(_ name: String, dims: [Int], type: NumericArray.ElementType) throws {
    if dims.contains(0), batch == nil, NumericArray.count(of: dims) != nil {
      values[name] = .constant(NumericArray(empty: dims, type: type))
      return
    }
    let shape = imageShape(dims)
    guard Network.isReasonable(shape) else {
      throw ONNXError("input \"\(name.prefix(80))\": expected positive sizes, found \(dims)")
    }
    values[name] = .flow(Flow(value: .input(inputs.count), dims: dims, type: type))
    inputs.append(Network.Input(name: unique(name), shape: shape))
  }

  /// What a name stands for; nil for the empty name of an input that is left out.
  func value(_ name: String) throws -> Value? {
    if name.isEmpty { return nil }
    if let value = values[name] { return value }
    if let place = leftOut[name] {
      throw refuse("expected the first output of \(place) to be read, found \"\(name.prefix(80))\"")
    }
    guard let initializer = initializers[name] else {
      throw refuse(
        "expected inputs that the graph, a constant or a node before it gives, found "
          + "\"\(name.prefix(80))\": the graph has a cycle, or its nodes are out of order")
    }
    let array = try reader.array(initializer)
    if initializer.isExternal { allowance += 8 * array.count }
    values[name] = .constant(array)
    return .constant(array)
  }

  /// The node's input of that index; nil where it is left out.
  func input(_ index: Int) throws -> Value? {
    guard let inputs = node?.message.inputs, index < inputs.count else { return nil }
    return try value(inputs[index])
  }

  /// The node's input of that index, which must flow.
  func flow(_ index: Int) throws -> Flow {
    guard case .flow(let flow)? = try input(index) else {
      throw refuse(
        "expected input \(index + 1) to depend on the graph's inputs, found a constant or none")
    }
    return flow
  }

  /// The node's input of that index, which must be a constant; nil where it is left out.
  func constant(_ index: Int) throws -> NumericArray? {
    switch try input(index) {
    case nil: return nil
    case .constant(let array)?: return array
    case .flow?:
      throw refuse(
        "expected input \(index + 1) to be a constant, found one that depends on the graph's inputs"
      )
    }
  }

  /// The node's input of that index, which must be there and a constant.
  func neededConstant(_ index: Int, _ what: String) throws -> NumericArray {
    guard let array = try constant(index) else { throw refuse("expected \(what), found none") }
    return array
  }

  /// The node's input of that index as a list of integers; nil where it is left out.
  func constantIntegers(_ index: Int) throws -> [Int]? {
    guard let array = try constant(index) else { return nil }
    guard let integers = array.integers, array.shape.count <= 1 else {
      throw refuse(
        "expected integers as input \(index + 1), found \(array.type.rawValue) \(array.shape)")
    }
    return integers
  }

  func refuse(_ message: String) -> ONNXError {
    node?.refuse(message) ?? ONNXError(message)
  }

  // MARK: Shapes

  /// Of all axes those of an image; a single number is an image of one.
  func imageShape(_ dims: [Int]) -> [Int] {
    let shape = batch == nil ? dims : Array(dims.dropFirst())
    return shape.isEmpty ? [1] : shape
  }

  /// All axes of a value whose image has that shape.
  func dims(ofImage shape: [Int]) -> [Int] { batch.map { [$0] + shape } ?? shape }

  /// The axis of that index, counted from the end where it is negative.
  func axis(_ index: Int, rank: Int) throws -> Int {
    guard (-rank..<rank).contains(index) else {
      throw refuse("expected an axis from \(-rank) to \(rank - 1), found \(index)")
    }
    return index < 0 ? index + rank : index
  }

  /// The axis of an image that is an axis of the graph; the batch is none.
  func imageAxis(_ index: Int, rank: Int) throws -> Int {
    let axis = try axis(index, rank: rank)
    guard batch != nil else { return axis }
    guard axis > 0 else { throw refuse("expected the axes of an image, found the batch's") }
    return axis - 1
  }

  // MARK: Layers

  /// A name that no other layer or input has.
  func unique(_ wanted: String) -> String {
    var base = wanted.isEmpty ? "layer" : String(decoding: wanted.utf8.prefix(200), as: UTF8.self)
    if base.unicodeScalars.contains("\u{FFFD}") { base = "layer" }
    var name = base
    while !names.insert(name).inserted {
      let number = nextNumbers[base, default: 2]
      nextNumbers[base] = number + 1
      name = "\(base)_\(number)"
    }
    return name
  }

  /// The name of the next layer: from the name of its weight, or of the node.
  private func layerName(_ layer: any Layer, weight: String?) -> String {
    if let weight, weight.hasSuffix(".weight") { return String(weight.dropLast(7)) }
    let scopes = (node?.message.name ?? "").split(separator: "/").dropLast().map(String.init)
    guard !scopes.isEmpty else {
      let name = node?.message.name ?? ""
      return name.isEmpty || name.contains("/" as Character) ? layer.stem : name
    }
    var path: [String] = []
    for scope in scopes {
      if let last = path.last, scope.hasPrefix(last + ".") { path.removeLast() }
      path.append(scope)
    }
    return path.joined(separator: ".") + (weight == nil ? ".\(layer.stem)" : "")
  }

  /// Appends a layer; its parameters are in the layer's order.
  func emit(
    _ layer: any Layer, _ flows: [Flow], weight: String? = nil, parameters: [Tensor] = [],
    dims: [Int]? = nil
  ) throws -> Flow {
    let sources = flows.map { imageShape($0.dims) }
    let shape: [Int]
    do {
      shape = try layer.outputShape(of: sources)
    } catch let mismatch as ShapeMismatch {
      throw refuse(
        "\(layer.text): expected \(mismatch.expected), found \(mismatch.found): \(mismatch.advice)")
    }
    guard Network.isReasonable(shape) else {
      throw refuse("\(layer.text): expected a smaller output, found \(shape)")
    }
    let name = unique(layerName(layer, weight: weight))
    let descriptions = layer.parameters(of: sources)
    guard descriptions.map(\.shape) == parameters.map(\.shape) else {
      throw refuse(
        "\(layer.text): expected parameters \(descriptions.map(\.shape)), found \(parameters.map(\.shape))"
      )
    }
    try spend(parameters.reduce(0) { $0 + $1.count })
    for (description, tensor) in zip(descriptions, parameters) {
      tensors["\(name).\(description.name)"] = tensor
    }
    entries.append(GraphEntry(layer: layer, inputs: flows.map(\.value), name: name))
    shapes.append(shape)
    // A single number for each image has no axis but the batch.
    let usual = shape == sources[0] ? flows[0].dims : self.dims(ofImage: shape)
    return Flow(value: .node(entries.count - 1), dims: dims ?? usual, type: flows[0].type)
  }

  /// The same elements under other axes.
  func reshaped(_ flow: Flow, to dims: [Int]) throws -> Flow {
    var flow = flow
    let (from, to) = (imageShape(flow.dims), imageShape(dims))
    guard from.reduce(1, *) == to.reduce(1, *), batch == nil || dims.first == batch else {
      throw refuse("expected as many elements for every image, found \(flow.dims) and \(dims)")
    }
    if from == to {
      flow.dims = dims
      return flow
    }
    return try emit(to.count == 1 ? Flatten() : Reshape(to), [flow], dims: dims)
  }

  /// The value as images of the layers that know channels, rows and columns: where the graph has no batch, its first axis
  /// must have one place, which is left out.
  func image(_ flow: Flow) throws -> Flow {
    guard batch == nil else { return flow }
    guard flow.dims.count >= 2, flow.dims[0] == 1 else {
      throw refuse("expected images with the batch as the first axis, found \(flow.dims)")
    }
    return try reshaped(flow, to: Array(flow.dims.dropFirst()))
  }

  /// The value of images with the axis that `image` has left out.
  func graphValue(_ image: Flow) throws -> Flow {
    guard batch == nil else { return image }
    return try reshaped(image, to: [1] + image.dims)
  }

  /// The layer that computes a value, where there is one.
  func layer(of flow: Flow) -> (index: Int, entry: GraphEntry)? {
    guard case .node(let index) = flow.value else { return nil }
    return (index, entries[index])
  }
}
