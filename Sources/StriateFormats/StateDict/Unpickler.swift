import Striate

/// Reads the pickle of a state dict: names, tensors and containers, and nothing that could run code.
///
/// A pickle is a program for a small stack machine. This one knows the instructions that `torch.save` writes for
/// state dicts, in protocols 2 to 5, and of the classes it may name only those in `Word`; everything else is refused.
/// Containers lie in one list and refer to each other by number, so that nothing is deep and nothing is cyclic.
///
/// Source: CPython's Lib/pickletools.py; torch/_utils.py of PyTorch 2.13.
package struct Unpickler {
  /// What a pickle may name.
  enum Word: Equatable {
    case orderedDict
    case rebuildTensor
    case rebuildParameter
    case storage(PickledStorage.ElementType)

    init?(module: String, name: String) {
      switch (module, name) {
      case ("collections", "OrderedDict"): self = .orderedDict
      case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
      case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
      case ("torch", let name):
        guard let type = PickledStorage.ElementType(rawValue: name) else { return nil }
        self = .storage(type)
      default: return nil
      }
    }
  }

  /// What lies on the stack. Containers are places in `lists` and `dictionaries`.
  enum Value {
    case mark
    case none
    case bool(Bool)
    case integer(Int)
    case float
    case string(String)
    case list(Int)
    case dictionary(Int)
    case word(Word)
    indirect case storage(PickledStorage)
    indirect case tensor(PickledTensor)
  }

  let source: String
  let bytes: [UInt8]
  var position = 0
  var stack: [Value] = []
  var memo: [Int: Value] = [:]
  /// Instructions done so far.
  var instructions = 0
  /// Tuples and lists.
  var lists: [[Value]] = []
  var dictionaries: [[(key: Value, value: Value)]] = []

  /// The most instructions: a tensor takes some 45, and each may add a value to memory.
  static let instructionLimit = 1 << 19

  /// The most axes of a tensor.
  static let axisLimit = 16

  /// The most bytes of a storage's key.
  static let keyLimit = 256

  package init(_ bytes: [UInt8], source: String) { (self.bytes, self.source) = (bytes, source) }

  func refuse(_ message: String) -> StateDict.Failure {
    StateDict.Failure(description: "\(source): data.pkl, byte \(position): \(message)")
  }

  /// The tensors of the state dict: of the object itself, or where that is a checkpoint, of what it has under
  /// "state_dict", "model_state_dict" or "model".
  package mutating func stateDict() throws(StateDict.Failure) -> [(
    name: String, tensor: PickledTensor
  )] {
    guard case .dictionary(let whole) = try run() else {
      throw refuse("expected a state dict, found something else: save model.state_dict()")
    }
    var place = whole
    let named = dictionaries[whole].compactMap { item -> (String, Int)? in
      guard case (.string(let key), .dictionary(let inner)) = item else { return nil }
      return (key, inner)
    }
    for name in ["state_dict", "model_state_dict", "model"] {
      if let inner = named.first(where: { $0.0 == name }) {
        place = inner.1
        break
      }
    }
    var tensors: [(name: String, tensor: PickledTensor)] = []
    var names: Set<String> = []
    for item in dictionaries[place] {
      guard case .string(let name) = item.key, case .tensor(let tensor) = item.value else {
        throw refuse(
          "expected names and tensors in the state dict, found \(describe(item.key)) and "
            + "\(describe(item.value)): save model.state_dict()")
      }
      guard names.insert(name).inserted else {
        throw refuse("expected each name once, found \"\(name.prefix(64))\" again")
      }
      tensors.append((name, tensor))
    }
    guard !tensors.isEmpty else { throw refuse("expected a state dict, found an empty one") }
    return tensors
  }

  func describe(_ value: Value) -> String {
    switch value {
    case .mark: "a mark"
    case .none: "None"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .float: "a number"
    case .string(let text): "\"\(text.prefix(64))\""
    case .list: "a list"
    case .dictionary: "a dict"
    case .word: "a class"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}
