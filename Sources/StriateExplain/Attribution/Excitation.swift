import Striate

/// The images that excite a filter most.
///
///     e(n) = max(i,j) A[n,k,i,j]
///
/// Source: Zeiler & Fergus 2014, arXiv:1311.2901, section 4: the images with the strongest activations.
package struct Excitation: Sendable, Equatable {
  /// An image, and where its map is strongest.
  package struct Finding: Sendable, Equatable {
    package var image: Int
    package var value: Float
    package var row: Int
    package var column: Int
  }

  /// Which map of the layer.
  package var filter: Int
  /// The strongest first, and of equal ones the first image.
  package var findings: [Finding] = []

  fileprivate mutating func offer(_ finding: Finding, most: Int) {
    guard finding.value.isFinite else { return }
    if findings.count == most, let last = findings.last, finding.value <= last.value { return }
    let place = findings.firstIndex { $0.value < finding.value } ?? findings.count
    findings.insert(finding, at: place)
    if findings.count > most { findings.removeLast() }
  }
}

extension Explainer {
  /// The images of a data set that excite filters of a layer most.
  ///
  /// - Parameters:
  ///   - layer: Which layer of the network: with maps [K, h, w], or with units [K].
  ///   - filters: Which of its maps or units.
  ///   - count: How many images for each.
  ///
  /// Throws what the source of a streamed data set throws.
  package func excitations(
    of layer: Int, filters: Range<Int>, on dataset: Dataset, count: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> [Excitation] {
    let part = try network.computing([layer])
    let shape = network.nodes[layer].shape
    let columns = shape.count == 3 ? shape[2] : 1
    let (area, size) = (shape.dropFirst().reduce(1, *), shape.reduce(1, *))
    var result = filters.map { Excitation(filter: $0) }
    for start in stride(from: 0, to: dataset.count, by: ScoreGradients.batch) {
      let images = start..<min(start + ScoreGradients.batch, dataset.count)
      let pixels = try images.flatMap { try dataset.image(at: $0).scalars }
      let batch = Tensor(shape: [images.count] + dataset.imageShape, scalars: pixels)
      let values = try part.outputs(of: network.preprocessed(batch), threads: threads).scalars
      for (n, image) in images.enumerated() {
        for index in result.indices {
          let first = n * size + result[index].filter * area
          var best = first
          for place in first..<first + area where values[place] > values[best] { best = place }
          result[index].offer(
            Excitation.Finding(
              image: image, value: values[best], row: (best - first) / columns,
              column: (best - first) % columns), most: count)
        }
      }
      progress(images.upperBound, dataset.count)
    }
    return result
  }
}
