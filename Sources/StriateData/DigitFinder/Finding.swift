/// What the finder knows about one picture.
struct Finding {
  /// Whether the ink is darker than the paper.
  let isDark: Bool

  /// The box around the digit.
  private(set) var box: PixelBox

  /// The digit's ink from 0 to 1 inside its box.
  private let ink: GreyImage

  /// The share of the picture's border that the digit's ink covers: little, if it is a digit.
  private let cutShare: Float

  /// The digit that departs from its paper; nil where nothing does.
  private init?(on paper: Paper) {
    var contrast = paper.contrast
    let light = contrast.values.reduce(0) { $0 + ($1 > 0 ? $1 * $1 : 0) }
    let dark = contrast.values.reduce(0) { $0 + ($1 < 0 ? $1 * $1 : 0) }
    isDark = dark > light
    let gains = isDark ? paper.lightCorrection() : contrast.values.map { _ in 1 }
    let noise = paper.noise * median(gains)
    for (index, gain) in gains.enumerated() {
      contrast.values[index] = max((isDark ? -gain : gain) * contrast.values[index], 0)
    }

    let strong = otsuThreshold(contrast.values)
    let level = median(contrast.values.filter { $0 > strong })
    guard level >= 12, level > 4 * noise else { return nil }
    // Scaled down, an edge falls where the ink is half as dark; at MNIST's own size the palest
    // pixels belong to the digit too.
    var components = InkComponents(of: contrast, above: max(0.3 * level, 3 * noise))
    var members = components.digit(strong: strong)
    guard var box = components.box(of: members) else { return nil }
    let enlargement = Float(box.side) / Float(DigitFrame.boxSide)
    let paleShare = min(max(0.1 * (enlargement - 0.9), 0.01), 0.3)
    if paleShare < 0.3 {
      components = InkComponents(of: contrast, above: max(paleShare * level, 3 * noise))
      members = components.digit(strong: strong)
      box = components.box(of: members) ?? box
    }
    guard box.side >= 3 else { return nil }
    self.box = box

    for index in contrast.values.indices where !members.contains(components.owners[index]) {
      contrast.values[index] = 0
    }
    let border = contrast.borderIndices()
    cutShare = Float(border.count { contrast.values[$0] > 0 }) / Float(border.count)
    var cropped = contrast.cropped(to: box)
    let full = percentile(0.9, of: cropped.values.filter { $0 > strong })
    for index in cropped.values.indices {
      cropped.values[index] = min(cropped.values[index] / full, 1)
    }
    ink = cropped
  }

  /// The digit in a picture; nil where nothing stands out.
  ///
  /// Where the picture shows a sheet of paper on a table, the sheet stands out, and the digit lies
  /// inside it.
  static func search(_ picture: GreyImage) -> Finding? {
    guard let found = searchDirectly(picture) else { return nil }
    let box = found.box
    guard min(box.width, box.height) >= 60, found.fill > 0.7 else { return found }
    let margin = min(box.width, box.height) / 20
    let inside = PixelBox(
      left: box.left + margin, top: box.top + margin, width: box.width - 2 * margin,
      height: box.height - 2 * margin)
    guard var digit = searchDirectly(picture.cropped(to: inside)), digit.isDark != found.isDark,
      digit.fill < 0.6 || 2 * digit.box.width < digit.box.height
    else { return found }
    digit.box.left += inside.left
    digit.box.top += inside.top
    return digit
  }

  private static func searchDirectly(_ picture: GreyImage) -> Finding? {
    var picture = picture
    var paper = Paper.smooth(under: picture)
    if paper.noise > 4, picture.side >= 60 {
      // A grainy photograph is smoothed by far less than a stroke's width.
      let radius = max(1, picture.side / 200)
      picture = picture.blurred(radius: radius).blurred(radius: radius)
      paper = .smooth(under: picture)
    }
    let found = Finding(on: paper)
    if let found, found.cutShare < 0.05 { return found }
    // Ink along the picture's border is a shadow rather than a digit.
    let other = Finding(on: .envelope(of: picture))
    guard let found else { return other }
    guard let other, other.cutShare < 0.5 * found.cutShare else { return found }
    return other
  }

  /// The share of the box that is ink.
  private var fill: Float {
    Float(ink.values.count { $0 > 0.5 }) / Float(ink.values.count)
  }

  /// The digit as MNIST shows it.
  func pixels() -> [UInt8] {
    let side = DigitFrame.boxSide
    let image = thickened().fitted(to: side)
    return DigitFrame.bytes(DigitFrame.centred(image, width: side, height: side))
  }

  /// The ink, with strokes that would be thinner than MNIST's thinnest made wider.
  private func thickened() -> GreyImage {
    let scale = Float(DigitFrame.boxSide) / Float(box.side)
    let width = ink.strokeWidth() * scale
    guard width < 1.5 else { return ink }
    let radius = Int((2.2 - width) / (2 * scale) + 0.5)
    guard radius > 0 else { return ink }
    return ink.padded(by: radius).dilated(radius: radius)
  }
}

extension InkComponents {
  /// The smallest box around some components; nil around none.
  fileprivate func box(of numbers: Set<Int>) -> PixelBox? {
    numbers.map { components[$0].box }.reduce(nil) { $0?.union($1) ?? $1 }
  }
}

extension GreyImage {
  /// The mean width of strokes in pixels: twice the area over the length of the outline.
  fileprivate func strokeWidth() -> Float {
    let padded = self.padded(by: 1)
    var area = 0, edges = 0
    for row in 1..<(padded.height - 1) {
      for column in 1..<(padded.width - 1) {
        let index = row * padded.width + column
        guard padded.values[index] > 0.5 else { continue }
        area += 1
        for neighbour in [index - 1, index + 1, index - padded.width, index + padded.width]
        where padded.values[neighbour] <= 0.5 { edges += 1 }
      }
    }
    // Pixel edges overstate the length of an outline that runs in every direction by 4/π.
    return edges == 0 ? 0 : 2 * Float(area) / (Float(edges) * 0.785)
  }

  /// The picture with a margin of zeros.
  fileprivate func padded(by margin: Int) -> GreyImage {
    let newWidth = width + 2 * margin
    var padded = [Float](repeating: 0, count: newWidth * (height + 2 * margin))
    for row in 0..<height {
      for column in 0..<width {
        padded[(row + margin) * newWidth + column + margin] = values[row * width + column]
      }
    }
    return GreyImage(width: newWidth, height: height + 2 * margin, values: padded)
  }
}
