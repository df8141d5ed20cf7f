// How the messages of an ONNX file are read: fields by their numbers in onnx.proto.

extension ONNXModelMessage {
  init(_ file: [UInt8]) throws(ProtobufReader.Damage) {
    var reader = ProtobufReader(file)
    while let (number, value) = try reader.next() {
      switch number {
      case 7: graph = try ONNXGraphMessage(reader.message(value))
      case 8:
        var (domain, version) = ("", 0)
        var opset = try reader.message(value)
        while let (number, value) = try opset.next() {
          if number == 1 { domain = try opset.text(value) }
          if number == 2 { version = try opset.integer(value) }
        }
        opsets[domain == "ai.onnx" ? "" : domain] = version
      default: break
      }
    }
  }
}

extension ONNXGraphMessage {
  init(_ message: ProtobufReader) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      switch number {
      case 1: nodes.append(try ONNXNodeMessage(reader.message(value)))
      case 2: name = try reader.text(value)
      case 5: initializers.append(try ONNXTensorMessage(reader.message(value)))
      case 11: inputs.append(try ONNXValueMessage(reader.message(value)))
      case 12: outputs.append(try ONNXValueMessage(reader.message(value)))
      case 15: hasSparseInitializers = true
      default: break
      }
    }
  }
}

extension ONNXNodeMessage {
  init(_ message: ProtobufReader) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      switch number {
      case 1: inputs.append(try reader.text(value))
      case 2: outputs.append(try reader.text(value))
      case 3: name = try reader.text(value)
      case 4: operatorType = try reader.text(value)
      case 5: attributes.append(try ONNXAttributeMessage(reader.message(value)))
      case 7:
        let domain = try reader.text(value)
        self.domain = domain == "ai.onnx" ? "" : domain
      default: break
      }
    }
  }
}

extension ONNXAttributeMessage {
  init(_ message: ProtobufReader) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      switch number {
      case 1: name = try reader.text(value)
      case 2: float = try reader.float(value)
      case 3: integer = try reader.integer(value)
      case 4: text = Array(reader.file[try reader.range(value)])
      case 5: tensor = try ONNXTensorMessage(reader.message(value))
      case 7: try reader.append(value, to: &floats)
      case 8: try reader.append(value, to: &integers)
      case 20: type = try reader.integer(value)
      default: break
      }
    }
  }
}

extension ONNXTensorMessage {
  init(_ message: ProtobufReader) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      switch number {
      case 1: try reader.append(value, to: &shape)
      case 2: dataType = try reader.integer(value)
      case 4: try reader.append(value, to: &floats)
      case 5, 7, 11: try reader.append(value, to: &integers)
      case 8: name = try reader.text(value)
      case 9: rawRange = try reader.range(value)
      case 10: try reader.append(value, to: &doubles)
      case 13:
        var (key, text) = ("", "")
        var entry = try reader.message(value)
        while let (number, value) = try entry.next() {
          if number == 1 { key = try entry.text(value) }
          if number == 2 { text = try entry.text(value) }
        }
        external[key] = text
      case 14: isExternal = try reader.integer(value) == 1
      default: break
      }
    }
  }
}

extension ONNXValueMessage {
  init(_ message: ProtobufReader) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      if number == 1 { name = try reader.text(value) }
      guard number == 2 else { continue }
      var type = try reader.message(value)
      while let (number, value) = try type.next() {
        if number == 1 { try readTensorType(type.message(value)) }
      }
    }
  }

  private mutating func readTensorType(
    _ message: ProtobufReader
  ) throws(ProtobufReader.Damage) {
    var reader = message
    while let (number, value) = try reader.next() {
      if number == 1 { elementType = try reader.integer(value) }
      guard number == 2 else { continue }
      var axes: [Extent] = []
      var shape = try reader.message(value)
      while let (number, value) = try shape.next() {
        guard number == 1 else { continue }
        var extent = Extent.unknown
        var axis = try shape.message(value)
        while let (number, value) = try axis.next() {
          if number == 1 { extent = .known(try axis.integer(value)) }
          if number == 2 { extent = .named(try axis.text(value)) }
        }
        axes.append(extent)
      }
      self.shape = axes
    }
  }
}
