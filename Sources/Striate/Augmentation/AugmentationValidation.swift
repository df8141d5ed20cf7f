extension Augmentation {
  /// The most steps of one augmentation.
  static let maximumSteps = 64

  /// Throws `InvalidAugmentation` where a number is outside its range.
  public func validate() throws {
    guard steps.count <= Self.maximumSteps else {
      throw InvalidAugmentation(
        description: "augmentation: expected at most \(Self.maximumSteps) transforms, "
          + "found \(steps.count)")
    }
    for (index, step) in steps.enumerated() {
      let place = "augmentation, transform \(index + 1) \"\(step.text)\""
      try step.transform.validate(place)
      try require(step.chance, in: 0...1, "a chance", place)
    }
  }

  /// Throws `InvalidAugmentation` where images of this shape cannot be changed so.
  public func check(imageShape: [Int]) throws {
    try validate()
    guard !steps.isEmpty else { return }
    // Sides are counted in Floats, and the places of 16 images in 32 bits.
    guard imageShape.count == 3, imageShape.allSatisfy({ $0 > 0 && $0 < 1 << 22 }),
      imageShape[1] * imageShape[2] <= 1 << 27
    else {
      throw InvalidAugmentation(
        description: "augmentation: expected images [channels, height, width], "
          + "found \(imageShape)")
    }
    let side = min(imageShape[1], imageShape[2])
    for (index, step) in steps.enumerated() {
      guard case .crop(let padding, .reflect) = step.transform, padding >= side else { continue }
      throw InvalidAugmentation(
        description:
          "augmentation, transform \(index + 1) \"\(step.text)\": expected a padding below "
          + "\(side), the shorter side of \(imageShape[1])×\(imageShape[2]) pixels, "
          + "found \(padding): a mirror image reaches no further")
    }
  }
}

extension Augmentation.Transform {
  fileprivate func validate(_ place: String) throws {
    switch self {
    case .crop(let padding, _): try require(padding, in: 0...65_535, "a padding", place)
    case .flip: break
    case .rotate(let degrees): try require(degrees, in: 0...180, "an angle in degrees", place)
    case .shift(let x, let y):
      try require(x, in: 0...1, "a share of the width", place)
      try require(y, in: 0...1, "a share of the height", place)
    case .scale(let from, let to):
      try require(from, in: 0.01...100, "a smallest factor", place)
      try require(to, in: from...100, "a largest factor", place)
    case .shear(let x, let y):
      for angle in [x, y] { try require(angle, in: 0...80, "an angle in degrees", place) }
    case .elastic(let strength, let smoothness):
      try require(strength, in: 0...10_000, "a strength α", place)
      try require(smoothness, in: 0.1...100, "a smoothness σ", place)
    case .resizedCrop(let area, let aspect):
      try require(area.lowerBound, in: 0.0001...1, "a smallest share of the area", place)
      try require(area.upperBound, in: 0.0001...1, "a largest share of the area", place)
      try require(aspect.lowerBound, in: 0.01...100, "a smallest aspect ratio", place)
      try require(aspect.upperBound, in: 0.01...100, "a largest aspect ratio", place)
    case .color(let brightness, let contrast, let saturation, let hue):
      for (name, value) in [
        ("brightness", brightness), ("contrast", contrast), ("saturation", saturation),
      ] { try require(value, in: 0...100, "a \(name)", place) }
      try require(hue, in: 0...0.5, "a hue in full circles", place)
    case .cutout(let side): try require(side, in: 1...65_535, "a side in pixels", place)
    case .mixUp(let alpha), .cutMix(let alpha):
      try require(alpha, in: 0.001...1000, "an α", place)
    case .randAugment(let operations, let magnitude):
      try require(operations, in: 1...16, "a number of operations", place)
      try require(magnitude, in: 0...30, "a magnitude", place)
    }
  }
}

/// Throws where a whole number is outside its range.
private func require(
  _ value: Int, in range: ClosedRange<Int>, _ what: String, _ place: String
) throws {
  guard range.contains(value) else {
    throw InvalidAugmentation(
      description: "\(place): expected \(what) from \(range.lowerBound) to \(range.upperBound), "
        + "found \(value): correct it")
  }
}

/// Throws where a number is outside its range; NaN is in none.
private func require(
  _ value: Double, in range: ClosedRange<Double>, _ what: String, _ place: String
) throws {
  guard range.contains(value) else {
    throw InvalidAugmentation(
      description: "\(place): expected \(what) from \(range.lowerBound.short) to "
        + "\(range.upperBound.short), found \(value.short): correct it")
  }
}
