/// A node that is imported: its operator and its constants, with the rules of the standard for what is left out.
struct ONNXNode {
  let message: ONNXNodeMessage
  /// The version of the standard's operators that the model is written in.
  let opset: Int
  private let attributes: [String: ONNXAttributeMessage]

  init(_ message: ONNXNodeMessage, opset: Int) throws {
    (self.message, self.opset) = (message, opset)
    var attributes: [String: ONNXAttributeMessage] = [:]
    for attribute in message.attributes {
      guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
        throw ONNXError(
          "\(message.place): expected attribute \"\(attribute.name)\" once, found it twice")
      }
    }
    self.attributes = attributes
  }

  var place: String { message.place }

  func refuse(_ text: String) -> ONNXError { ONNXError("\(place): \(text)") }

  func has(_ name: String) -> Bool { attributes[name] != nil }

  /// An attribute that is an integer.
  func integer(_ name: String, otherwise: Int) throws -> Int {
    guard let attribute = attributes[name] else { return otherwise }
    guard attribute.type == 2 || attribute.type == 0 else { throw wrong(name, "an integer") }
    return attribute.integer
  }

  /// An attribute that is a number, with the digits that a Float needs.
  func number(_ name: String, otherwise: Double) throws -> Double {
    guard let attribute = attributes[name] else { return otherwise }
    guard attribute.type == 1 || attribute.type == 0, attribute.float.isFinite else {
      throw wrong(name, "a finite number")
    }
    return attribute.float.decimal
  }

  /// An attribute that is a list of integers; nil where it is not there.
  func integers(_ name: String) throws -> [Int]? {
    guard let attribute = attributes[name] else { return nil }
    guard attribute.type == 7 || attribute.type == 0 else { throw wrong(name, "integers") }
    return attribute.integers
  }

  /// An attribute that is a list of numbers; nil where it is not there.
  func numbers(_ name: String) throws -> [Float]? {
    guard let attribute = attributes[name] else { return nil }
    guard attribute.type == 6 || attribute.type == 0 else { throw wrong(name, "numbers") }
    return attribute.floats
  }

  /// An attribute that is a word.
  func word(_ name: String, otherwise: String) throws -> String {
    guard let attribute = attributes[name] else { return otherwise }
    guard attribute.type == 3 || attribute.type == 0 else { throw wrong(name, "a text") }
    return String(decoding: attribute.text, as: UTF8.self)
  }

  /// An attribute that is an array.
  func tensor(_ name: String) -> ONNXTensorMessage? { attributes[name]?.tensor }

  private func wrong(_ name: String, _ expected: String) -> ONNXError {
    refuse("attribute \(name): expected \(expected), found something else")
  }

  /// Integers, one or two an axis, as `strides` and `pads` are.
  func sizes(_ name: String, count: Int, otherwise: Int) throws -> [Int] {
    guard let values = try integers(name) else { return Array(repeating: otherwise, count: count) }
    guard values.count == count else {
      throw refuse("attribute \(name): expected \(count) integers, found \(values.prefix(8))")
    }
    return values
  }
}

extension ONNXNodeMessage {
  /// The node for messages: its operator and its name.
  var place: String {
    let title =
      name.isEmpty
      ? (outputs.first.map { "that gives \"\($0.prefix(60))\"" } ?? "") : "\"\(name.prefix(80))\""
    return "node \(title) \((domain.isEmpty ? "" : domain + ".") + operatorType.prefix(60))"
  }
}

extension Float {
  /// The Double with the fewest digits that is this Float: 0.1 and not 0.10000000149.
  var decimal: Double { Double("\(self)") ?? Double(self) }
}
