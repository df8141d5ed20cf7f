/// The background of a picture, and how a picture departs from it.
struct Paper {
  /// The paper's brightness at each pixel.
  private let brightness: [Float]

  /// The picture less its paper: ink is far from zero.
  let contrast: GreyImage

  /// The standard deviation of the paper's grain.
  let noise: Float

  private init(_ picture: GreyImage, lessPaper paper: [Float]) {
    let samples = picture.sampleIndices(atMost: 5_000)
    let values = zip(picture.values, paper).map { $0 - $1 }
    contrast = GreyImage(width: picture.width, height: picture.height, values: values)
    noise = grain(samples.map { values[$0] })
    brightness = paper
  }

  /// The factor at each pixel that makes up for the light that falls on light paper: ink in the
  /// shade reflects the same share of less light.
  func lightCorrection() -> [Float] {
    brightness.map { 255 / max($0, 32) }
  }

  /// Paper of one brightness, the median of the picture's border; or, where that explains the
  /// picture less well, shaded paper: a `PaperSurface`.
  static func smooth(under picture: GreyImage) -> Paper {
    let border = median(picture.borderIndices().map { picture.values[$0] })
    let flat = Paper(picture, lessPaper: picture.values.map { _ in border })
    let surface = PaperSurface(under: picture, startingFrom: border)
    let shaded = Paper(picture, lessPaper: surface.values())
    return flat.noise <= 1.2 * shaded.noise ? flat : shaded
  }

  /// Paper of any shading, shadows with hard edges too: what is left of the picture when strokes
  /// narrower than a third of its side are filled by their surroundings.
  ///
  /// Light paper is the closing of the picture, dark paper the opening. Most of a picture is paper,
  /// so the paper is light where pixels lie nearer to the brightest of their neighbours.
  /// Source: Serra 1982, Image Analysis and Mathematical Morphology.
  static func envelope(of picture: GreyImage) -> Paper {
    let radius = max(picture.side / 6, 1)
    let (upper, lower) = (picture.dilated(radius: radius), picture.eroded(radius: radius))
    let below = zip(upper.values, picture.values).reduce(0) { $0 + ($1.0 - $1.1) }
    let above = zip(picture.values, lower.values).reduce(0) { $0 + ($1.0 - $1.1) }
    let isLight = below < above
    var paper = isLight ? upper.eroded(radius: radius) : lower.dilated(radius: radius)
    // The brightest grains of the paper are no measure of its brightness.
    let offset = median(zip(picture.values, paper.values).map { $0 - $1 })
    for index in paper.values.indices { paper.values[index] += offset }
    return Paper(picture, lessPaper: paper.values)
  }
}

/// The standard deviation of a normal distribution around zero that holds a quarter of the
/// contrasts where they hold theirs: ink may cover two thirds of the picture.
private func grain(_ contrasts: [Float]) -> Float {
  percentile(0.25, of: contrasts.map { abs($0) }) / 0.3186
}

extension GreyImage {
  /// The pixels of the outermost rows and columns: at most about 2,000 of them.
  func borderIndices() -> [Int] {
    let margin = max(1, side / 100)
    let rows = (0..<height).filter { $0 < margin || $0 >= height - margin }
    let columns = (0..<width).filter { $0 < margin || $0 >= width - margin }
    var indices = rows.flatMap { row in (0..<width).map { row * width + $0 } }
    indices += columns.flatMap { column in (0..<height).map { $0 * width + column } }
    let step = max(1, indices.count / 2_000)
    return stride(from: 0, to: indices.count, by: step).map { indices[$0] }
  }

  /// Pixels on a grid over the whole picture.
  func sampleIndices(atMost limit: Int) -> [Int] {
    var step = 1
    while (width / step + 1) * (height / step + 1) > limit { step += 1 }
    return stride(from: 0, to: height, by: step).flatMap { row in
      stride(from: 0, to: width, by: step).map { row * width + $0 }
    }
  }
}
