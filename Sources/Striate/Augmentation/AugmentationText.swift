extension Augmentation {
  /// An augmentation written as text: transforms separated by commas, semicolons or line ends.
  ///
  ///     crop 4, crop 4 reflect            padding in pixels
  ///     flip, flip vertical
  ///     rotate 10                         degrees
  ///     shift 0.1, shift 0.1 0.2          share of the width, of the height
  ///     scale 0.9-1.1                     factor
  ///     shear 5, shear 5 0                degrees along rows, along columns
  ///     elastic 34 4                      strength α, smoothness σ
  ///     resized-crop 0.08-1 0.75-1.33     share of the area, aspect ratio
  ///     color 0.4 0.4 0.4 0.1             brightness, contrast, saturation, hue
  ///     brightness 0.4, contrast 0.4, saturation 0.4, hue 0.1
  ///     cutout 8                          side in pixels
  ///     mixup 0.2, cutmix 1               α
  ///     randaugment 2 9                   operations, magnitude
  ///     fill black, fill mean
  ///
  /// "chance 0.3" at the end of a transform says how often it happens. Upper and lower case are the same.
  ///
  /// Throws `InvalidAugmentation`: which transform, which word, and the nearest one that is known.
  public init(text: String) throws {
    guard text.utf8.count <= LayerWords.limit else {
      throw InvalidAugmentation(
        description: "augmentation: expected a text of at most \(LayerWords.limit) bytes, "
          + "found \(text.utf8.count)")
    }
    let parts = LayerWords.parts(of: text)
    guard !parts.isEmpty else {
      throw InvalidAugmentation(
        description: "augmentation: expected transforms such as \"crop 4, flip\", found none")
    }
    self.init(steps: [])
    do {
      for (index, part) in parts.enumerated() {
        try read(part, place: "augmentation, transform \(index + 1) \"\(part.prefix(40))\"")
      }
    } catch let error as InvalidNetwork {
      throw InvalidAugmentation(description: error.description)
    }
    try validate()
  }

  /// The text that makes this augmentation.
  public var text: String {
    (steps.map(\.text) + (fill.map { ["fill \($0.rawValue)"] } ?? [])).joined(separator: ", ")
  }

  private mutating func read(_ part: String, place: String) throws {
    var words = LayerWords(part, place: place)
    let name = words.next() ?? ""
    if name == "fill" {
      let word = try words.word("a colour")
      let known = Dictionary(uniqueKeysWithValues: Fill.allCases.map { ($0.rawValue, $0) })
      fill = try words.choice(word, of: known)
      return try words.end(of: "transform")
    }
    guard let transform = Self.readers[Self.otherNames[name] ?? name] else {
      throw words.unknown("transform", name, known: Self.names)
    }
    // The numbers and words of the transform stand before "chance".
    var own: [String] = []
    var chance: Double?
    while let word = words.next() {
      if word == "chance" {
        chance = try words.number("a chance")
        try words.end(of: "transform")
        break
      }
      own.append(word)
    }
    var rest = LayerWords(own.joined(separator: " "), place: place)
    steps.append(Step(try transform(&rest), chance: chance))
    try rest.end(of: "transform")
  }

  /// The words that begin a transform.
  static let names: [String] = (Array(readers.keys) + ["fill"]).sorted()

  /// Names that others use for the same transforms.
  private static let otherNames = [
    "colour": "color", "rand-augment": "randaugment", "resizedcrop": "resized-crop",
    "translate": "shift", "hflip": "flip",
  ]

  private typealias Reader = @Sendable (inout LayerWords) throws -> Transform

  private static let readers: [String: Reader] = [
    "crop": { words in
      let padding = try words.integer("the padding")
      guard let word = words.next() else { return .crop(padding: padding) }
      let known = Dictionary(uniqueKeysWithValues: Border.allCases.map { ($0.rawValue, $0) })
      return .crop(padding: padding, border: try words.choice(word, of: known))
    },
    "flip": { words in
      guard let word = words.next() else { return .flip() }
      let known = Dictionary(uniqueKeysWithValues: Direction.allCases.map { ($0.rawValue, $0) })
      return .flip(try words.choice(word, of: known))
    },
    "rotate": { .rotate(degrees: try $0.number("the angle in degrees")) },
    "shift": { words in
      let x = try words.number("the share of the width")
      return .shift(x: x, y: try words.number("the share of the height", otherwise: x))
    },
    "scale": { words in
      let range = try words.range("the factors")
      return .scale(from: range.lowerBound, to: range.upperBound)
    },
    "shear": { words in
      let x = try words.number("the angle along rows")
      return .shear(x: x, y: try words.number("the angle along columns", otherwise: x))
    },
    "elastic": {
      .elastic(
        strength: try $0.number("the strength α"), smoothness: try $0.number("the smoothness σ"))
    },
    "resized-crop": { words in
      .resizedCrop(
        area: try words.range("shares of the area", otherwise: 0.08...1),
        aspect: try words.range("aspect ratios", otherwise: 0.75...4 / 3))
    },
    "color": {
      .color(
        brightness: try $0.number("the brightness"), contrast: try $0.number("the contrast"),
        saturation: try $0.number("the saturation"), hue: try $0.number("the hue"))
    },
    "brightness": {
      .color(brightness: try $0.number("the brightness"), contrast: 0, saturation: 0, hue: 0)
    },
    "contrast": {
      .color(brightness: 0, contrast: try $0.number("the contrast"), saturation: 0, hue: 0)
    },
    "saturation": {
      .color(brightness: 0, contrast: 0, saturation: try $0.number("the saturation"), hue: 0)
    },
    "hue": { .color(brightness: 0, contrast: 0, saturation: 0, hue: try $0.number("the hue")) },
    "cutout": { .cutout(side: try $0.integer("the side in pixels")) },
    "mixup": { .mixUp(alpha: try $0.number("α")) },
    "cutmix": { .cutMix(alpha: try $0.number("α")) },
    "randaugment": {
      .randAugment(
        operations: try $0.integer("the number of operations"),
        magnitude: try $0.number("the magnitude"))
    },
  ]
}

