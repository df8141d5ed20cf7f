import Striate

extension Explainer {
  /// Where the maps of a layer speak for a class.
  ///
  ///     α[k] = 1/(h·w) Σ(i,j) ∂S/∂A[k,i,j]        M[i,j] = max(0, Σ(k) α[k] A[k,i,j])
  ///
  /// A is the layer's own output: before the activation, where that is a layer of its own.
  ///
  /// Shapes: image [C, H, W], layer [K, h, w] → values [1, h, w]; map [H, W], enlarged bilinearly.
  /// Source: Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2017, arXiv:1610.02391, equations 1 and 2.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - classIndex: The class.
  ///   - layer: The layer's name; nil for the last convolution.
  ///
  /// Throws `Unexplainable` where the image, the class or the layer does not fit.
  public func gradCAM(
    of image: Tensor, class classIndex: Int, layer: String? = nil
  ) throws -> Attribution {
    let index = try mapLayer(layer)
    let result = try gradients(of: classIndex, layer: index)(entering(image))
    let (value, gradient) = result.layers[0]
    let (maps, height, width) = (value.shape[1], value.shape[2], value.shape[3])
    let area = height * width
    var sum = [Double](repeating: 0, count: area)
    for k in 0..<maps {
      let range = k * area..<(k + 1) * area
      let weight = gradient.scalars[range].reduce(0.0) { $0 + Double($1) } / Double(area)
      for (i, a) in value.scalars[range].enumerated() { sum[i] += weight * Double(a) }
    }
    let values = Tensor(shape: [1, height, width], scalars: sum.map { Float(max(0, $0)) })
    var attribution = Attribution(
      .gradCAM, classIndex: classIndex, score: result.scores[0], values: values,
      map: values.enlarged(toHeight: image.shape[1], width: image.shape[2]))
    attribution.layer = network.nodes[index].name
    attribution.setting = "layer \(network.nodes[index].name), \(maps) maps of \(height)×\(width)"
    return attribution
  }

  /// The layers that Grad-CAM can look at: those with maps [K, h, w] that the score is computed from.
  package var mapLayers: [Int] {
    network.sources(of: .node(scoreLayer)).sorted().filter { network.nodes[$0].shape.count == 3 }
  }

  /// The layer of that name, or the last convolution.
  package func mapLayer(_ name: String?) throws -> Int {
    let layers = mapLayers
    guard let name else {
      guard let last = layers.last(where: { network.nodes[$0].layer.isConvolution }) ?? layers.last
      else {
        throw Unexplainable(
          description: "grad-cam: expected a layer with maps, found none in the network: "
            + "leave the method out")
      }
      return last
    }
    guard let index = network.node(named: name) else {
      let known = layers.map { network.nodes[$0].name }
      throw Unexplainable(
        description: "layer \"\(name.prefix(80))\": expected one of "
          + known.prefix(40).joined(separator: ", ") + (known.count > 40 ? ", …" : ""))
    }
    guard layers.contains(index) else {
      throw Unexplainable(
        description: "layer \"\(name)\": expected maps [K, h, w] that the score is computed from, "
          + "found \(network.nodes[index].shape)")
    }
    return index
  }
}

extension Layer {
  /// Whether it slides kernels over maps.
  package var isConvolution: Bool {
    self is Conv2D || self is DepthwiseConv2D || self is ConvTranspose2D
  }
}

extension Tensor {
  /// A map [1, h, w] enlarged to [H, W]: bilinear, pixels being squares.
  ///
  ///     y = (i + ½)·h/H − ½, brought inside 0 … h − 1
  func enlarged(toHeight height: Int, width: Int) -> Tensor {
    let (rows, columns) = (shape[1], shape[2])
    func place(_ i: Int, _ old: Int, _ new: Int) -> (Int, Int, Float) {
      let y = max(0, (Float(i) + 0.5) * Float(old) / Float(new) - 0.5)
      let lower = min(Int(y), old - 1)
      return (lower, min(lower + 1, old - 1), min(y - Float(lower), 1))
    }
    let across = (0..<width).map { place($0, columns, width) }
    var result: [Float] = []
    result.reserveCapacity(height * width)
    for i in 0..<height {
      let (top, bottom, down) = place(i, rows, height)
      for (left, right, along) in across {
        let above =
          scalars[top * columns + left] * (1 - along)
          + scalars[top * columns + right] * along
        let below =
          scalars[bottom * columns + left] * (1 - along)
          + scalars[bottom * columns + right] * along
        result.append(above * (1 - down) + below * down)
      }
    }
    return Tensor(shape: [height, width], scalars: result)
  }
}
