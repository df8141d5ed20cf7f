/// The value that parts numbers from 0 upward into two classes with the largest variance between
/// them.
///
/// Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076.
func otsuThreshold(_ numbers: [Float]) -> Float {
  let bins = 256
  guard let top = numbers.max(), top > 0 else { return 0 }
  var histogram = [Double](repeating: 0, count: bins)
  for number in numbers { histogram[min(Int(number / top * Float(bins)), bins - 1)] += 1 }
  let total = histogram.reduce(0, +)
  let mean = histogram.indices.reduce(0) { $0 + Double($1) * histogram[$1] }
  var (count, sum, best, threshold) = (0.0, 0.0, -1.0, 0)
  for bin in 0..<(bins - 1) {
    count += histogram[bin]
    sum += Double(bin) * histogram[bin]
    guard count > 0, count < total else { continue }
    let difference = sum / count - (mean - sum) / (total - count)
    let variance = count * (total - count) * difference * difference
    if variance > best { (best, threshold) = (variance, bin) }
  }
  return top * Float(threshold + 1) / Float(bins)
}

/// The middle of some numbers in order; 0 of none.
func median(_ numbers: [Float]) -> Float { percentile(0.5, of: numbers) }

/// The number that a given share of some numbers lies below; 0 of none.
func percentile(_ share: Float, of numbers: [Float]) -> Float {
  guard !numbers.isEmpty else { return 0 }
  return numbers.sorted()[min(Int(share * Float(numbers.count)), numbers.count - 1)]
}
