import LaneKernels

/// A dense layer is a convolution with a kernel as large as the image: images are its pixels.
extension Dense: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    ChannelShape(output)
  }

  func compile(into site: inout ChannelSite) {
    let (shape, kernels) = (site.inputs[0], site.lanes.kernels)
    let inputs = shape.shape.product
    // Numbers that lie one after the other are channels of one pixel.
    let pixels = shape.isPlanar ? 1 : shape.pixels
    let channels = inputs / pixels
    let height =
      site.allImages == 1 ? Dense.registersOfOneImage : kernels.channels.tileHeight
    let registers = (outputs + kernels.vectorWidth - 1) / kernels.vectorWidth
    let isJoint = site.isJoint(weights: inputs * outputs)
    let lots = ChannelConvolution.Lots(
      all: isJoint ? site.allImages : site.images, height: 1, row: 0, weights: 0,
      tiles: (registers + height - 1) / height,
      wanted: LayerSite.parts(
        of: LayerSite.fewestTasks, blocks: isJoint ? 1 : site.lanes.blocks))
    let pass = ChannelPass(
      channels: channels, channelStride: pixels * laneCount,
      taps: site.lanes.constants((0..<pixels).map { $0 * laneCount }).base, tapCount: pixels,
      filters: outputs, filterStride: laneCount, width: 1, height: 1, inputStride: shape.stride,
      inputRowStep: 0, inputColumnStep: 0, outputStride: site.output.stride, outputRowStep: 0,
      outputColumnStep: 0, limits: site.lanes.limits, registersAtOnce: height,
      channelsAtOnce: channels.padded)
    let packing = WeightPacking(
      filterStride: inputs, channelStride: pixels,
      taps: site.lanes.constants(Array(0..<pixels)).base)
    let source = ChannelConvolution.Source(
      geometry: nil, maps: 1, pixel: laneCount,
      blockStride: site.lanes.inputs[0].blockStride, stride: shape.stride, rowStride: 0,
      splits: false, phases: 1, copiedColumns: 0, rowStep: 1, copiedRows: 0)
    site.append(
      ChannelConvolution(
        pass: pass, packing: packing, lots: lots, source: source, isJoint: isJoint),
      weights: site.lanes.parameters[0].values, bias: site.biases(1, count: outputs))
  }

  /// One image has no pixels to hide how long a multiply-add takes: so many registers of outputs do.
  private static let registersOfOneImage = 8

  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
  { Double(input.shape.product) * Double(outputs.padded) }
}
