import Striate
import StriateExplain

/// The page that `--report FILE` asks for.
struct ReportFile {
  let path: String

  static let option = Command.Option(
    "report", "FILE.html", "write everything, with pictures and diagrams, as one page for a browser"
  )

  /// nil where nobody asks for a page. Throws before any work where it could not be written.
  init?(_ arguments: Arguments) throws {
    guard let path = try arguments.text("report") else { return nil }
    // A model that was meant to be read is not written over.
    guard [".html", ".htm"].contains(where: path.lowercased().hasSuffix) else {
      throw arguments.mistake("report", "a file name that ends in .html", path)
    }
    try AtomicFile.checkWritable(path)
    self.path = path
  }

  /// Writes the page, and says so on standard error.
  func write(_ report: EvaluationReport, quiet: Bool) throws {
    try report.write(to: path)
    if !quiet { Console.error("report written to \(path)") }
  }
}
