import Striate
import StriateData
import StriateExplain

/// Test images side by side, each above the class that the network gives it.
struct Gallery {
  let dataset: Dataset
  let evaluation: Evaluation
  let columns: Int

  /// The first `count` images, as many in a row as the terminal holds.
  func text(first count: Int) throws -> String {
    let indices = Array(0..<min(count, dataset.count))
    let width = dataset.imageShape[dataset.imageShape.count - 1]
    let perRow = max(1, (columns + 2) / (width + 2))
    return try stride(from: 0, to: indices.count, by: perRow).map { start in
      try row(Array(indices[start..<min(start + perRow, indices.count)]), width: width)
    }.joined(separator: "\n")
  }

  private func row(_ indices: [Int], width: Int) throws -> String {
    let pictures = try indices.map { try picture($0) }
    let height = pictures.map(\.count).max() ?? 0
    var lines = (0..<height).map { line in
      pictures.map { $0[line] }.joined(separator: "  ")
    }
    let captions = indices.map { caption($0).padded(toColumns: width) }
    lines.append(captions.joined(separator: "  ").droppingTrailingSpace)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The lines of an image's first channel.
  private func picture(_ index: Int) throws -> [String] {
    let (height, width) = (dataset.imageShape[1], dataset.imageShape[2])
    let pixels = try dataset.image(at: index).scalars.prefix(height * width).map {
      UInt8((min(max($0, 0), 1) * 255).rounded())
    }
    return TerminalPicture.render(
      pixels: Array(pixels), width: width, height: height,
      colour: Console.outputIsTerminal && Console.outputHasColour
    ).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }.dropLast()
  }

  /// "7", or "9 instead of 7", or "nothing instead of 7".
  private func caption(_ index: Int) -> String {
    let said = evaluation.predictions[index].map { evaluation.classNames[$0] } ?? "nothing"
    let meant = evaluation.classNames[dataset.labels[index]]
    return (said == meant ? said : "\(said) instead of \(meant)").printable
  }
}
