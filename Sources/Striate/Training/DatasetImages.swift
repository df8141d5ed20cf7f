extension Dataset {
  /// One image as the network sees it: [C, H, W], bytes as 0 to 1.
  ///
  /// - Precondition: `index` is that of an image.
  public func image(at index: Int) -> Tensor {
    precondition(
      index >= 0 && index < count,
      "Dataset: expected an index from 0 to \(count - 1), found \(index)")
    let size = imageShape.reduce(1, *)
    let range = index * size..<(index + 1) * size
    switch pixels {
    case .bytes(let bytes):
      return Tensor(shape: imageShape, scalars: bytes[range].map { Float($0) / 255 })
    case .floats(let floats):
      return Tensor(shape: imageShape, scalars: Array(floats[range]))
    }
  }

  /// The mean and the standard deviation of every channel over all images, bytes as 0 to 1.
  ///
  ///     μ[c] = Σ(n,h,w) x[n,c,h,w] / m        σ[c] = √(Σ(n,h,w) (x[n,c,h,w] − μ[c])² / m)
  ///
  /// with m = N·H·W, computed in `Double` (bytes exactly, in integers). Without images both are 0.
  public func statistics() -> (mean: [Float], standardDeviation: [Float]) {
    let channels = imageShape[0]
    let area = imageShape.dropFirst().reduce(1, *)
    var mean = [Float](repeating: 0, count: channels)
    var deviation = mean
    guard count > 0 else { return (mean, deviation) }
    let m = Double(count * area)
    for c in 0..<channels {
      let planes = (0..<count).lazy.map { n in
        (n * channels + c) * area..<(n * channels + c + 1) * area
      }
      switch pixels {
      case .bytes(let bytes):
        var sum = 0
        var squares = 0
        for plane in planes {
          for i in plane {
            sum += Int(bytes[i])
            squares += Int(bytes[i]) * Int(bytes[i])
          }
        }
        let average = Double(sum) / m
        mean[c] = Float(average / 255)
        deviation[c] = Float((max(0, Double(squares) / m - average * average)).squareRoot() / 255)
      case .floats(let floats):
        var sum = 0.0
        for plane in planes { for i in plane { sum += Double(floats[i]) } }
        let average = sum / m
        var squares = 0.0
        for plane in planes {
          for i in plane {
            let difference = Double(floats[i]) - average
            squares += difference * difference
          }
        }
        mean[c] = Float(average)
        deviation[c] = Float((squares / m).squareRoot())
      }
    }
    return (mean, deviation)
  }
}
