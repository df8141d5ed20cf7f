import Striate

extension Network {
  /// Takes every parameter, running statistics included, from a state dict.
  ///
  /// Throws `StateDict.Failure`, which lists what is missing, what is too much and what has another shape; the
  /// network is unchanged then.
  ///
  /// - Parameters:
  ///   - weights: The arrays.
  ///   - matching: What tells which array is for which parameter.
  public mutating func load(
    _ weights: StateDict, matching: StateDictMatching = .names
  ) throws {
    let match = try weights.match(to: parameters, matching)
    guard match.isWhole else { throw match.failure(weights) }
    for (index, entry) in match.pairs {
      parameters[index].tensor = try weights.tensor(named: entry.name)
    }
  }

  /// Takes every parameter that a state dict has under its name and in its shape, and leaves the others as they are.
  ///
  /// Throws `StateDict.Failure` where there is none.
  @discardableResult
  public mutating func copyParameters(from weights: StateDict) throws -> ParameterTransfer {
    let match = try weights.match(to: parameters, .names)
    guard !match.pairs.isEmpty else { throw match.failure(weights) }
    for (index, entry) in match.pairs {
      parameters[index].tensor = try weights.tensor(named: entry.name)
    }
    let copied = Set(match.pairs.map(\.index))
    return ParameterTransfer(
      copied: parameters.indices.filter(copied.contains).map { parameters[$0].name },
      fresh: parameters.indices.filter { !copied.contains($0) }.map { parameters[$0].name })
  }
}

/// What of a state dict fits a network, and what does not.
private struct Match {
  /// Parameters and their arrays.
  var pairs: [(index: Int, entry: StateDict.Entry)] = []
  /// Parameters without an array.
  var missing: [String] = []
  /// Arrays without a parameter.
  var unexpected: [String] = []
  /// Arrays of another shape.
  var misshapen: [String] = []

  var isWhole: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

  /// How many names of each kind are listed.
  static let listLimit = 20

  func failure(_ weights: StateDict) -> StateDict.Failure {
    var lines = [
      "\(weights.source): expected the parameters of the network, found others: "
        + "\(pairs.count) fit"
    ]
    for (kind, names) in [
      ("missing", missing), ("unexpected", unexpected), ("of another shape", misshapen),
    ] where !names.isEmpty {
      let rest = names.count > Match.listLimit ? " and \(names.count - Match.listLimit) more" : ""
      lines.append(
        "  \(names.count) \(kind): \(names.prefix(Match.listLimit).joined(separator: ", "))\(rest)")
    }
    return StateDict.Failure(description: lines.joined(separator: "\n"))
  }
}

extension StateDict {
  fileprivate func match(
    to parameters: [Network.Parameter], _ matching: StateDictMatching
  ) throws(Failure) -> Match {
    var match = Match()
    var places = Dictionary(
      uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
    for (name, entry) in try entries(for: parameters, matching: matching) {
      let shown = String(entry.name.prefix(80))
      guard let index = places.removeValue(forKey: name) else {
        match.unexpected.append(shown)
        continue
      }
      let expected = parameters[index].tensor.shape
      if entry.shape == expected {
        match.pairs.append((index, entry))
      } else {
        let parameter = shown == name ? "" : " for \(name)"
        match.misshapen.append(
          "\(shown)\(parameter) \(entry.shape.prefix(8)), expected \(expected)")
      }
    }
    match.missing = parameters.filter { places[$0.name] != nil }.map(\.name)
    return match
  }
}
