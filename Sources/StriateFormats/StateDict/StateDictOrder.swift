/// The order of arrays by their names, for files that do not keep the order in which they were given.
///
/// Safetensors files sort their arrays; what comes before what can only be told from numbers: "0.weight" comes before
/// "2.weight" and "layer2.1.conv1" before "layer10.0.conv1". Inside a module weight, bias, running_mean and running_var
/// come in this order, as in PyTorch.
extension StateDict {
  /// The entries in the order of their modules' numbers.
  ///
  /// Throws `Failure` where the names of two modules differ in more than a number.
  package func ordered(_ entries: [Entry]) throws(Failure) -> [Entry] {
    if case .torch = contents { return entries }
    let sorted = entries.map { (OrderedName($0.name), $0) }.sorted { $0.0 < $1.0 }
    for (a, b) in zip(sorted, sorted.dropFirst()) where !a.0.isOrdered(before: b.0) {
      throw Failure(
        description: "\(source): expected names whose numbers say their order, found "
          + "\"\(a.1.name.prefix(80))\" and \"\(b.1.name.prefix(80))\": save the state dict with "
          + "torch.save, which keeps the order")
    }
    return sorted.map(\.1)
  }
}

/// The parts of an array's name.
private struct OrderedName: Comparable {
  /// A word of the module's path: letters, then a number, −1 for none.
  struct Word: Comparable {
    let letters: String
    let number: Int

    init(_ text: Substring) {
      let digits = text.reversed().prefix { $0.isASCII && $0.isNumber }.count
      number = Int(text.suffix(digits)) ?? -1
      letters = number < 0 ? String(text) : String(text.dropLast(digits))
    }

    static func < (a: Word, b: Word) -> Bool { (a.letters, a.number) < (b.letters, b.number) }
  }

  let module: [Word]
  let parameter: String

  init(_ name: String) {
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    module = words.dropLast().map(Word.init)
    parameter = words.last.map(String.init) ?? ""
  }

  private static let parameters = ["weight", "bias", "running_mean", "running_var"]

  private var rank: Int {
    OrderedName.parameters.firstIndex(of: parameter) ?? OrderedName.parameters.count
  }

  static func < (a: OrderedName, b: OrderedName) -> Bool {
    a.module == b.module
      ? (a.rank, a.parameter) < (b.rank, b.parameter)
      : a.module.lexicographicallyPrecedes(b.module)
  }

  /// Whether it is clear that this name comes first: both are of one module, or a number tells their modules apart.
  func isOrdered(before other: OrderedName) -> Bool {
    guard module != other.module else { return true }
    guard let (a, b) = zip(module, other.module).first(where: { $0 != $1 }) else { return false }
    return a.letters == b.letters && a.number >= 0 && a.number < b.number
  }
}
