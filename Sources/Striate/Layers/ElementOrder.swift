import LaneKernels

/// Elements of an image in another order: what layers that only move numbers have in common.
enum ElementOrder {
  /// Where the elements of a view lie, in its row-major order.
  static func sources(shape: [Int], strides: [Int], first: Int = 0) -> [Int] {
    var places = [first]
    for (extent, stride) in zip(shape, strides) {
      var next: [Int] = []
      next.reserveCapacity(places.count * extent)
      for place in places {
        for i in 0..<extent { next.append(place + i * stride) }
      }
      places = next
    }
    return places
  }

  /// Elements in a row of the output that are elements in a row of the input.
  struct Run: Equatable {
    var source: Int
    var target: Int
    var count: Int
  }

  /// The runs that the elements of the output fall into.
  static func runs(_ sources: [Int]) -> [Run] {
    var runs: [Run] = []
    for (target, source) in sources.enumerated() {
      if let last = runs.last, last.source + last.count == source {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(source: source, target: target, count: 1))
      }
    }
    return runs
  }
}

extension [Int] {
  /// How far apart neighbours along each axis of a shape lie.
  var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for axis in indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
    return strides
  }
}

extension ReferenceTensor {
  /// Of each image the elements that `sources` names.
  func picked(_ sources: [Int], shape: [Int]) -> ReferenceTensor {
    let size = count / self.shape[0]
    return ReferenceTensor(
      shape: [self.shape[0]] + shape,
      values: (0..<self.shape[0]).flatMap { n in sources.map { values[n * size + $0] } })
  }

  /// Of each image the elements added up at the places that `sources` names, in a tensor of that shape.
  func putBack(_ sources: [Int], shape: [Int]) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: shape)
    let size = result.count / shape[0]
    for n in 0..<shape[0] {
      for (k, source) in sources.enumerated() {
        result[n * size + source] += values[n * sources.count + k]
      }
    }
    return result
  }
}

// MARK: Engine

extension LayerSite {
  /// Appends a step in which every element of the output is the element of the input that `sources` names, and the
  /// way back: gradients of an element that is read several times are added in the order of the output.
  mutating func appendPicking(_ sources: [Int]) {
    let (kernels, input, output) = (kernels, inputs[0], output)
    let runs = ElementOrder.runs(sources)
    forEachPart(of: runs.count) { block, range in
      let (x, y) = (
        input.values + block * input.blockStride, output.values + block * output.blockStride
      )
      for run in runs[range] {
        kernels.copyRows(
          1, run.count * laneCount, x + run.source * laneCount, 0, y + run.target * laneCount, 0)
      }
    }
    guard isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    begin(.back)
    add(.back, tasks: blocks, reach: .block) { block in
      let (above, below) = (dy + block * output.blockStride, dx + block * input.blockStride)
      below.update(repeating: 0, count: input.blockSize)
      for run in runs {
        kernels.addRows(
          1, run.count * laneCount, above + run.target * laneCount, 0,
          below + run.source * laneCount, 0)
      }
    }
  }
}
