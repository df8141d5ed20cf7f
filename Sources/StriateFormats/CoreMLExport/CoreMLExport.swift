import Striate

/// A network as a Core ML model (`.mlmodel`, a neural network), for programs on Apple's systems.
///
/// The model computes what the network computes in use, for one image at a time. With the preprocessing it takes a
/// picture, where the network takes one or three channels, and gives a class and the probabilities of all classes, where
/// the network has their names; without, it takes and gives arrays, as the network does.
///
/// ```swift
/// try CoreMLExport(network, options: .init(includesPreprocessing: true)).write(to: "Digits.mlmodel")
/// ```
///
/// It was compared with Apple's description of the format, computed by another program; it was not run by Apple's own.
/// Source: the Core ML format specification, apple.github.io/coremltools/mlmodel.
public struct CoreMLExport: Sendable {
  /// How a model is written.
  public struct Options: Sendable, Equatable {
    /// Whether the model begins with the preprocessing and ends with the classes.
    public var includesPreprocessing: Bool
    /// The version of the program that the model names.
    public var producerVersion: String

    /// Options.
    public init(includesPreprocessing: Bool = false, producerVersion: String = "") {
      self.includesPreprocessing = includesPreprocessing
      self.producerVersion = producerVersion
    }
  }

  /// A network that Core ML cannot say: what was expected, what was found, what to do.
  public struct Refusal: Error, CustomStringConvertible, Equatable {
    /// The whole message.
    public let description: String
  }

  /// What the model takes or gives.
  public struct Feature: Sendable, Equatable {
    /// What kind of value it is.
    public enum Kind: Sendable, Equatable {
      /// A picture of one channel (gray) or three (red, green, blue), pixels from 0 to 255.
      case picture(channels: Int, height: Int, width: Int)
      /// Floats, in an array of that shape. The batch of one is its first axis.
      case array([Int])
      /// The name of a class.
      case className
      /// The probability of each class under its name.
      case probabilities
    }

    /// The name.
    public let name: String
    /// The kind.
    public let kind: Kind
  }

  /// The options that the model was made with.
  public let options: Options
  /// What the model is given.
  public let inputs: [Feature]
  /// What the model gives.
  public let outputs: [Feature]

  private let graphInputs: [ONNXExport.Value]
  private let graphOutputs: [ONNXExport.Value]
  private let layers: [Layer]
  private let version: Int
  private let classNames: [String]
  /// The value with the probabilities; nil where the model gives arrays.
  private let probabilities: String?
  private let metadata: [(key: String, value: String)]

  /// The model of a network.
  ///
  /// Throws `Refusal` where a layer has no counterpart in Core ML; nothing is written then.
  public init(_ network: Network, options: Options = Options()) throws {
    self.options = options
    let includes = options.includesPreprocessing
    let graph: ONNXExport.Graph
    do {
      // The oldest operators are the plainest.
      graph = try ONNXExport.Graph(
        network, opset: ONNXExport.opsets.lowerBound, includesPreprocessing: includes,
        resizesWithMatrices: true)
    } catch let refusal as ONNXExport.Refusal {
      throw Refusal(description: refusal.description)
    }
    var translation = try Translation(graph)
    (graphInputs, graphOutputs) = (graph.inputs, graph.outputs)
    let features = graph.inputs.enumerated().map { index, value in
      let shape = value.shape
      let isPicture = includes && index == 0 && shape.count == 3 && [1, 3].contains(shape[0])
      return Feature(
        name: value.name,
        kind: isPicture
          ? .picture(channels: shape[0], height: shape[1], width: shape[2]) : .array([1] + shape))
    }
    inputs = features
    metadata = ONNXExport.metadata(of: network, includesPreprocessing: includes).map { entry in
      guard entry.key == "striate.input", case .picture = features[0].kind else { return entry }
      return (entry.key, "a picture, pixels from 0 to 255")
    }
    classNames = network.preprocessing.classNames
    let results = includes && graph.outputs.count == 1 ? graph.outputs[0].shape : []
    if classNames.count > 1,
      results == [classNames.count] || results == [1] && classNames.count == 2
    {
      probabilities = translation.addProbabilities(of: network, result: graph.outputs[0])
      outputs = [
        Feature(name: translation.fresh("class"), kind: .className),
        Feature(name: translation.fresh("classProbabilities"), kind: .probabilities),
      ]
    } else {
      probabilities = nil
      outputs = graph.outputs.map { Feature(name: $0.name, kind: .array([1] + $0.shape)) }
    }
    layers = translation.layers
    version = translation.needsVersionFive ? 5 : 4
  }

