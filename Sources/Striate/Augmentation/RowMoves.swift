/// Crops and flips as copies of runs of pixels, before images come into lanes.
///
/// Any number of them moves columns and rows by themselves: for each column of the result, a table says
/// which column of the image it shows, or −1 for the fill colour; likewise for rows.
struct RowMoves {
  private var columns: AxisTable
  private var rows: AxisTable
  private let size: ImageSize

  init(_ size: ImageSize) {
    self.size = size
    columns = AxisTable(count: size.width)
    rows = AxisTable(count: size.height)
  }

  /// Back to an image that stays as it is.
  mutating func reset() {
    columns.reset()
    rows.reset()
  }

  /// Adds a crop or a flip after those that there are.
  mutating func append(_ change: ImageChange) {
    switch change {
    case .crop(let left, let top, let border):
      columns.crop(from: left, reflects: border == .reflect)
      rows.crop(from: top, reflects: border == .reflect)
    case .flip(.horizontal): columns.flip()
    case .flip(.vertical): rows.flip()
    default: break
    }
  }

  /// Whether the image stays as it is.
  var isIdentity: Bool { columns.isIdentity && rows.isIdentity }

  /// Copies an image; `fill` has a pixel for each channel.
  mutating func copy<Pixel: StoredPixel>(
    _ source: UnsafePointer<Pixel>, to target: UnsafeMutablePointer<Pixel>, fill: [Pixel]
  ) {
    columns.findRuns()
    let (width, height) = (size.width, size.height)
    for c in 0..<size.channels {
      let plane = source + c * size.area
      for y in 0..<height {
        let line = target + (c * height + y) * width
        let row = rows[y]
        guard row >= 0 else {
          line.update(repeating: fill[c], count: width)
          continue
        }
        for run in columns.runs {
          let (place, first) = (line + run.target, plane + row * width + run.source)
          switch run.step {
          case 0: place.update(repeating: fill[c], count: run.count)
          case 1: place.update(from: first, count: run.count)
          default: for i in 0..<run.count { place[i] = (first - i).pointee }
          }
        }
      }
    }
  }
}

/// Where each place on one axis of a result lies in the source; −1 for outside.
private struct AxisTable {
  /// Places in a row that lie in a row in the source: forwards (1), backwards (−1) or outside it (0).
  struct Run {
    var target: Int
    var source: Int
    var count: Int
    var step: Int
  }

  private var places: [Int]
  private var next: [Int]
  private(set) var runs: [Run] = []

  init(count: Int) {
    places = Array(0..<count)
    next = places
    runs.reserveCapacity(count)
  }

  subscript(_ place: Int) -> Int { places[place] }

  var isIdentity: Bool {
    places.indices.allSatisfy { places[$0] == $0 }
  }

  mutating func reset() {
    for i in places.indices { places[i] = i }
  }

  mutating func flip() { places.reverse() }

  mutating func crop(from start: Int, reflects: Bool) {
    guard start != 0 else { return }
    let last = places.count - 1
    for i in places.indices {
      var k = i + start
      if reflects {
        k = abs(k)
        if k > last { k = 2 * last - k }
      }
      next[i] = k >= 0 && k <= last ? places[k] : -1
    }
    swap(&places, &next)
  }

  mutating func findRuns() {
    runs.removeAll(keepingCapacity: true)
    var start = 0
    while start < places.count {
      let source = places[start]
      var end = start + 1
      let isBackwards = source > 0 && end < places.count && places[end] == source - 1
      let step = source < 0 ? 0 : isBackwards ? -1 : 1
      while end < places.count, places[end] == source + step * (end - start),
        step == 0 || places[end] >= 0
      {
        end += 1
      }
      runs.append(Run(target: start, source: source, count: end - start, step: step))
      start = end
    }
  }
}
