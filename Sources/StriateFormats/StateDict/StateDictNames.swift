import Striate

/// How a state dict's names become those of a network's parameters. These are all rules there are:
///
/// 1. A name counts as it is: Striate calls parameters as PyTorch and torchvision do.
/// 2. Where no name of the network is there, the first words that all names share are taken off: "module." of
///    DataParallel, "_orig_mod." of torch.compile, "model." of a module around it.
/// 3. Counters of batches, "….num_batches_tracked", are left out: Striate has no use for them.
/// 4. By order, names do not count: the n-th array is the n-th parameter's. Files of `torch.save` keep the order of the
///    model; of others `ordered(_:)` tells it from the numbers in the names.
public enum StateDictMatching: String, Sendable, CaseIterable {
  /// Rules 1 to 3.
  case names
  /// Rules 3 and 4.
  case order
}

extension StateDict {
  /// What PyTorch's batch normalisation counts.
  private static let ignoredSuffix = "num_batches_tracked"

  /// The arrays that count, each under the name of the network's parameter it is for.
  func entries(
    for parameters: [Network.Parameter], matching: StateDictMatching
  ) throws(Failure) -> [(name: String, entry: Entry)] {
    let counted = entries.filter { !$0.name.hasSuffix(StateDict.ignoredSuffix) }
    switch matching {
    case .order:
      return try ordered(counted).enumerated().map { index, entry in
        (parameters.indices.contains(index) ? parameters[index].name : entry.name, entry)
      }
    case .names:
      let known = Set(parameters.map(\.name))
      var cut = 0
      while !counted.contains(where: { known.contains(String($0.name.dropFirst(cut))) }) {
        guard let longer = StateDict.commonWord(counted.map { $0.name.dropFirst(cut) }) else {
          cut = 0
          break
        }
        cut += longer
      }
      return counted.map { (String($0.name.dropFirst(cut)), $0) }
    }
  }

  /// The length of the first word of all names, its point included; nil where they begin differently.
  private static func commonWord(_ names: [Substring]) -> Int? {
    guard let first = names.first, let point = first.firstIndex(of: ".") else { return nil }
    let word = first[...point]
    return names.allSatisfy { $0.hasPrefix(word) } ? word.count : nil
  }
}
