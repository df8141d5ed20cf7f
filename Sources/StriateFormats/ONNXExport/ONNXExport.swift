import Striate

/// A network as an ONNX model, for ONNX Runtime and every other program that reads the format.
///
/// The graph computes what the network computes in use: dropout and stochastic depth are gone, batch normalisation uses
/// its running statistics. The batch is an axis of any size. Initializers have the names of the network's parameters.
///
/// ```swift
/// try ONNXExport(network).write(to: "model.onnx")
/// ```
///
/// Source: the ONNX specification, onnx.ai/onnx/repo-docs/IR.html, and its operators, onnx.ai/onnx/operators.
public struct ONNXExport: Sendable {
  /// How a model is written.
  public struct Options: Sendable, Equatable {
    /// The version of ONNX's operators.
    public var opset: Int
    /// Whether the graph begins with the preprocessing, and so takes pixels from 0 to 1.
    public var includesPreprocessing: Bool
    /// The version of the program that the model names as its producer.
    public var producerVersion: String

    /// Options.
    public init(
      opset: Int = 18, includesPreprocessing: Bool = false, producerVersion: String = ""
    ) {
      (self.opset, self.includesPreprocessing) = (opset, includesPreprocessing)
      self.producerVersion = producerVersion
    }
  }

  /// A network that ONNX cannot say: which layer, what was expected, what was found, what to do.
  public struct Refusal: Error, CustomStringConvertible, Equatable {
    /// The whole message.
    public let description: String
  }

  /// The versions of the operators that can be asked for.
  public static let opsets = 13...23

  /// The options that the model was made with.
  public let options: Options

  let graph: Graph
  private let metadata: [(key: String, value: String)]

  /// The model of a network.
  ///
  /// Throws `Refusal` where a layer has no counterpart in ONNX; nothing is written then.
  public init(_ network: Network, options: Options = Options()) throws {
    guard ONNXExport.opsets.contains(options.opset) else {
      throw Refusal(
        description: "opset: expected \(ONNXExport.opsets.lowerBound) to "
          + "\(ONNXExport.opsets.upperBound), found \(options.opset)")
    }
    self.options = options
    graph = try Graph(
      network, opset: options.opset, includesPreprocessing: options.includesPreprocessing)
    metadata = ONNXExport.metadata(
      of: network, includesPreprocessing: options.includesPreprocessing)
  }

  /// How many operators the graph has.
  public var nodeCount: Int { graph.nodes.count }

  /// What each operator is called, in the order of the graph.
  public var operators: [String] { graph.nodes.map(\.operation) }

  /// What the model is given: names, and shapes without the batch.
  public var inputs: [(name: String, shape: [Int])] {
    graph.inputs.map { ($0.name, $0.shape) }
  }

  /// What the model gives: names, and shapes without the batch.
  public var outputs: [(name: String, shape: [Int])] {
    graph.outputs.map { ($0.name, $0.shape) }
  }

  /// The whole model in memory.
  public var bytes: [UInt8] {
    get throws {
      var bytes: [UInt8] = []
      let pieces = try pieces()
      bytes.reserveCapacity(pieces.size)
      pieces.forEach { piece in bytes += piece }
      return bytes
    }
  }

  /// Writes the model to the file at `path`, whole or not at all; returns the file's size.
  ///
  /// Throws `AtomicFile.Failure` where it cannot be written, `Refusal` where it would be larger than the format allows.
  @discardableResult
  public func write(to path: String) throws -> Int {
    let pieces = try pieces()
    try AtomicFile.write(to: path) { file in
      try pieces.forEach { piece in try file.append(piece.span.bytes) }
    }
    return pieces.size
  }

  private func pieces() throws -> ModelPieces {
    try ModelPieces(graph, options: options, metadata: metadata)
  }

  /// What the model says about its numbers, for programs that feed it.
  static func metadata(
    of network: Network, includesPreprocessing: Bool
  ) -> [(key: String, value: String)] {
    func list(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }
    let preprocessing = network.preprocessing
    var entries: [(key: String, value: String)] = []
    if !preprocessing.mean.isEmpty {
      entries.append(("striate.mean", list(preprocessing.mean.map { "\($0)" })))
    }
    if !preprocessing.standardDeviation.isEmpty {
      entries.append(
        ("striate.standard_deviation", list(preprocessing.standardDeviation.map { "\($0)" })))
    }
    entries.append(
      (
        "striate.input",
        includesPreprocessing
          || (preprocessing.mean.isEmpty && preprocessing.standardDeviation.isEmpty)
          ? "pixels from 0 to 1" : "(pixels from 0 to 1 - mean) / standard_deviation"
      ))
    if !preprocessing.classNames.isEmpty {
      entries.append(
        ("striate.class_names", list(preprocessing.classNames.map(\.quotedAsJSON))))
    }
    if let meaning = preprocessing.outputMeaning {
      entries.append(("striate.output_meaning", meaning.rawValue))
    }
    return entries
  }
}
