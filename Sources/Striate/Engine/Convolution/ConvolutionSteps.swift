import LaneKernels

/// The engine's side of a convolution.
///
/// Forwards: the image with its border, in inference band by band; one pass over kernel taps. Back to the image: the
/// outputs' gradient with a border of zeros, one pass for each phase of the stride, over the taps that fall on
/// that phase. Back to the weights: sums over all pixels of all blocks. All three by Winograd's algorithm where it
/// pays. A transposed convolution runs the same passes, each in the other's place.
extension ConvolutionGeometry {
  /// Compiles a convolution of the site's input.
  func compile(into site: inout LayerSite, bias: Conv2D.Bias, mode: PaddingMode = .zeros) {
    if isDepthwise, mode == .zeros || !hasBorder {
      return compileDepthwise(into: &site, bias: bias)
    }
    let input = site.inputs[0]
    let parameters = parameters(of: &site, bias: bias)
    let usesWinograd = usesWinograd(on: site.kernels, bias: bias)
    let sumsByWinograd = sumsByWinograd(on: site.kernels, bias: bias)
    let hasCopies = hasBorder && mode != .zeros
    if !usesWinograd,
      let band = forwardBand(isTraining: site.isTraining, blocks: site.blocks, mode: mode)
    {
      return appendConvolution(to: &site, in: band, parameters)
    }
    var x = imageMaps(input.values)
    if !usesWinograd || hasCopies || site.isTraining && !sumsByWinograd {
      x = appendBorder(to: &site, .forward, of: input.values, mode: mode)
    }
    if usesWinograd {
      site.begin(.forward)
      let (geometry, maps) = hasCopies ? (withoutBorder, x) : (self, imageMaps(input.values))
      geometry.addWinograd(
        to: &site, .forward, from: maps, to: outputMaps(site.output.values), parameters)
    } else {
      appendConvolution(to: &site, .forward, from: x, to: site.output.values, parameters)
    }
    guard site.isTraining, let dy = site.output.gradient else { return }
    site.begin(.back)
    let border = addInputGradient(to: &site, from: dy, mode: mode)
    if let dw = site.parameters[0].gradient {
      if sumsByWinograd {
        (hasCopies ? withoutBorder : self)
          .addWinogradWeightGradient(to: &site, x: x, gradient: dy, result: dw)
      } else {
        addWeightGradient(to: &site, x: x, gradient: dy, result: dw)
      }
    }
    addBiasGradient(to: &site, bias: bias)
    if let border, let dx = input.gradient {
      appendFold(of: border, mode: mode, into: dx, to: &site)
    }
  }

  /// The weights, the bias and the limits of the layer that is compiled.
  func parameters(of site: inout LayerSite, bias: Conv2D.Bias) -> ConvolutionParameters {
    let weights = site.parameters[0].values
    guard bias != .none else {
      return ConvolutionParameters(
        weights: weights, bias: site.allocate(1), biasFilterStride: 0, biasPixelStride: 0,
        limits: site.limits, adds: site.adds)
    }
    return ConvolutionParameters(
      weights: weights, bias: site.parameters[1].values,
      biasFilterStride: bias == .shared ? 1 : outputPixels,
      biasPixelStride: bias == .untied ? 1 : 0, limits: site.limits, adds: site.adds)
  }

  /// Adds the gradient of the image to the last step. Where the border holds copies of pixels, it is the
  /// gradient of the bordered image, which is returned.
  private func addInputGradient(
    to site: inout LayerSite, from gradient: Floats, mode: PaddingMode
  ) -> Maps? {
    guard let dx = site.inputs[0].gradient else { return nil }
    let dy = outputMaps(gradient)
    var parameters = ConvolutionParameters.weights(site.parameters[0].values, in: &site)
    parameters.adds = site.addsGradient
    guard hasBorder, mode != .zeros else {
      addTransposed(to: &site, .back, from: dy, to: imageMaps(dx), parameters)
      return nil
    }
    let bordered = borderedMaps(
      site.allocateOverwritten(site.blocks * blockStride(elements: channels * borderedPixels)))
    withoutBorder.addTransposed(to: &site, .back, from: dy, to: bordered, parameters)
    return bordered
  }

  /// Adds the gradient of the bias, if there is one, to the last step.
  func addBiasGradient(to site: inout LayerSite, bias: Conv2D.Bias) {
    guard bias != .none, let dy = site.output.gradient,
      let db = site.parameters[1].gradient
    else { return }
    site.appendBiasGradient(
      dy: dy, to: db, count: bias == .shared ? filters : filters * outputPixels,
      pixels: bias == .shared ? outputPixels : 1)
  }

  /// Compiles a transposed convolution of the site's input: this geometry is that of the convolution
  /// whose gradient it is, from the layer's output to its input.
  func compileTransposed(into site: inout LayerSite, bias: Bool) {
    let input = site.inputs[0]
    let parameters = parameters(of: &site, bias: bias ? .shared : .none)
    site.begin(.forward)
    addTransposed(
      to: &site, .forward, from: outputMaps(input.values), to: imageMaps(site.output.values),
      parameters)
    guard site.isTraining, let gradient = site.output.gradient else { return }
    let usesWinograd = usesWinograd(on: site.kernels)
    let sumsByWinograd = sumsByWinograd(on: site.kernels)
    var dy = imageMaps(gradient)
    if !sumsByWinograd {
      dy = appendBorder(to: &site, .back, of: gradient, mode: .zeros)
    }
    if usesWinograd, let dx = input.gradient {
      site.begin(.back)
      addWinograd(
        to: &site, .back, from: imageMaps(gradient), to: outputMaps(dx),
        .weights(site.parameters[0].values, in: &site))
    } else if let dx = input.gradient {
      appendConvolution(
        to: &site, .back, from: dy, to: dx,
        .weights(site.parameters[0].values, in: &site))
    } else {
      site.begin(.back)
    }
    if let dw = site.parameters[0].gradient {
      if sumsByWinograd {
        addWinogradWeightGradient(to: &site, x: dy, gradient: input.values, result: dw)
      } else {
        addWeightGradient(to: &site, x: dy, gradient: input.values, result: dw)
      }
    }
    if bias, let db = site.parameters[1].gradient {
      site.appendBiasGradient(dy: gradient, to: db, count: channels, pixels: inputPixels)
    }
  }
}

extension Conv2D {
  public func compile(into site: inout LayerSite) {
    compile(into: &site, image: site.inputs[0].shape, output: site.output.shape)
  }

  func compile(into site: inout LayerSite, image: [Int], output: [Int]) {
    geometry(image: image, output: output).compile(into: &site, bias: bias, mode: paddingMode)
  }

  /// The geometry on images [C, H, W] with outputs of that shape.
  func geometry(image: [Int], output: [Int]) -> ConvolutionGeometry {
    let window = window(on: image)
    return ConvolutionGeometry(
      channels: image[0], filters: output[0], groups: groups, slices: .flat,
      rows: window.rows(input: image[1], output: output[1]),
      columns: window.columns(input: image[2], output: output[2]))
  }
}

extension Window {
  /// The axis of rows, for an image of that height.
  func rows(input: Int, output: Int) -> ConvolutionAxis {
    ConvolutionAxis(
      input: input, output: output, kernel: kernel.height, stride: stride.height,
      dilation: dilation.height, before: padding.top, after: padding.bottom)
  }

  /// The axis of columns, for an image of that width.
  func columns(input: Int, output: Int) -> ConvolutionAxis {
    ConvolutionAxis(
      input: input, output: output, kernel: kernel.width, stride: stride.width,
      dilation: dilation.width, before: padding.left, after: padding.right)
  }
}
