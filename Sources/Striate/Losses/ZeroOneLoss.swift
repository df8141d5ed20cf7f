/// The share of images that were given the wrong class.
///
///     L = 1/N · Σ(n) [ŷ(n) ≠ y(n)]
///
/// It has no useful gradient and serves as a metric.
/// Source: seeds/003 eq 3.
///
/// - Precondition: there is one prediction for each label, and at least one.
public func zeroOneLoss(predictions: [Int], labels: [Int]) -> Double {
  precondition(
    predictions.count == labels.count && !labels.isEmpty,
    "zeroOneLoss: expected \(labels.count) predictions, found \(predictions.count)")
  return Double(zip(predictions, labels).count { $0 != $1 }) / Double(labels.count)
}
