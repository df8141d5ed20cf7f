import Striate

/// What a node of ONNX's Resize computes of one axis: every output is a weighted sum of pixels.
///
/// Source: the ONNX standard, Resize; Keys 1981, doi:10.1109/TASSP.1981.1163711 (cubic).
struct ResizeRule {
  /// An axis, how many places it gets and how far apart they lie.
  struct Axis {
    var axis: Int
    var outputs: Int
    var scale: Double
    /// Where the region that is looked at begins and ends, in shares of the axis.
    var region: (start: Double, end: Double)?
  }

  /// Whether it is of the first versions, which had one way alone.
  let isFirst: Bool
  let mode: String
  let place: String
  let rounding: String
  let policy: String
  let isAntialiased: Bool
  let excludesOutside: Bool
  let extrapolation: Double
  private let cubicFactor: Double

  init(_ node: ONNXNode, isFirst: Bool) throws {
    self.isFirst = isFirst
    func word(_ name: String, _ usual: String, of choices: [String]) throws -> String {
      let word = try node.word(name, otherwise: usual)
      guard choices.contains(word) else {
        throw node.refuse(
          "attribute \(name): expected \(choices.joined(separator: ", ")), found "
            + "\"\(word.prefix(40))\"")
      }
      return word
    }
    let mode = try word("mode", "nearest", of: ["nearest", "linear", "bilinear", "cubic"])
    self.mode = mode == "bilinear" ? "linear" : mode
    place =
      isFirst
      ? "asymmetric"
      : try word(
        "coordinate_transformation_mode", "half_pixel",
        of: [
          "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
          "tf_crop_and_resize",
        ])
    rounding =
      isFirst
      ? "floor"
      : try word(
        "nearest_mode", "round_prefer_floor",
        of: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    policy = try word(
      "keep_aspect_ratio_policy", "stretch", of: ["stretch", "not_larger", "not_smaller"])
    isAntialiased = try node.integer("antialias", otherwise: 0) != 0 && mode != "nearest"
    excludesOutside = try node.integer("exclude_outside", otherwise: 0) != 0
    extrapolation = try node.number("extrapolation_value", otherwise: 0)
    cubicFactor = try node.number("cubic_coeff_a", otherwise: -0.75)
  }

  /// Where an output lies between the pixels. The nearest pixel is that of other programs, which compute in Float, where
  /// a place lies between two.
  func source(of output: Int, _ axis: Axis, size: Int) -> Double {
    mode == "nearest"
      ? Double(place(of: output, axis, size: size, in: Float.self))
      : place(of: output, axis, size: size, in: Double.self)
  }

  private func place<Number: BinaryFloatingPoint>(
    of output: Int, _ axis: Axis, size: Int, in _: Number.Type
  ) -> Number {
    let (i, scale, n) = (Number(output), Number(axis.scale), Number(size))
    // What the scale makes of the size, before it is rounded to pixels.
    let length = scale * n
    switch place {
    case "align_corners": return length == 1 ? 0 : i * (n - 1) / (length - 1)
    case "asymmetric": return i / scale
    case "tf_crop_and_resize":
      let region = axis.region ?? (0, 1)
      let (start, end) = (Number(region.start), Number(region.end))
      let offset =
        length == 1 ? (end - start) * (n - 1) / 2 : i * (end - start) * (n - 1) / (length - 1)
      return start * (n - 1) + offset
    case "pytorch_half_pixel" where axis.outputs == 1: return 0
    case "half_pixel_symmetric":
      return n / 2 * (1 - Number(axis.outputs) / length) + (i + 0.5) / scale - 0.5
    default: return (i + 0.5) / scale - 0.5
    }
  }

  /// The pixel that stands for a place.
  func nearestPixel(to x: Double, size: Int) -> Int {
    let pixel: Double
    switch rounding {
    case "floor": pixel = x.rounded(.down)
    case "ceil": pixel = x.rounded(.up)
    case "round_prefer_ceil": pixel = (x + 0.5).rounded(.down)
    default: pixel = (x - 0.5).rounded(.up)
    }
    return Int(min(Double(size - 1), max(0, pixel)))
  }

  /// The weights [outputs, size] of an axis, and which outputs lie outside the pixels and are a fixed number.
  func sampling(_ axis: Axis, of size: Int) throws -> (weights: [Double], outside: [Bool]) {
    var weights = Array(repeating: 0.0, count: axis.outputs * size)
    var outside = Array(repeating: false, count: axis.outputs)
    for output in 0..<axis.outputs {
      let x = source(of: output, axis, size: size)
      guard abs(x) <= 1e6 else {
        throw ONNXError("Resize: expected places near the image, found \(x)")
      }
      if place == "tf_crop_and_resize", x < 0 || x > Double(size - 1) {
        outside[output] = true
        continue
      }
      if mode == "nearest" {
        weights[output * size + nearestPixel(to: x, size: size)] = 1
        continue
      }
      // Pixels beyond the border are those at it, or none.
      let taps = taps(at: x, scale: isAntialiased ? min(axis.scale, 1) : 1)
      let counted = taps.filter {
        !excludesOutside || (0..<size).contains($0.pixel)
      }
      let total =
        isAntialiased || excludesOutside ? counted.reduce(0) { $0 + $1.weight } : 1
      for tap in counted where total != 0 {
        weights[output * size + min(size - 1, max(0, tap.pixel))] += tap.weight / total
      }
    }
    return (weights, outside)
  }

  /// The pixels around a place that have a weight. With an antialiasing filter the kernel is as wide as the pixels of
  /// the output lie apart.
  private func taps(at x: Double, scale: Double) -> [(pixel: Int, weight: Double)] {
    let reach = (mode == "linear" ? 1 : 2) / max(scale, 1.0 / 4096)
    let range = Int((x - reach).rounded(.up))...Int((x + reach).rounded(.down))
    return range.map { ($0, kernel(abs(Double($0) - x) * scale)) }
  }

  /// The weight of a pixel at a distance.
  private func kernel(_ t: Double) -> Double {
    if mode == "linear" { return max(0, 1 - t) }
    let a = cubicFactor
    if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
  }
}
