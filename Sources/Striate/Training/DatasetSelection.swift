extension Dataset {
  /// The images at `indices`, in that order; an index may come more than once.
  ///
  /// - Precondition: every index is that of an image.
  public func subset(_ indices: [Int]) -> Dataset {
    let outside = indices.first { $0 < 0 || $0 >= count }
    precondition(
      outside == nil,
      "Dataset: expected indices from 0 to \(count - 1), found \(outside.map { "\($0)" } ?? "")")
    let size = imageShape.reduce(1, *)
    func picked<T>(_ pixels: [T]) -> [T] {
      var result: [T] = []
      result.reserveCapacity(indices.count * size)
      for index in indices { result += pixels[index * size..<(index + 1) * size] }
      return result
    }
    let pixels: Pixels =
      switch pixels {
      case .bytes(let bytes): .bytes(picked(bytes))
      case .floats(let floats): .floats(picked(floats))
      case .streamed(let source): .streamed(SelectedImages(source, indices))
      }
    return Dataset(
      unchecked: imageShape, pixels: pixels, labels: indices.map { labels[$0] },
      classNames: classNames, fitting: fitting)
  }

  /// The images of the given classes alone; `classes[i]` becomes class i and keeps its name.
  ///
  /// Throws `InvalidDataset` where `classes` is empty, names a class that there is not, or names
  /// one twice.
  public func keeping(classes: [Int]) throws -> Dataset {
    func refuse(_ found: String) -> InvalidDataset {
      InvalidDataset(
        description: """
          data set: expected different classes from 0 to \(classNames.count - 1), found \(found)
          """)
    }
    guard !classes.isEmpty else { throw refuse("none") }
    var newLabel = [Int?](repeating: nil, count: classNames.count)
    for (new, old) in classes.enumerated() {
      guard newLabel.indices.contains(old) else { throw refuse("\(old)") }
      guard newLabel[old] == nil else { throw refuse("\(old) twice") }
      newLabel[old] = new
    }
    let kept = subset(labels.indices.filter { newLabel[labels[$0]] != nil })
    return Dataset(
      unchecked: imageShape, pixels: kept.pixels, labels: kept.labels.compactMap { newLabel[$0] },
      classNames: classes.map { classNames[$0] }, fitting: fitting)
  }

  /// Two parts without a common image: most to train on, and `fraction` to validate with.
  ///
  /// The choice depends on the seed alone. Every class is divided by the same fraction, to within
  /// one image; each part keeps the order of the whole, and gets one image at least.
  ///
  /// Throws `InvalidDataset` where there are fewer than two images.
  public func split(
    validation fraction: Double, seed: UInt64
  ) throws -> (training: Dataset, validation: Dataset) {
    guard fraction > 0, fraction < 1 else {
      throw InvalidDataset(
        description: """
          data set: expected a validation fraction between 0 and 1, found \(fraction)
          """)
    }
    guard count > 1 else {
      throw InvalidDataset(
        description: """
          data set: expected at least two images, one to train on and one to validate with, \
          found \(count)
          """)
    }
    let size = min(max(1, Int((Double(count) * fraction).rounded())), count - 1)
    var order = Array(labels.indices)
    var generator = SeededGenerator(seed: seed)
    for last in order.indices.dropFirst().reversed() {
      order.swapAt(last, generator.integer(below: last + 1))
    }
    var members = [[Int]](repeating: [], count: classNames.count)
    for index in order { members[labels[index]].append(index) }
    // Class after class, every (count / size)-th image is taken, evenly spread by Bresenham's rule.
    var isValidation = [Bool](repeating: false, count: count)
    for (k, index) in members.joined().enumerated() {
      isValidation[index] = (k + 1) * size / count > k * size / count
    }
    return (
      training: subset(labels.indices.filter { !isValidation[$0] }),
      validation: subset(labels.indices.filter { isValidation[$0] })
    )
  }
}
