import Striate
import StriateData

/// Pictures of numbers.
enum MapPicture {
  /// The pixels between two maps of a sheet, and their colour.
  private static let paper: UInt8 = 255

  /// A map [H, W] in its colours.
  static func map(_ map: Tensor, _ colours: MapColours) -> Picture {
    Picture(
      width: map.shape[1], height: map.shape[0], channels: 3,
      bytes: map.scalars.flatMap(colours.bytes))
  }

  /// A map's strongest colours over its picture in pale grey: the stronger a number, the less of the picture is
  /// left.
  static func overlay(_ map: Tensor, _ colours: MapColours, over picture: Picture) -> Picture {
    precondition(
      map.shape == [picture.height, picture.width],
      "overlay: expected a map of \(picture.height)×\(picture.width), found \(map.shape)")
    let grey = picture.planes(channels: 1)
    let bytes = map.scalars.indices.flatMap { pixel -> [UInt8] in
      let (value, back) = (map.scalars[pixel], 150 + Float(grey[pixel]) * 0.41)
      let depth = colours.depth(value)
      return colours.bytes(value < 0 ? -colours.reach : colours.reach).map {
        UInt8((back + (Float($0) - back) * depth).rounded())
      }
    }
    return Picture(width: picture.width, height: picture.height, channels: 3, bytes: bytes)
  }

  /// Maps [K, h, w] side by side, a few pixels apart, at most `limit` of them.
  ///
  /// - Parameters:
  ///   - maps: The numbers.
  ///   - across: How many stand in a row.
  ///   - side: Maps with a longer side are made smaller by a whole number; others larger.
  ///   - limit: How many are drawn.
  ///   - colours: The colours of all of them.
  static func montage(
    _ maps: Tensor, width: Int, side: Int, limit: Int, colours: MapColours
  ) -> Picture {
    let (count, height, columns) = (min(maps.shape[0], limit), maps.shape[1], maps.shape[2])
    let longer = max(height, columns)
    let (shrink, zoom) = (max(1, (longer + side - 1) / side), max(1, side / longer))
    let (tileHeight, tileWidth) = (
      max(1, height / shrink) * zoom, max(1, columns / shrink) * zoom
    )
    let gap = 4
    let across = max(1, min(count, (width + gap) / (tileWidth + gap)))
    let down = (count + across - 1) / across
    var canvas = SheetCanvas(
      width: across * (tileWidth + gap) - gap, height: down * (tileHeight + gap) - gap)
    for k in 0..<count {
      let range = k * height * columns..<(k + 1) * height * columns
      let map = Tensor(shape: [height, columns], scalars: Array(maps.scalars[range]))
      canvas.draw(
        Self.map(map.shrunk(by: shrink), colours), left: k % across * (tileWidth + gap),
        top: k / across * (tileHeight + gap), zoom: zoom)
    }
    return canvas.picture
  }

  /// Kernels [filters, 3, h, w] in colour, each as strong as its largest weight allows; middle grey is 0.
  static func colourKernels(_ weights: Tensor, width: Int, side: Int, limit: Int) -> Picture {
    let shape = weights.shape
    let count = min(shape[0], limit)
    let (area, gap) = (shape[2] * shape[3], 4)
    let zoom = max(1, side / max(shape[2], shape[3]))
    let (tileHeight, tileWidth) = (shape[2] * zoom, shape[3] * zoom)
    let across = max(1, min(count, (width + gap) / (tileWidth + gap)))
    var canvas = SheetCanvas(
      width: across * (tileWidth + gap) - gap,
      height: (count + across - 1) / across * (tileHeight + gap) - gap)
    for k in 0..<count {
      let values = Array(weights.scalars[k * 3 * area..<(k + 1) * 3 * area])
      let most = values.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      let bytes = (0..<area).flatMap { place in
        (0..<3).map { c -> UInt8 in
          let share = most > 0 ? values[c * area + place] / most : 0
          return share.isFinite ? UInt8(127.5 + 127.5 * min(max(share, -1), 1)) : 127
        }
      }
      canvas.draw(
        Picture(width: shape[3], height: shape[2], channels: 3, bytes: bytes),
        left: k % across * (tileWidth + gap), top: k / across * (tileHeight + gap), zoom: zoom)
    }
    return canvas.picture
  }
}

extension Tensor {
  /// A map [H, W] made smaller by a whole number: each number the mean of those it replaces.
  func shrunk(by factor: Int) -> Tensor {
    guard factor > 1 else { return self }
    let (height, width) = (shape[0], shape[1])
    let (rows, columns) = (max(1, height / factor), max(1, width / factor))
    var result: [Float] = []
    result.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for column in 0..<columns {
        var (sum, count) = (Float(0), Float(0))
        for y in row * factor..<min((row + 1) * factor, height) {
          for x in column * factor..<min((column + 1) * factor, width) {
            sum += scalars[y * width + x]
            count += 1
          }
        }
        result.append(sum / count)
      }
    }
    return Tensor(shape: [rows, columns], scalars: result)
  }
}
