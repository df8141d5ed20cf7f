import LaneKernels

/// Which memory a plan for inference uses again: that of values that no later layer reads, for values of the same
/// size.
///
/// Of the same size alone, so that a block of images has the same place in both: threads that are busy with other
/// blocks are never in its way. The network's inputs and outputs keep their memory.
struct MemoryReuse<Place> {
  private var free: [Int: [Place]] = [:]
  /// For each node the nodes whose memory nobody reads after it.
  private var endsAfter: [Int: [Int]] = [:]
  private var places: [Int: Place] = [:]
  private let sizes: [Int]

  init(_ network: Network, _ layout: PlanLayout, _ channels: ChannelLayout?) {
    sizes = channels?.nodes.map(\.stride) ?? network.nodes.map { $0.shape.product }
    // The node that owns the memory in which a node's values lie; nil where an input does.
    var owners: [Int?] = []
    var last: [Int: Int] = [:]
    for (index, node) in network.nodes.enumerated() {
      for case .node(let source) in node.inputs {
        if let owner = owners[source] { last[owner] = index }
      }
      if let other = layout.addsTo[index] {
        owners.append(owners[other])
        continue
      }
      guard layout.isInPlace[index] else {
        owners.append(index)
        last[index] = index
        continue
      }
      if case .node(let source) = node.inputs[0] {
        owners.append(owners[source])
      } else {
        owners.append(nil)
      }
    }
    for case .node(let output) in network.outputs {
      if let owner = owners[output] { last[owner] = nil }
    }
    for (owner, index) in last { endsAfter[index, default: []].append(owner) }
  }

  /// Memory for the values of a node, where there is some that is free.
  mutating func place(for index: Int) -> Place? {
    free[sizes[index]]?.popLast()
  }

  /// A node has been compiled, and its values lie there.
  mutating func pass(_ index: Int, values: Place) {
    places[index] = values
    for owner in (endsAfter[index] ?? []).sorted() {
      if let place = places[owner] { free[sizes[owner], default: []].append(place) }
    }
  }
}

extension Network {
  /// The Floats that a plan for inference has for the values of a block of images, or, where lanes hold channels, of one
  /// image.
  func floatsInInference(_ channels: ChannelLayout?) -> Double {
    let layout = PlanLayout(self, isTraining: false)
    var reuse = MemoryReuse<Void>(self, layout, channels)
    func size(of value: Network.Value) -> Double {
      channels.map { Double($0.shape(of: value).stride) }
        ?? blockStride(elements: Double(shape(of: value).product))
    }
    var sum = inputs.indices.reduce(0.0) { $0 + size(of: .input($1)) }
    for index in nodes.indices {
      if !layout.isInPlace[index], layout.addsTo[index] == nil, reuse.place(for: index) == nil {
        sum += size(of: .node(index))
      }
      reuse.pass(index, values: ())
    }
    return sum
  }
}
