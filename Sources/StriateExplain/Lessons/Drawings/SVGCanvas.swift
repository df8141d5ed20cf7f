/// A drawing in the making: elements of SVG whose colours the page may refine by their classes.
struct SVGCanvas: Sendable {
  var width: Double
  var height: Double
  private var elements: [String] = []

  /// The size of letters, and the width that one takes.
  static let (letter, advance) = (14.0, 8.4)

  init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

  /// A rectangle; `style` holds further attributes.
  mutating func rectangle(
    _ kind: String, x: Double, y: Double, width: Double, height: Double, _ style: String = ""
  ) {
    elements.append(
      "<rect class=\"\(kind)\" x=\"\(x.coordinate)\" y=\"\(y.coordinate)\" "
        + "width=\"\(width.coordinate)\" height=\"\(height.coordinate)\" \(style)/>")
  }

  mutating func path(_ kind: String, _ data: String, _ style: String) {
    elements.append("<path class=\"\(kind)\" d=\"\(data)\" \(style)/>")
  }

  mutating func circle(_ kind: String, x: Double, y: Double, radius: Double, _ style: String) {
    elements.append(
      "<circle class=\"\(kind)\" cx=\"\(x.coordinate)\" cy=\"\(y.coordinate)\" "
        + "r=\"\(radius.coordinate)\" \(style)/>")
  }

  /// A line of text whose base line is at `y`.
  mutating func text(
    _ text: String, x: Double, y: Double, anchor: String = "middle", kind: String = "value",
    _ style: String = ""
  ) {
    elements.append(
      "<text class=\"\(kind)\" x=\"\(x.coordinate)\" y=\"\(y.coordinate)\" "
        + "text-anchor=\"\(anchor)\" fill=\"currentColor\" font-size=\"\(Self.letter.coordinate)\" "
        + "\(style)>\(HTML.escape(text))</text>")
  }

  /// Everything of another drawing, moved.
  mutating func add(_ other: SVGCanvas, x: Double, y: Double) {
    elements.append("<g transform=\"translate(\(x.coordinate) \(y.coordinate))\">")
    elements += other.elements
    elements.append("</g>")
  }

  /// The drawing as an element that says what it shows.
  func element(label: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" class="lesson-figure" \
    viewBox="0 0 \(width.coordinate) \(height.coordinate)" width="\(width.coordinate)" \
    height="\(height.coordinate)" role="img" aria-label="\(HTML.escape(label))">
    \(elements.joined(separator: "\n"))
    </svg>
    """
  }
}

extension String {
  /// The width of the text in a drawing.
  var svgWidth: Double { Double(columns) * SVGCanvas.advance }
}
