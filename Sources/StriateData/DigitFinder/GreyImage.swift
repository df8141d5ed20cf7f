/// A grey picture of Floats, 0 to 255, row by row.
struct GreyImage {
  let width: Int
  let height: Int
  var values: [Float]

  /// The longer side.
  var side: Int { max(width, height) }

  init(width: Int, height: Int, values: [Float]) {
    self.width = width
    self.height = height
    self.values = values
  }

  /// A picture's brightness, each value the mean over a square of `factor`×`factor` pixels.
  init(_ picture: Picture, reducedBy factor: Int) {
    width = (picture.width + factor - 1) / factor
    height = (picture.height + factor - 1) / factor
    values = []
    values.reserveCapacity(width * height)
    for row in 0..<height {
      let rows = (row * factor)..<min((row + 1) * factor, picture.height)
      for column in 0..<width {
        let columns = (column * factor)..<min((column + 1) * factor, picture.width)
        var sum: Float = 0
        for y in rows {
          for x in columns { sum += picture.brightness(column: x, row: y) }
        }
        values.append(sum / Float(rows.count * columns.count))
      }
    }
  }

  /// The part inside a box.
  func cropped(to box: PixelBox) -> GreyImage {
    var part: [Float] = []
    part.reserveCapacity(box.width * box.height)
    for row in box.top..<(box.top + box.height) {
      let start = row * width + box.left
      part.append(contentsOf: values[start..<(start + box.width)])
    }
    return GreyImage(width: box.width, height: box.height, values: part)
  }

  /// The picture filtered along its rows, then along its columns.
  private func filtered(_ filterRow: (ArraySlice<Float>) -> [Float]) -> GreyImage {
    var image = self
    for _ in 0..<2 {
      // Each pass filters the rows and turns the picture on its side.
      var turned = [Float](repeating: 0, count: values.count)
      for row in 0..<image.height {
        let start = row * image.width
        let filtered = filterRow(image.values[start..<(start + image.width)])
        for column in 0..<image.width { turned[column * image.height + row] = filtered[column] }
      }
      image = GreyImage(width: image.height, height: image.width, values: turned)
    }
    return image
  }

  /// The mean over the squares that reach `radius` pixels to every side.
  func blurred(radius: Int) -> GreyImage {
    filtered { row in
      var sums: [Double] = [0]
      sums.reserveCapacity(row.count + 1)
      for value in row { sums.append(sums[sums.count - 1] + Double(value)) }
      return (0..<row.count).map { column in
        let lower = max(column - radius, 0)
        let upper = min(column + radius + 1, row.count)
        return Float((sums[upper] - sums[lower]) / Double(upper - lower))
      }
    }
  }

  /// The maximum over the squares that reach `radius` pixels to every side.
  ///
  /// Maxima from both ends of blocks of one window's length: any window is a block's end and the
  /// next block's beginning. Source: van Herk 1992, doi:10.1016/0167-8655(92)90069-C.
  func dilated(radius: Int) -> GreyImage {
    let window = 2 * radius + 1
    return filtered { row in
      let count = row.count
      let row = Array(row)
      var (before, after) = (row, row)
      for i in 1..<max(count, 1) where i % window != 0 { before[i] = max(before[i - 1], row[i]) }
      for i in (0..<max(count - 1, 0)).reversed() where (i + 1) % window != 0 {
        after[i] = max(after[i + 1], row[i])
      }
      return (0..<count).map { column in
        max(after[max(column - radius, 0)], before[min(column + radius, count - 1)])
      }
    }
  }

  /// The minimum over the squares that reach `radius` pixels to every side.
  func eroded(radius: Int) -> GreyImage {
    func negated(_ image: GreyImage) -> GreyImage {
      GreyImage(width: image.width, height: image.height, values: image.values.map { -$0 })
    }
    return negated(negated(self).dilated(radius: radius))
  }

  /// The picture with its longer side scaled to `side` by area averaging, its aspect ratio kept.
  ///
  /// The result is a square of `side`×`side`, the picture at its upper left.
  func fitted(to side: Int) -> [Float] {
    let step = Float(self.side) / Float(side)
    let columns = (0..<side).map { Overlap(index: $0, step: step, count: width) }
    let rows = (0..<side).map { Overlap(index: $0, step: step, count: height) }
    return rows.flatMap { row in
      columns.map { column in
        var sum: Float = 0
        for (y, share) in zip(row.indices, row.shares) {
          for (x, part) in zip(column.indices, column.shares) {
            sum += share * part * values[y * width + x]
          }
        }
        return sum / (step * step)
      }
    }
  }

  /// The pixels under one pixel of a scaled picture along one axis, and how much of each.
  private struct Overlap {
    let indices: Range<Int>
    let shares: [Float]

    init(index: Int, step: Float, count: Int) {
      let (start, end) = (Float(index) * step, Float(index + 1) * step)
      let lower = min(Int(start), count)
      let upper = max(min(Int(end) + 1, count), lower)
      indices = lower..<upper
      shares = indices.map { max(min(Float($0 + 1), end) - max(Float($0), start), 0) }
    }
  }
}

/// A box of whole pixels in a picture.
public struct PixelBox: Sendable, Equatable {
  /// The first column.
  public var left: Int

  /// The first row.
  public var top: Int

  /// Columns of pixels.
  public var width: Int

  /// Rows of pixels.
  public var height: Int

  /// The longer side.
  var side: Int { max(width, height) }

  /// The pixels from the nearest column or row of `other`; 0 where the boxes meet or overlap.
  func gap(to other: PixelBox) -> Int {
    let across = max(left, other.left) - min(left + width, other.left + other.width)
    let down = max(top, other.top) - min(top + height, other.top + other.height)
    return max(across, down, 0)
  }

  /// The smallest box around both.
  func union(_ other: PixelBox) -> PixelBox {
    let (x, y) = (min(left, other.left), min(top, other.top))
    return PixelBox(
      left: x, top: y, width: max(left + width, other.left + other.width) - x,
      height: max(top + height, other.top + other.height) - y)
  }
}
