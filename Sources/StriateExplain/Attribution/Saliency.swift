import Striate

extension Explainer {
  /// The gradient of a class's score.
  ///
  ///     M[c,i,j] = ∂S/∂x[c,i,j]        map[i,j] = max(c) |M[c,i,j]|
  ///
  /// Shapes: image [C, H, W] → values [C, H, W], map [H, W].
  /// Source: Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034, section 3.1.
  ///
  /// Throws `Unexplainable` where the image or the class does not fit the network.
  public func saliency(of image: Tensor, class classIndex: Int) throws -> Attribution {
    let result = try gradients(of: classIndex)(entering(image))
    let values = result.inputs.reshaped(to: image.shape)
    return Attribution(
      .saliency, classIndex: classIndex, score: result.scores[0], values: values,
      map: values.largestOverChannels)
  }

  /// The mean gradient over noisy copies of the image.
  ///
  ///     M = 1/n Σ(s) ∂S/∂x (x + ε[s]),  ε[s] ~ N(0, σ²),  σ = noise · (max x − min x)
  ///
  /// The noise is added to the image as it enters. Sample s draws from a stream of its own of the seed.
  ///
  /// Shapes: image [C, H, W] → values [C, H, W], map [H, W] as `saliency`'s.
  /// Source: Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, arXiv:1706.03825, section 3.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - classIndex: The class.
  ///   - samples: How many noisy copies, n.
  ///   - noise: The noise's deviation as a share of the range of the image.
  ///   - seed: What the noise depends on.
  ///   - progress: Called with the number of copies done, and of all.
  ///
  /// Throws `Unexplainable` where the image or the class does not fit the network.
  public func smoothGrad(
    of image: Tensor, class classIndex: Int, samples: Int = 50, noise: Float = 0.15,
    seed: UInt64 = 0, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Attribution {
    precondition(samples >= 1, "smoothGrad: expected at least one sample, found \(samples)")
    let x = try entering(image).scalars
    let deviation = noise * ((x.max() ?? 0) - (x.min() ?? 0))
    var attribution = try smoothGrad(
      of: image, class: classIndex, samples: samples, progress: progress
    ) { sample in
      var generator = SeededGenerator(seed: seed, stream: UInt64(sample))
      return (0..<image.count).map { _ in deviation * Float(generator.normal()) }
    }
    attribution.setting = "\(samples) samples, noise \(noise.plain), seed \(seed)"
    return attribution
  }

  /// The same with given noise, [C, H, W] a sample.
  package func smoothGrad(
    of image: Tensor, class classIndex: Int, samples: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, noise: (_ sample: Int) -> [Float]
  ) throws -> Attribution {
    let gradients = try gradients(of: classIndex)
    let x = try entering(image)
    let score = try gradients(x).scores[0]
    var sum = [Double](repeating: 0, count: x.count)
    for start in stride(from: 0, to: samples, by: ScoreGradients.batch) {
      let end = min(start + ScoreGradients.batch, samples)
      let copies = (start..<end).flatMap { sample in
        zip(x.scalars, noise(sample)).map { $0 + $1 }
      }
      let batch = Tensor(shape: [end - start] + image.shape, scalars: copies)
      sum.add(try gradients(batch).inputs)
      progress(end, samples)
    }
    let values = Tensor(shape: image.shape, scalars: sum.map { Float($0 / Double(samples)) })
    return Attribution(
      .smoothGrad, classIndex: classIndex, score: score, values: values,
      map: values.largestOverChannels)
  }
}

extension [Double] {
  /// Adds every image of a batch [N, …], one after the other.
  mutating func add(_ batch: Tensor) {
    for (k, value) in batch.scalars.enumerated() { self[k % count] += Double(value) }
  }
}
