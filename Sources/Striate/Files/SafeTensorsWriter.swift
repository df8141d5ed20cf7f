extension SafeTensors {
  /// Writes arrays of Floats, in the given order, and texts about them to the file at `path`.
  ///
  /// The file appears whole or not at all.
  ///
  /// - Precondition: names are unique, and none is "__metadata__".
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:],
    to path: String
  ) throws {
    let header = header(of: tensors, metadata: metadata)
    try AtomicFile.write(to: path) { file in
      try file.append(header)
      for (_, tensor) in tensors { try file.append(tensor.scalars.span.bytes) }
    }
  }

  /// The bytes that `write` puts into a file.
  public static func encode(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]
  ) -> [UInt8] {
    var bytes = header(of: tensors, metadata: metadata)
    for (_, tensor) in tensors {
      for scalar in tensor.scalars {
        withUnsafeBytes(of: scalar.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  /// The bytes of such a file.
  static func fileSize(
    of tensors: [(name: String, tensor: Tensor)], metadata: [String: String]
  ) -> Int {
    tensors.reduce(header(of: tensors, metadata: metadata).count) { $0 + 4 * $1.tensor.count }
  }

  /// The length and the header, with spaces at its end so that the data begins at a multiple of 8.
  private static func header(
    of tensors: [(name: String, tensor: Tensor)], metadata: [String: String]
  ) -> [UInt8] {
    precondition(
      Set(tensors.map(\.name)).count == tensors.count
        && !tensors.contains { $0.name == "__metadata__" },
      "SafeTensors: expected unique names other than __metadata__, found \(tensors.map(\.name))")
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }
        .map { "\($0.key.quotedAsJSON):\($0.value.quotedAsJSON)" }
      members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.count * 4
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(name.quotedAsJSON):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json += Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }
}
