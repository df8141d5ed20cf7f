import LaneKernels

/// The gradients of a plan's values, as far as they belong to no layer.
extension Plan {
  /// What neither the loss nor a layer reads has the gradient 0. It is cleared in every step: the gradient of the
  /// layer's input may be written over it.
  func clearingPhase(readers: [Network.Value: ValueReaders], _ layout: PlanLayout) -> [Phase] {
    var phase = Phase()
    // A normalisation with an addend is read through the sum.
    for index in values.indices
    where readers[.node(index)] == nil && layout.addends[index] == nil {
      let (stride, size) = (values[index].blockStride, values[index].blockSize)
      guard let gradient = values[index].gradient else { continue }
      phase.groups.append(
        Tasks(count: blocks, reach: .block) { block in
          (gradient + block * stride).update(repeating: 0, count: size)
        })
    }
    return [phase]
  }

  /// Copies the gradient of an output behind the first, where inputs' gradients are asked for: layers before it may
  /// write over it.
  func keepingPhase(of index: Int) -> [Phase] {
    guard mode.wantsInputGradients, network.outputs.dropFirst().contains(.node(index)),
      let gradient = values[index].gradient
    else { return [] }
    let (value, stride) = (values[index], values[index].blockStride)
    let kept = allocate(lanesFor: value.shape)
    keptGradients[index] = kept
    return [
      Phase(groups: [
        Tasks(count: blocks, reach: .block) { block in
          (kept + block * stride).update(from: gradient + block * stride, count: value.blockSize)
        }
      ])
    ]
  }

  /// Where the gradient of an input, or of an output behind the first, lies after the way back.
  ///
  /// - Precondition: the plan computes gradients of inputs.
  func gradient(of value: Network.Value) -> Floats? {
    precondition(mode.wantsInputGradients, "Plan: expected gradients of inputs, found none")
    return switch value {
    case .input(let index): inputs[index].gradient
    case .node(let index): keptGradients[index]
    }
  }

  /// Adds up the gradients that the readers of a value wrote, to the first.
  func sumPhase(
    of source: Network.Value, readers: [Network.Value: ValueReaders]
  ) -> [Phase] {
    guard let places = readers[source]?.places, places.count > 1 else { return [] }
    let value = read(source)
    let (add, stride, size) = (kernels.add, value.blockStride, value.blockSize)
    return [
      Phase(groups: [
        Tasks(count: blocks, reach: .block) { block in
          for place in places.dropFirst() {
            add(size, place + block * stride, places[0] + block * stride)
          }
        }
      ])
    ]
  }
}

/// The gradients that the readers of a value write.
struct ValueReaders {
  /// The value's own, which becomes the sum of all, and those of further readers.
  private(set) var places: [Floats] = []
  private var count = 0
  private var firstAdds = false

  mutating func append(_ place: Floats) {
    places.append(place)
    count += 1
  }

  /// The gradient that the next reader writes: the value's own for the first; for the second, too, where the first
  /// adds to it, for that runs later on the way back.
  mutating func next(_ own: Floats, adds: Bool, another: @autoclosure () -> Floats) -> Floats {
    defer { count += 1 }
    if count == 0 { firstAdds = adds }
    if count == 1, firstAdds { return own }
    let place = places.isEmpty ? own : another()
    places.append(place)
    return place
  }
}

/// Gradients of shared parameters that are added up after the way back.
struct ParameterSums {
  private var terms: [(own: Floats, sum: Floats, count: Int)] = []

  mutating func add(_ own: Floats, to sum: Floats, count: Int) {
    own.base.update(repeating: 0, count: count)
    terms.append((own, sum, count))
  }

  /// One task: two terms may belong to one sum.
  func phase(kernels: KernelTable) -> [Phase] {
    guard !terms.isEmpty else { return [] }
    let (add, terms) = (kernels.add, terms)
    return [
      Phase(groups: [
        Tasks(count: 1) { _ in
          for term in terms { add(term.count, term.own + 0, term.sum + 0) }
        }
      ])
    ]
  }
}
