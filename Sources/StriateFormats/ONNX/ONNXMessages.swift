// The messages of an ONNX file, as far as networks need them: a field keeps the name of the standard.
//
// Source: onnx.proto of ONNX IR version 10.

/// A model: which operators it is written in, and its graph.
struct ONNXModelMessage {
  /// The version of the operators of each domain; "" is the standard's own.
  var opsets: [String: Int] = [:]
  var graph: ONNXGraphMessage?
}

/// Nodes in the order in which they run, and what enters and leaves.
struct ONNXGraphMessage {
  var name = ""
  var nodes: [ONNXNodeMessage] = []
  var initializers: [ONNXTensorMessage] = []
  var inputs: [ONNXValueMessage] = []
  var outputs: [ONNXValueMessage] = []
  var hasSparseInitializers = false
}

/// One operator: what it reads and writes, by name.
struct ONNXNodeMessage {
  var name = ""
  var operatorType = ""
  var domain = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [ONNXAttributeMessage] = []
}

/// A named constant of a node.
struct ONNXAttributeMessage {
  var name = ""
  var type = 0
  var float: Float = 0
  var integer = 0
  var text: [UInt8] = []
  var tensor: ONNXTensorMessage?
  var floats: [Float] = []
  var integers: [Int] = []
}

/// An array under a name.
struct ONNXTensorMessage {
  var name = ""
  var shape: [Int] = []
  var dataType = 0
  var floats: [Float] = []
  var doubles: [Double] = []
  /// The integers of int32_data, int64_data or uint64_data.
  var integers: [Int] = []
  /// Where the little-endian bytes lie in the model's file.
  var rawRange: Range<Int>?
  /// Keys and values that say in which other file the bytes lie.
  var external: [String: String] = [:]
  var isExternal = false
}

/// A value's name, type and shape.
struct ONNXValueMessage {
  /// The extent of an axis.
  enum Extent: Equatable {
    case known(Int)
    case named(String)
    case unknown
  }

  var name = ""
  /// The element's type; nil for what is no tensor.
  var elementType: Int?
  /// The axes; nil where nothing is said.
  var shape: [Extent]?
}
