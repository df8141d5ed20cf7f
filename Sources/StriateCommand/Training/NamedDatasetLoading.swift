import Striate
import StriateData

extension NamedDataset {
  /// Says so where the data set is not in the folder that was named, but in another place.
  func tellIfElsewhere(than dataFolder: String?) {
    guard let dataFolder, let found = location(dataFolder: dataFolder),
      ![dataFolder, dataFolder + "/" + name].contains(found)
    else { return }
    Console.error("--data \(dataFolder): \(name) is not there; taken from \(found)")
  }

  /// Finds or downloads the data set, and shows what happens on standard error.
  func load(_ arguments: Arguments, quiet: Bool) throws -> DatasetPair {
    var bar = ProgressBar()
    let draws = !quiet && Console.errorIsTerminal
    var announced: Set<String> = []
    // Told only when another mirror answers; otherwise the error tells them all.
    var failed: [String] = []
    defer { bar.clear() }
    return try load(dataFolder: arguments.text("data")) { event in
      switch event {
      case .received(let url, let bytes, let total):
        if !quiet { failed.forEach(Console.error) }
        failed = []
        if draws {
          bar.draw { width in
            let share = Double(bytes) / Double(max(1, total))
            let end = " \(mebibytes(bytes)) of \(mebibytes(total)) MiB"
            let name = "downloading \(url.split(separator: "/").last ?? "") "
            return name + ProgressBar.bar(share, width: min(40, width - name.count - end.count))
              + end
          }
        } else if !quiet, announced.insert(url).inserted {
          Console.error("downloading \(url)")
        }
      case .mirrorFailed(let url, let reason):
        bar.clear()
        failed.append("\(url): \(reason): trying the next address")
      }
    }
  }
}

private func mebibytes(_ bytes: Int) -> String { (Double(bytes) / 1_048_576).fixed(1) }
