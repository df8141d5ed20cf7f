import Striate

/// A state dict as `torch.save` writes it: a zip archive with a pickle that names the arrays, and a file for each
/// array's numbers.
///
///     archive/data.pkl      {"conv1.weight": tensor(storage 0, offset, shape, stride), …}
///     archive/data/0        the numbers of storage 0
///     archive/byteorder     "little"
///
/// The pickle is read by `Unpickler`, which knows tensors and containers and calls nothing.
///
/// Source: torch/serialization.py, torch/_utils.py and the notes on serialization of PyTorch 2.13.
package struct TorchFile: Sendable {
  let source: String
  /// The tensors of the state dict, in its order.
  package let tensors: [(name: String, tensor: PickledTensor)]

  /// How many times over all tensors may name the numbers of all storages: a small file of very many tensors would
  /// otherwise take hours to read.
  private static let sharing = 16

  private let storages: [String: [UInt8]]
  private let index: [String: Int]

  package init(bytes: [UInt8], source: String) throws {
    func refuse(_ message: String) -> StateDict.Failure {
      StateDict.Failure(description: "\(source): \(message)")
    }
    let archive = try Zip.decode(bytes, source: source)
    let pickle = try TorchFile.pickle(of: archive, refuse: refuse)
    let prefix = String(pickle.name.dropLast("data.pkl".count))
    let files = Dictionary(
      archive.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    if let order = files[prefix + "byteorder"], order != Array("little".utf8) {
      throw refuse("expected little-endian numbers, found others: save the file on another machine")
    }
    var unpickler = Unpickler(pickle.bytes, source: source)
    tensors = try unpickler.stateDict()
    var storages: [String: [UInt8]] = [:]
    var (elements, stored) = (0, 0)
    for (name, tensor) in tensors {
      let storage = tensor.storage
      guard let numbers = files[prefix + "data/" + storage.key] else {
        throw refuse(
          "tensor \"\(name)\": expected its numbers in data/\(storage.key), found no such file")
      }
      guard numbers.count / storage.type.size >= storage.count else {
        throw refuse(
          "tensor \"\(name)\": expected \(storage.count) numbers of \(storage.type.size) bytes in "
            + "data/\(storage.key), found \(numbers.count) bytes")
      }
      if storages.updateValue(numbers, forKey: storage.key) == nil { stored += storage.count }
      elements =
        elements.addingReportingOverflow(tensor.count).overflow ? .max : elements + tensor.count
    }
    guard elements <= TorchFile.sharing * stored else {
      throw refuse(
        "expected storages that at most \(TorchFile.sharing) tensors share, found \(elements) numbers "
          + "in tensors and \(stored) in storages: save copies with clone()")
    }
    self.storages = storages
    index = Dictionary(
      tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.source = source
  }

  /// The pickle of an archive in memory.
  package static func pickle(of bytes: [UInt8], source: String) throws -> [UInt8] {
    try pickle(of: Zip.decode(bytes, source: source)) { message in
      StateDict.Failure(description: "\(source): \(message)")
    }.bytes
  }

  private static func pickle(
    of archive: [Zip.Entry], refuse: (String) -> StateDict.Failure
  ) throws -> Zip.Entry {
    let pickles = archive.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
    guard pickles.count == 1 else {
      throw refuse(
        "expected the zip archive of torch.save with one data.pkl, found \(pickles.count): save "
          + "model.state_dict() with torch.save")
    }
    return pickles[0]
  }

  /// The tensor of that name as Floats, in rows.
  package func tensor(named name: String) throws -> Tensor {
    func refuse(_ message: String) -> StateDict.Failure {
      StateDict.Failure(description: "\(source): tensor \"\(name)\": \(message)")
    }
    guard let place = index[name] else { throw refuse("expected it in the file, found none") }
    let tensor = tensors[place].tensor
    guard tensor.count > 0 else { throw refuse("expected numbers, found \(tensor.shape)") }
    guard let read = tensor.storage.type.reader, let bytes = storages[tensor.storage.key] else {
      throw refuse(
        "expected floating-point numbers, found \(tensor.storage.type.rawValue): convert it first")
    }
    let size = tensor.storage.type.size
    let span = bytes.span.bytes
    var scalars: [Float] = []
    scalars.reserveCapacity(tensor.count)
    tensor.forEachPlace { scalars.append(read(span, $0 * size)) }
    return Tensor(shape: tensor.shape, scalars: scalars)
  }
}

/// A tensor of a pickle: a view of a storage.
package struct PickledTensor: Sendable, Equatable {
  package let storage: PickledStorage
  let offset: Int
  let shape: [Int]
  let stride: [Int]

  /// The number of elements.
  package var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }

  /// Calls `body` with the place in the storage of every element, row by row.
  func forEachPlace(_ body: (Int) -> Void) {
    guard count > 0 else { return }
    guard let last = shape.indices.last else { return body(offset) }
    var position = Array(repeating: 0, count: shape.count)
    var row = offset
    while true {
      for k in 0..<shape[last] { body(row + k * stride[last]) }
      var axis = last - 1
      while axis >= 0 {
        position[axis] += 1
        row += stride[axis]
        if position[axis] < shape[axis] { break }
        row -= stride[axis] * shape[axis]
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// Numbers one behind the other, in a file of the archive.
package struct PickledStorage: Sendable, Equatable {
  let type: ElementType
  let key: String
  /// The number of elements.
  package let count: Int

  /// PyTorch's name of a storage's class.
  package enum ElementType: String, Sendable {
    case float = "FloatStorage", double = "DoubleStorage", half = "HalfStorage"
    case bfloat16 = "BFloat16Storage"
    case long = "LongStorage", int = "IntStorage", short = "ShortStorage", char = "CharStorage"
    case byte = "ByteStorage", bool = "BoolStorage"

    /// Bytes an element.
    var size: Int {
      switch self {
      case .double, .long: 8
      case .float, .int: 4
      case .half, .bfloat16, .short: 2
      case .char, .byte, .bool: 1
      }
    }

    /// How a number of floating point is read; nil for integers and truth values.
    var reader: ((RawSpan, Int) -> Float)? {
      switch self {
      case .float: { $0.unsafeLoadUnaligned(fromByteOffset: $1, as: Float.self) }
      case .double: { Float($0.unsafeLoadUnaligned(fromByteOffset: $1, as: Double.self)) }
      case .half:
        {
          HalfPrecision.float($0.unsafeLoadUnaligned(fromByteOffset: $1, as: UInt16.self))
        }
      case .bfloat16:
        {
          let bits = $0.unsafeLoadUnaligned(fromByteOffset: $1, as: UInt16.self)
          return Float(bitPattern: UInt32(bits) << 16)
        }
      case .long, .int, .short, .char, .byte, .bool: nil
      }
    }
  }
}
