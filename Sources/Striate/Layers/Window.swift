/// A height and a width, in pixels.
public struct Extent: Sendable, Equatable, CustomStringConvertible, ExpressibleByIntegerLiteral {
  /// Rows.
  public var height: Int

  /// Columns.
  public var width: Int

  /// A rectangle.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// A square.
  public init(integerLiteral side: Int) { self.init(side, side) }

  /// "5x3", or "5" for a square.
  public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// A kernel that slides over an image: its size, its step, the border around the image, and the
/// distance between the pixels it touches.
///
///     output = ⌊(input + padding before and after − dilation · (kernel − 1) − 1) / stride⌋ + 1
///
/// Source: Dumoulin & Visin 2016, arXiv:1603.07285; seeds/004 §1.
public struct Window: Sendable, Equatable {
  /// The kernel's size.
  public var kernel: Extent

  /// The step from one output pixel to the next, for each axis.
  public var stride: Extent

  /// The border around the image.
  public var padding: Padding

  /// The distance between neighbouring kernel pixels, for each axis.
  public var dilation: Extent

  /// A window.
  public init(kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// The number of pixels from the kernel's first row (column) to its last, inclusive.
  public var reach: Extent {
    Extent(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1)
  }

  /// The window with its padding in pixels: `Padding.same` becomes what it is for that image.
  ///
  ///     before + after = max(0, (⌈size / stride⌉ − 1) · stride + reach − size)
  public func resolved(for image: Extent) -> Window {
    guard padding.isSame, hasNumbersInRange else { return self }
    func border(_ size: Int, _ stride: Int, _ reach: Int) -> Int {
      max(0, (size - 1) / stride * stride + reach - size)
    }
    let rows = border(image.height, stride.height, reach.height)
    let columns = border(image.width, stride.width, reach.width)
    var window = self
    window.padding = Padding(
      top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
    return window
  }

  private var hasNumbersInRange: Bool {
    [kernel, stride, dilation].allSatisfy {
      (1...Window.limit).contains($0.height) && (1...Window.limit).contains($0.width)
    }
  }

  /// Throws where a number is out of range, or where the padding is not in pixels.
  func checkNumbers() throws {
    guard hasNumbersInRange else {
      throw ShapeMismatch(
        expected: "kernel, stride and dilation from 1 to \(Window.limit)",
        found: "kernel \(kernel), stride \(stride), dilation \(dilation)",
        advice: "choose numbers in that range")
    }
    guard !padding.isSame else {
      throw ShapeMismatch(
        expected: "padding in pixels", found: "padding same",
        advice: "give the width of the border")
    }
    let borders = [padding.top, padding.left, padding.bottom, padding.right]
    guard borders.allSatisfy({ $0 >= 0 && $0 <= Window.limit }) else {
      throw ShapeMismatch(
        expected: "padding from 0 to \(Window.limit)", found: "padding \(borders)",
        advice: "choose numbers in that range")
    }
  }

  /// The size of the output for an image of this size. Throws where not even one window fits, and
  /// where the padding is `same` and was not resolved.
  public func outputSize(of image: Extent) throws -> Extent {
    try checkNumbers()
    let rows = image.height + padding.top + padding.bottom
    let columns = image.width + padding.left + padding.right
    guard rows >= reach.height, columns >= reach.width else {
      throw ShapeMismatch(
        expected: "an image of at least \(reach.height)x\(reach.width)",
        found: "\(rows)x\(columns)",
        advice: "use a smaller kernel or more padding")
    }
    return Extent(
      (rows - reach.height) / stride.height + 1, (columns - reach.width) / stride.width + 1)
  }

  /// The largest kernel, stride, padding or dilation: keeps every product of sizes far from overflow.
  static let limit = 1 << 16

  /// Throws where a weight of that shape would be larger than any parameter: what follows from its size,
  /// such as the fan-in, could then not be computed.
  static func checkWeight(_ shape: [Int]) throws {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Network.elementLimit else {
        throw ShapeMismatch(
          expected: "a weight of at most \(Network.elementLimit) elements", found: "\(shape)",
          advice: "use a smaller kernel, fewer channels or more groups")
      }
      count = product
    }
  }

  /// The window as it is written in a network text after the kernel.
  var options: String {
    var text = ""
    if stride != 1 { text += " stride \(stride)" }
    if padding.isSame {
      text += " padding same"
    } else if padding.top == padding.left, padding.top == padding.bottom,
      padding.top == padding.right
    {
      if padding.top != 0 { text += " padding \(padding.top)" }
    } else {
      text += " padding \(padding.top),\(padding.left),\(padding.bottom),\(padding.right)"
    }
    if dilation != 1 { text += " dilation \(dilation)" }
    return text
  }
}