  /// How many layers the model has, constants among them.
  public var layerCount: Int { layers.count }

  /// The kind of each layer as the format calls it, in order.
  public var layerKinds: [String] { layers.map { "\($0.kind)" } }

  /// Numbers for the model's inputs and what the network makes of them, under the names of its values: what another
  /// program must compute too. Pixels are from 0 to 1, and what the network gives is not yet a probability where the
  /// model makes it one.
  ///
  /// Throws where the network does not fit into memory.
  public func example(
    of network: Network, seed: UInt64
  ) throws -> [(name: String, tensor: Tensor)] {
    try ONNXExport.example(
      of: network, inputs: graphInputs, outputs: graphOutputs,
      includesPreprocessing: options.includesPreprocessing, batchSize: 1, seed: seed)
  }

  /// The whole model in memory. Throws `Refusal` where it would be larger than the format allows.
  public var bytes: [UInt8] {
    get throws {
      var bytes: [UInt8] = []
      let pieces = try pieces()
      bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
      for piece in pieces { bytes += piece }
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
      for piece in pieces { try file.append(piece.span.bytes) }
    }
    return pieces.reduce(0) { $0 + $1.count }
  }

  /// The model piece by piece: what stands before the layers, each layer, what stands after them.
  private func pieces() throws -> [[UInt8]] {
    let items = layers.map { layer in
      var head = ProtobufWriter()
      head.beginField(1, length: layer.message.bytes.count)
      return (head.bytes, layer.message.bytes)
    }
    let layerBytes = items.reduce(0) { $0 + $1.0.count + $1.1.count }
    let tail = networkEnd.bytes
    var head = ProtobufWriter()
    head.add(1, version)
    head.add(2, modelDescription)
    // A classifier is another field of the model than a network.
    head.beginField(probabilities == nil ? 500 : 403, length: layerBytes + tail.count)
    let size = head.bytes.count + layerBytes + tail.count
    guard size <= ONNXExport.ModelPieces.sizeLimit else {
      throw Refusal(
        description: "network: expected a Core ML model of at most "
          + "\(ONNXExport.ModelPieces.sizeLimit) bytes, found \(size): the format holds no larger "
          + "one in one file")
    }
    return [head.bytes] + items.flatMap { [$0.0, $0.1] } + [tail]
  }

  /// What follows the layers in `NeuralNetwork` and `NeuralNetworkClassifier`.
  private var networkEnd: ProtobufWriter {
    ProtobufWriter { message in
      for case .picture(_, _, _) in inputs.map(\.kind) {
        message.add(
          2,
          ProtobufWriter { preprocessing in
            preprocessing.add(1, inputs[0].name)
            preprocessing.add(10, ProtobufWriter { $0.add(10, Float(1) / 255) })
          })
      }
      // Inputs have exactly the axes that are said.
      message.add(5, 1)
      message.add(6, 1)
      if let probabilities {
        message.add(100, ProtobufWriter { for name in classNames { $0.add(1, name) } })
        message.add(200, probabilities)
      }
    }
  }

  private var modelDescription: ProtobufWriter {
    ProtobufWriter { message in
      for input in inputs { message.add(1, input.message) }
      for output in outputs { message.add(10, output.message) }
      if probabilities != nil {
        message.add(11, outputs[0].name)
        message.add(12, outputs[1].name)
      }
      message.add(
        100,
        ProtobufWriter { about in
          about.add(1, "A network of Striate")
          about.add(2, options.producerVersion)
          for (key, value) in metadata {
            about.add(
              100,
              ProtobufWriter {
                $0.add(1, key)
                $0.add(2, value)
              })
          }
        })
    }
  }
}

extension CoreMLExport.Feature {
  /// `FeatureDescription`.
  fileprivate var message: ProtobufWriter {
    ProtobufWriter {
      $0.add(1, name)
      $0.add(3, kind.message)
    }
  }
}

extension CoreMLExport.Feature.Kind {
  /// `FeatureType`.
  fileprivate var message: ProtobufWriter {
    ProtobufWriter { message in
      switch self {
      case .className: message.add(3, ProtobufWriter())
      case .probabilities:
        // A dictionary whose keys are strings.
        message.add(6, ProtobufWriter { $0.add(2, ProtobufWriter()) })
      case .picture(let channels, let height, let width):
        message.add(
          4,
          ProtobufWriter {
            $0.add(1, width)
            $0.add(2, height)
            $0.add(3, channels == 1 ? 10 : 20)
          })
      case .array(let shape):
        message.add(
          5,
          ProtobufWriter {
            $0.add(1, packed: shape)
            $0.add(2, 65568)
          })
      }
    }
  }
}
