/// Numbers from 0 to 1 as bars.
struct BarDrawing: LessonDrawing {
  let bars: [(name: String, share: Double)]
  /// The bar that is pointed out.
  var marked: Int?

  private var nameColumns: Int { bars.map(\.name.columns).max() ?? 0 }

  func text(width: Int) -> String {
    let room = min(50, width - nameColumns - 14)
    return bars.enumerated().map { index, bar in
      let eighths = Int((min(max(bar.share, 0), 1) * Double(room * 8)).rounded())
      let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
      let blocks = String(repeating: "█", count: eighths / 8) + part
      return bar.name.aligned(toColumns: nameColumns) + (index == marked ? " ▶│" : "  │") + blocks
        + " " + bar.share.percentage
    }.joined(separator: "\n")
  }

  var svg: SVGCanvas {
    let (left, length, height) = (Double(nameColumns) * SVGCanvas.advance + 14, 300.0, 22.0)
    var canvas = SVGCanvas(width: left + length + 90, height: Double(bars.count) * height + 4)
    for (index, bar) in bars.enumerated() {
      let y = Double(index) * height + 2
      let width = min(max(bar.share, 0), 1) * length
      canvas.text(bar.name, x: left - 8, y: y + 15, anchor: "end", kind: "name")
      canvas.rectangle(
        "bar", x: left, y: y + 2, width: max(width, 1), height: height - 6,
        "fill=\"currentColor\" fill-opacity=\"\(index == marked ? "0.9" : "0.45")\"")
      canvas.text(
        bar.share.percentage, x: left + width + 8, y: y + 15, anchor: "start")
    }
    return canvas
  }
}
