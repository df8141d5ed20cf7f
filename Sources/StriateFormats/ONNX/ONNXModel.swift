import Foundation
import Striate

/// A model in an ONNX file, as a network.
///
/// Constants, and what follows from them alone, are computed when the model is read; what is left becomes layers. The
/// first axis of the graph's inputs is the batch, which may have any size; where the graph is not one over a batch, all
/// of it is one image.
///
/// Source: the ONNX standard, operator sets 6 to 28; Documentation/ONNX.md lists the operators.
public struct ONNXModel: Sendable {
  /// An input or output.
  public struct Port: Sendable, Equatable {
    /// What the graph calls it.
    public let name: String
    /// Its axes as the graph has them; the first is nil where it is the batch.
    public let axes: [Int?]
    /// The type of its elements.
    public let type: NumericArray.ElementType
  }

  /// The network; nil where no output depends on an input.
  public let network: Network?

  /// What the graph is given.
  public let inputs: [Port]

  /// What the graph gives.
  public let outputs: [Port]

  /// The outputs that are constants.
  let constants: [Int: NumericArray]

  /// The versions of operators that are read.
  static let opsets = 6...28

  /// Reads the model in the file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file; data outside it are read from the same folder only.
  ///   - constants: Inputs that are part of the network instead, with their values.
  ///   - shapes: The extents of inputs, batch included, for axes whose size the file leaves open.
  ///
  /// Throws where the file cannot be read or is damaged, and `ONNXError` where a layer cannot be made of an operator.
  public init(
    contentsOf path: String, constants: [String: NumericArray] = [:], shapes: [String: [Int]] = [:]
  ) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().relativePath
    try self.init(
      bytes: InputFile.bytes(of: path), source: path, folder: folder, constants: constants,
      shapes: shapes)
  }

  /// Reads a model held in memory; errors call it `source`.
  public init(
    bytes: [UInt8], source: String, folder: String? = nil, constants: [String: NumericArray] = [:],
    shapes: [String: [Int]] = [:]
  ) throws {
    do {
      let message = try ONNXModelMessage(bytes)
      let reader = ONNXTensorReader(file: bytes, folder: folder)
      guard let graph = message.graph, !graph.nodes.isEmpty || !graph.outputs.isEmpty else {
        throw ONNXError("expected an ONNX model, found no graph in the file")
      }
      guard let opset = message.opsets[""], ONNXModel.opsets.contains(opset) else {
        let found = message.opsets[""].map { "\($0)" } ?? "none"
        throw ONNXError(
          "expected operators of version \(ONNXModel.opsets.lowerBound) to "
            + "\(ONNXModel.opsets.upperBound), found \(found): export the model with another opset_version"
        )
      }
      guard !graph.hasSparseInitializers else {
        throw ONNXError("expected dense initializers, found sparse ones")
      }
      let request = Request(
        graph: graph, opset: opset, reader: reader, constants: constants, shapes: shapes)
      do {
        self = try request.model(hasBatch: true)
      } catch {
        // What works on a batch is the better network; otherwise all is one image.
        do {
          self = try request.model(hasBatch: false)
        } catch let second {
          throw error is NoBatch ? second : error
        }
      }
    } catch let error as ProtobufReader.Damage {
      throw ONNXError("\(source): \(error)")
    } catch let error as ONNXError {
      throw ONNXError("\(source): \(error)")
    } catch let error as InvalidNetwork {
      throw ONNXError("\(source): \(error)")
    }
  }

  private init(
    network: Network?, inputs: [Port], outputs: [Port], constants: [Int: NumericArray]
  ) {
    (self.network, self.inputs, self.outputs) = (network, inputs, outputs)
    self.constants = constants
  }

  /// Whether another model computes the same.
  private func isSame(as other: ONNXModel) -> Bool {
    network?.architecture == other.network?.architecture
      && network?.parameters == other.network?.parameters
      && (inputs, outputs) == (other.inputs, other.outputs) && constants == other.constants
  }

  /// The inputs have no first axis in common.
  private struct NoBatch: Error {}

  /// What a model is made of.
  private struct Request {
    let graph: ONNXGraphMessage
    let opset: Int
    let reader: ONNXTensorReader
    let constants: [String: NumericArray]
    let shapes: [String: [Int]]

    /// Two sizes that stand for that of a batch that the file leaves open: no size of a graph is likely to be a
    /// multiple of them.
    static let openBatches = [7919, 6841]

    func model(hasBatch: Bool) throws -> ONNXModel {
      guard hasBatch else { return try imported(openBatch: nil).model }
      let (model, readsOpenBatch) = try imported(openBatch: Self.openBatches[0])
      guard readsOpenBatch else { return model }
      // A graph that only arranges its values by the size makes the same network of any.
      guard model.isSame(as: try imported(openBatch: Self.openBatches[1]).model) else {
        throw ONNXError(
          "expected numbers that do not depend on how many images a batch has, found a graph that "
            + "computes with it: export the model for a batch of one size")
      }
      return model
    }

    /// The model with a batch, of that size where the file leaves it open; or with all axes those of one image.
    private func imported(
      openBatch: Int?
    ) throws -> (model: ONNXModel, readsOpenBatch: Bool) {
      let hasBatch = openBatch != nil
      if let name = constants.keys.first(where: { name in !graph.inputs.contains { $0.name == name }
      }) {
        throw ONNXError(
          "expected constants for inputs of the graph, found \"\(name.prefix(80))\"")
      }
      let initialized = Set(graph.initializers.map(\.name))
      let inputs = graph.inputs.filter {
        !initialized.contains($0.name) && constants[$0.name] == nil
      }
      let dims = try inputs.map { try extents(of: $0, openBatch: openBatch) }
      var batch: Int?
      if hasBatch {
        guard let first = dims.first?.first, dims.allSatisfy({ $0.first == first }) else {
          throw NoBatch()
        }
        batch = first
      }
      let imported = GraphImport(
        opset: opset, batch: batch, reader: reader, initializers: graph.initializers)
      for (input, dims) in zip(inputs, dims) {
        guard imported.values[input.name] == nil else {
          throw ONNXError(
            "expected inputs with names of their own, found \"\(input.name.prefix(80))\" twice")
        }
        try imported.addInput(input.name, dims: dims, type: try type(of: input))
      }
      for (name, array) in constants { imported.values[name] = .constant(array) }
      for output in graph.outputs { imported.readers[output.name, default: 0] += 1 }
      try imported.importNodes(graph.nodes)
      let model = try model(imported, inputs: zip(inputs, dims).map { ($0, $1) })
      return (model, imported.readsBatch && batch == openBatch)
    }

    private func model(
      _ imported: GraphImport, inputs: [(ONNXValueMessage, [Int])]
    ) throws -> ONNXModel {
      var flows: [GraphImport.Flow] = []
      var fixed: [Int: NumericArray] = [:]
      var outputs: [Port] = []
      func axes(_ dims: [Int]) -> [Int?] {
        let axes = dims.map { Int?.some($0) }
        return imported.batch == nil ? axes : [Int?.none] + axes.dropFirst()
      }
      guard !graph.outputs.isEmpty else { throw ONNXError("expected outputs, found none") }
      for (index, output) in graph.outputs.enumerated() {
        switch try imported.value(output.name) {
        case .flow(let flow)?:
          flows.append(flow)
          outputs.append(Port(name: output.name, axes: axes(flow.dims), type: flow.type))
        case .constant(let array)?:
          fixed[index] = array
          outputs.append(Port(name: output.name, axes: array.shape, type: array.type))
        case nil: throw ONNXError("expected outputs with names, found one without")
        }
      }
      return ONNXModel(
        network: flows.isEmpty ? nil : try imported.network(outputs: flows),
        inputs: try inputs.map { Port(name: $0.name, axes: axes($1), type: try type(of: $0)) },
        outputs: outputs, constants: fixed)
    }

    private func type(of input: ONNXValueMessage) throws -> NumericArray.ElementType {
      guard let number = input.elementType, let type = ONNXTensorReader.elementType(number) else {
        let found = input.elementType.map { ONNXTensorReader.name(ofType: $0) } ?? "something else"
        throw ONNXError(
          "input \"\(input.name.prefix(80))\": expected a tensor of numbers, found \(found)")
      }
      return type
    }

    /// The extents of an input; an open batch has the size that stands for it.
    private func extents(of input: ONNXValueMessage, openBatch: Int?) throws -> [Int] {
      let hasBatch = openBatch != nil
      let name = "input \"\(input.name.prefix(80))\""
      let given = shapes[input.name]
      guard let axes = input.shape else {
        guard let given else { throw ONNXError("\(name): expected a shape, found none") }
        return given
      }
      guard axes.count <= 16, given?.count ?? axes.count == axes.count else {
        throw ONNXError("\(name): expected \(axes.count) axes, found \(given ?? [])")
      }
      return try axes.enumerated().map { index, axis in
        switch axis {
        case .known(let size) where hasBatch && index == 0 && size > 1 << 24:
          throw ONNXError("\(name): expected a batch of at most \(1 << 24), found \(size)")
        case .known(let size) where size > 0:
          if let given, given[index] != size, !(hasBatch && index == 0) {
            throw ONNXError(
              "\(name): expected \(size) places on axis \(index), found \(given[index])")
          }
          return size
        case .known(let size) where size < 0:
          throw ONNXError("\(name): expected sizes that are not negative, found \(size)")
        default:
          if let openBatch, index == 0 { return openBatch }
          if let given { return given[index] }
          throw ONNXError(
            "\(name): expected a size of axis \(index), which the file leaves open: "
              + "export the model for one size")
        }
      }
    }
  }
}