extension LayerWords {
  /// The next word as a range of numbers: "0.9-1.1". At the end `otherwise`, if there is such a range.
  fileprivate mutating func range(
    _ what: String, otherwise: ClosedRange<Double>? = nil
  ) throws -> ClosedRange<Double> {
    let next = next()
    if next == nil, let otherwise { return otherwise }
    let word = try next ?? word(what)
    // A dash that stands between two numbers, not in an exponent.
    for dash in word.indices where word[dash] == "-" {
      if let low = Double(word[..<dash]), let high = Double(word[word.index(after: dash)...]),
        low <= high, high.isFinite
      {
        return low...high
      }
    }
    throw failure(
      expected: "\(what), a range such as 0.9-1.1", found: "\"\(word.prefix(40))\"",
      advice: "write the smaller number first")
  }
}

extension Augmentation.Step {
  /// The step as text.
  var text: String {
    transform.text + (chance == transform.usualChance ? "" : " chance \(chance.short)")
  }
}

extension Augmentation.Transform {
  /// The transform as text.
  var text: String {
    switch self {
    case .crop(let padding, let border):
      "crop \(padding)" + (border == .fill ? "" : " \(border.rawValue)")
    case .flip(let direction): "flip" + (direction == .horizontal ? "" : " \(direction.rawValue)")
    case .rotate(let degrees): "rotate \(degrees.short)"
    case .shift(let x, let y): "shift \(x.short)" + (x == y ? "" : " \(y.short)")
    case .scale(let from, let to): "scale \(from.short)-\(to.short)"
    case .shear(let x, let y): "shear \(x.short)" + (x == y ? "" : " \(y.short)")
    case .elastic(let strength, let smoothness): "elastic \(strength.short) \(smoothness.short)"
    case .resizedCrop(let area, let aspect):
      "resized-crop \(area.lowerBound.short)-\(area.upperBound.short) "
        + "\(aspect.lowerBound.short)-\(aspect.upperBound.short)"
    case .color(let brightness, let contrast, let saturation, let hue):
      "color \(brightness.short) \(contrast.short) \(saturation.short) \(hue.short)"
    case .cutout(let side): "cutout \(side)"
    case .mixUp(let alpha): "mixup \(alpha.short)"
    case .cutMix(let alpha): "cutmix \(alpha.short)"
    case .randAugment(let operations, let magnitude):
      "randaugment \(operations) \(magnitude.short)"
    }
  }
}
