extension Dataset {
  /// One image as the network sees it: [C, H, W], bytes as 0 to 1.
  ///
  /// Throws what the source of a streamed data set throws.
  ///
  /// - Precondition: `index` is that of an image.
  public func image(at index: Int) throws -> Tensor {
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
    case .streamed(let source):
      let bytes = try source.bytes(of: index, size: size)
      return Tensor(shape: imageShape, scalars: bytes.map { Float($0) / 255 })
    }
  }

  /// What an image is called where people look for it, the path of its file; nil where it has no name.
  ///
  /// - Precondition: `index` is that of an image.
  public func imageName(at index: Int) -> String? {
    precondition(
      index >= 0 && index < count,
      "Dataset: expected an index from 0 to \(count - 1), found \(index)")
    guard case .streamed(let source) = pixels else { return nil }
    return source.name(of: index)
  }

  /// The mean and the standard deviation of every channel over all images, bytes as 0 to 1.
  ///
  ///     μ[c] = Σ(n,h,w) x[n,c,h,w] / m        σ[c] = √(Σ(n,h,w) (x[n,c,h,w] − μ[c])² / m)
  ///
  /// with m = N·H·W, computed in `Double` (bytes exactly, in integers). Without images both are 0.
  /// Streamed images are read, one after the other, where their source does not know their sums.
  ///
  /// Throws what the source of a streamed data set throws.
  public func statistics() throws -> (mean: [Float], standardDeviation: [Float]) {
    let channels = imageShape[0]
    let size = imageShape.reduce(1, *)
    guard count > 0 else {
      let zeros = [Float](repeating: 0, count: channels)
      return (zeros, zeros)
    }
    var totals = [ChannelSum](repeating: ChannelSum(), count: channels)
    func add(_ image: [ChannelSum]) {
      for (c, sum) in image.enumerated() { totals[c] = totals[c] + sum }
    }
    switch pixels {
    case .floats(let floats): return statistics(of: floats)
    case .bytes(let bytes):
      for n in 0..<count {
        add(ChannelSum.channels(channels, of: bytes.span.extracting(n * size..<(n + 1) * size)))
      }
    case .streamed(let source):
      for n in 0..<count {
        if let sums = source.channelSums(of: n) {
          add(sums)
        } else {
          let bytes = try source.bytes(of: n, size: size)
          add(ChannelSum.channels(channels, of: bytes.span))
        }
      }
    }
    let m = Double(count * imageShape.dropFirst().reduce(1, *))
    let means = totals.map { Double($0.sum) / m }
    let variances = zip(totals, means).map { max(0, Double($0.squares) / m - $1 * $1) }
    return (means.map { Float($0 / 255) }, variances.map { Float($0.squareRoot() / 255) })
  }

  private func statistics(of floats: [Float]) -> (mean: [Float], standardDeviation: [Float]) {
    let channels = imageShape[0]
    let area = imageShape.dropFirst().reduce(1, *)
    let m = Double(count * area)
    var mean: [Float] = []
    var deviation: [Float] = []
    for c in 0..<channels {
      let planes = (0..<count).lazy.map { n in
        (n * channels + c) * area..<(n * channels + c + 1) * area
      }
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
      mean.append(Float(average))
      deviation.append(Float((squares / m).squareRoot()))
    }
    return (mean, deviation)
  }
}
