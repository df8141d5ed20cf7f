import Striate
import StriateExplain

/// The progress of something that is counted, drawn where standard error is a terminal.
struct CountingBar {
  private var bar = ProgressBar()
  private let draws: Bool

  init(quiet: Bool) { draws = !quiet && Console.errorIsTerminal }

  /// "evaluating [====>.....] 1,000 of 2,000"; of a long name the end.
  mutating func show(_ action: String, of name: String = "", _ done: Int, _ total: Int) {
    guard draws else { return }
    bar.draw { width in
      let head =
        action + " " + (name.isEmpty ? "" : name.printable.suffix(max(10, width / 3)) + " ")
      let tail = " \(done.grouped) of \(total.grouped)"
      let room = max(10, width - head.count - tail.count)
      return head + ProgressBar.bar(Double(done) / Double(max(1, total)), width: min(40, room))
        + tail
    }
  }

  mutating func end() { bar.clear() }
}
