import Striate

/// The binary version of CIFAR-10 and CIFAR-100: files of records, each a label or two and an image
/// [3, 32, 32] of bytes.
///
/// Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images";
/// https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
package struct CIFAR: Sendable {
  /// What is wrong with a file: which, expected, found, what to do.
  package struct InvalidFile: Error, CustomStringConvertible, Equatable {
    package let description: String
  }

  /// The folder in the published archive.
  package let folder: String
  /// The files with the images to train on, and the one to test with.
  package let trainingFiles: [String]
  package let testFile: String
  /// Bytes before an image; the class is the last of them.
  package let labelBytes: Int

  static let imageShape = [3, 32, 32]
  private static let pixels = 3 * 32 * 32

  package init(folder: String, trainingFiles: [String], testFile: String, labelBytes: Int) {
    (self.folder, self.trainingFiles) = (folder, trainingFiles)
    (self.testFile, self.labelBytes) = (testFile, labelBytes)
  }

  package static let cifar10 = CIFAR(
    folder: "cifar-10-batches-bin", trainingFiles: (1...5).map { "data_batch_\($0).bin" },
    testFile: "test_batch.bin", labelBytes: 1)

  /// Records of CIFAR-100 tell the superclass first.
  static let cifar100 = CIFAR(
    folder: "cifar-100-binary", trainingFiles: ["train.bin"], testFile: "test.bin", labelBytes: 2)

  /// All files.
  package var files: [String] { trainingFiles + [testFile] }

  /// The most bytes of one file that are read; the largest of CIFAR-100 has 153,700,000.
  private static let largestRead = 1 << 28

  /// Both parts, from the contents of the files by name. Errors begin with `place`, where they are.
  func pair(
    name: String, classNames: [String], place: String,
    _ contents: (_ file: String) throws -> [UInt8]
  ) throws -> DatasetPair {
    try DatasetPair(
      name: name,
      training: dataset(trainingFiles, classNames, place, contents),
      test: dataset([testFile], classNames, place, contents))
  }

  private func dataset(
    _ files: [String], _ classNames: [String], _ place: String,
    _ contents: (String) throws -> [UInt8]
  ) throws -> Dataset {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    let record = labelBytes + CIFAR.pixels
    for file in files {
      let bytes = try contents(file)
      guard !bytes.isEmpty, bytes.count % record == 0 else {
        throw InvalidFile(
          description: """
            \(place)\(file): CIFAR: expected records of \(record) bytes, found \(bytes.count) bytes, which is \
            no whole number of them: download or copy it again
            """)
      }
      let count = bytes.count / record
      pixels.reserveCapacity(files.count * count * CIFAR.pixels)
      for start in stride(from: 0, to: bytes.count, by: record) {
        let label = Int(bytes[start + labelBytes - 1])
        guard label < classNames.count else {
          throw InvalidFile(
            description: """
              \(place)\(file): CIFAR: expected labels from 0 to \(classNames.count - 1), found \(label) at \
              image \(start / record): download or copy it again
              """)
        }
        labels.append(label)
        pixels += bytes[start + labelBytes..<start + record]
      }
    }
    var dataset = try Dataset(
      imageShape: CIFAR.imageShape, pixels: .bytes(pixels), labels: labels, classNames: classNames)
    dataset.fitting = .centreCrop
    return dataset
  }

  /// The bytes of a file. Throws where it cannot be read, or is larger than any of CIFAR.
  static func contents(of path: String) throws -> [UInt8] {
    let size = try InputFile(path: path).size
    try check(size: size, of: path)
    return try InputFile.bytes(of: path, limit: size)
  }

  private static func check(size: Int, of file: String) throws {
    guard size <= largestRead else {
      throw InvalidFile(
        description: """
          \(file): CIFAR: expected at most \(largestRead) bytes, found \(size): \
          download or copy it again
          """)
    }
  }

  /// The files of the archive at `path`, by name.
  ///
  /// Throws where the archive is damaged or lacks one of them, or a file is larger than any of CIFAR.
  package func contents(ofArchive path: String) throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    var reader = try TarReader(path: path)
    while found.count < files.count, let entry = try reader.next() {
      let parts = entry.name.split(separator: "/")
      guard let name = parts.last.map(String.init), files.contains(name), parts.count <= 2 else {
        continue
      }
      try CIFAR.check(size: entry.size, of: path + ": " + name)
      found[name] = try reader.content()
    }
    if let missing = files.first(where: { found[$0] == nil }) {
      throw InvalidFile(
        description: """
          \(path): CIFAR: expected the file \(missing) in the archive, found none: \
          download or copy it again
          """)
    }
    return found
  }
}
