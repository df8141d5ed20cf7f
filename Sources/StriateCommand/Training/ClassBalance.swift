import Striate
import StriateExplain

/// How many images each class has, and whether that is uneven.
struct ClassBalance {
  let classNames: [String]
  let counts: [Int]

  /// The largest class may have so many times the images of the smallest before it is told.
  private static let limit = 2.0

  /// More classes are summed up.
  private static let shown = 12

  init(_ dataset: Dataset) {
    classNames = dataset.classNames
    counts = dataset.classCounts
  }

  /// The largest count over the smallest; infinite where a class has no image.
  var ratio: Double {
    let (largest, smallest) = (counts.max() ?? 0, counts.min() ?? 0)
    return largest == 0 ? 1 : Double(largest) / Double(smallest)
  }

  /// Whether learning may suffer from it.
  var isUneven: Bool { ratio > Self.limit }

  /// "classes: cat 120, dog 480", and what to do where they are uneven.
  var lines: [String] {
    let total = counts.count
    let list = zip(classNames, counts).map { "\($0) \($1.grouped)" }
    let text =
      total <= Self.shown
      ? list.joined(separator: ", ")
      : "\(total) of \((counts.min() ?? 0).grouped) to \((counts.max() ?? 0).grouped) images"
    guard isUneven, let least = counts.indices.min(by: { counts[$0] < counts[$1] }),
      let most = counts.indices.max(by: { counts[$0] < counts[$1] })
    else { return ["classes: \(text)"] }
    let comparison =
      counts[least] == 0
      ? "\"\(classNames[least])\" has no images to train on"
      : "\"\(classNames[most])\" has \(ratio.fixed(1)) times as many images as "
        + "\"\(classNames[least])\""
    return [
      "classes: \(text)",
      "the classes are uneven: \(comparison); class weights in the loss can make up for it",
    ]
  }

  var json: JSON {
    .object(zip(classNames, counts).map { ($0, .integer($1)) })
  }
}
