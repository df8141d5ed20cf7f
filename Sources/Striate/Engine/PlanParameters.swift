/// What a plan asks of a network's parameters.
extension Network {
  /// Whether nothing that the layer has learned is to change: it then computes as after training. A layer that
  /// learns nothing, but has running statistics, is frozen where all of them are.
  func isFrozen(_ node: Node) -> Bool {
    let learned = node.parameters.filter { parameters[$0].isLearned }
    let deciding = learned.isEmpty ? Array(node.parameters) : learned
    return !deciding.isEmpty && deciding.allSatisfy { parameters[$0].isFrozen }
  }

  /// Throws where the parameters are not those that the layers described: kernels trust them.
  func checkParameters() throws {
    for node in nodes {
      let descriptions = node.layer.parameters(of: node.inputs.map { shape(of: $0) })
      for (index, description) in zip(node.parameters, descriptions) {
        let name = "\(node.name).\(description.name)"
        guard parameters.indices.contains(index) else {
          throw InvalidInput(
            description: "parameter \"\(name)\": expected \(description.shape), found none: "
              + "keep all parameters")
        }
        guard parameters[index].tensor.shape == description.shape else {
          throw InvalidInput(
            description: "parameter \"\(name)\": expected \(description.shape), found "
              + "\(parameters[index].tensor.shape): keep the shape of a parameter")
        }
      }
    }
  }
}
