import Foundation
import Striate

/// One line on the terminal that is drawn over and over, at most ten times a second.
struct ProgressBar {
  private var lastDrawn: ContinuousClock.Instant?
  private var isVisible = false

  /// Draws a line, where the last was drawn long enough ago.
  mutating func draw(_ line: (_ width: Int) -> String) {
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    isVisible = true
    // Room for the "^C" that a terminal writes: a line that wraps could not be cleared.
    let width = max(1, Console.width - 4)
    // Return, the line, clear what is left of the old one.
    Console.draw("\r\(line(width).prefix(width))\u{1B}[K")
  }

  /// Removes the line, so that another can take its place.
  mutating func clear() {
    if isVisible { Console.draw("\r\u{1B}[K") }
    isVisible = false
    lastDrawn = nil
  }

  /// A bar of `width` characters, filled to a share from 0 to 1.
  static func bar(_ share: Double, width: Int) -> String {
    let inner = max(4, width - 2)
    let filled = Int((min(max(share, 0), 1) * Double(inner)).rounded(.down))
    let head = filled > 0 && filled < inner ? 1 : 0
    return "[" + String(repeating: "=", count: filled - head) + (head == 1 ? ">" : "")
      + String(repeating: ".", count: inner - filled) + "]"
  }
}

/// "8 s", "2 min 5 s", "1 h 12 min".
func duration(_ seconds: Double) -> String {
  let whole = Int(min(max(seconds, 0), 1e9).rounded())
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3600: return "\(whole / 60) min \(whole % 60) s"
  default: return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

/// A share as a percentage: "96.52 %".
func percent(_ share: Double) -> String { (share * 100).fixed(2) + " %" }
