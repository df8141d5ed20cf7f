import Striate

/// Files of several arrays, as numpy.savez and numpy.savez_compressed write them: a zip archive of .npy files.
public enum NPZ {
  /// The arrays of the file at `path`, each under its name without ".npy".
  ///
  /// Throws where the file cannot be read, is no such archive, or two arrays have one name.
  public static func read(contentsOf path: String) throws -> [(name: String, array: NumericArray)] {
    try decode(InputFile.bytes(of: path), source: path)
  }

  /// The arrays of a file in memory; errors call it `source`.
  public static func decode(
    _ bytes: [UInt8], source: String
  ) throws(InvalidArrayFile) -> [(name: String, array: NumericArray)] {
    var names: Set<String> = []
    var arrays: [(name: String, array: NumericArray)] = []
    for entry in try Zip.decode(bytes, source: source) {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      guard names.insert(name).inserted else {
        throw InvalidArrayFile(
          source, "npz: expected names of their own, found \"\(name.prefix(40))\" twice")
      }
      let array = try NPY.decode(entry.bytes, source: "\(source): \"\(name.prefix(40))\"")
      arrays.append((name, array))
    }
    return arrays
  }

  /// Writes arrays to the file at `path`, whole or not at all.
  ///
  /// Throws where a type is none of NumPy's, the arrays have 4 GiB or more, or the file cannot be written.
  public static func write(
    _ arrays: [(name: String, array: NumericArray)], to path: String
  ) throws {
    let bytes = try encode(arrays, source: path)
    try AtomicFile.write(to: path) { file in try file.append(bytes.span.bytes) }
  }

  /// The file of arrays; errors call it `source`.
  public static func encode(
    _ arrays: [(name: String, array: NumericArray)], source: String
  ) throws(InvalidArrayFile) -> [UInt8] {
    var entries: [Zip.Entry] = []
    for (name, array) in arrays {
      entries.append(
        Zip.Entry(name: name + ".npy", bytes: try NPY.encode(array, source: source)))
    }
    return try Zip.encode(entries, source: source)
  }
}
