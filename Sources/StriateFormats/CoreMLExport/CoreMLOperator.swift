import Striate

extension CoreMLExport {
  /// An ONNX operator, and what it is told.
  struct Operator {
    let operation: String
    let inputs: [String]
    let output: String
    let outputCount: Int
    private let attributes: [String: ONNXExport.Attribute]

    init(_ node: ONNXExport.Node) {
      operation = node.operation
      inputs = node.inputs
      output = node.outputs[0]
      outputCount = node.outputs.count
      attributes = Dictionary(uniqueKeysWithValues: node.attributes.map { ($0.name, $0.value) })
    }

    func has(_ name: String) -> Bool { attributes[name] != nil }

    func integer(_ name: String) -> Int {
      guard case .integer(let value) = attributes[name] else { missing(name) }
      return value
    }

    func integers(_ name: String) -> [Int] {
      guard case .integers(let values) = attributes[name] else { missing(name) }
      return values
    }

    func float(_ name: String) -> Double {
      guard case .float(let value) = attributes[name] else { missing(name) }
      return value
    }

    func string(_ name: String) -> String {
      guard case .string(let value) = attributes[name] else { missing(name) }
      return value
    }

    private func missing(_ name: String) -> Never {
      preconditionFailure("CoreMLExport: expected \(operation) with \(name), found none")
    }
  }
}

extension ONNXExport.Initializer {
  /// The numbers as Floats.
  var floats: [Float] {
    switch values {
    case .floats(let values): values
    case .integers(let values): values.map { Float($0) }
    }
  }
}
