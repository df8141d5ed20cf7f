import LaneKernels
import Striate
import Testing

/// What the engine computes on the way back while a block of images passes: gradients of few weights, and those of
/// ReLUs that a maximum pooling masks.
@Suite struct GradientsByBlockTests {
  /// Pools that lie side by side, overlap, leave gaps, and share a ReLU with another reader.
  static let networks = [
    "conv 4 3x3, relu, maxpool 2, conv 5 5x5 stride 2 padding 2, relu, maxpool 3 stride 2 padding 1, flatten, dense 3",
    "conv 3 2x2, relu, maxpool 2 stride 3, batchnorm, relu, maxpool 2 stride 1, flatten, dense 3",
    "conv 4 3x3 padding 1, relu, concat(maxpool 2 | avgpool 2), conv 9 3x3, relu, maxpool 2, flatten, dense 3",
    "residual(conv 2 3x3 padding 1), relu, maxpool 2, conv 17 5x5 padding 2, conv 18 5x5 padding 2, relu, maxpool 2, flatten, dense 3",
  ]

  /// One block, three of which the last is not full, and more than there are threads.
  @Test(arguments: networks, [5, 40, 70])
  func gradientsAgreeWithTheReference(_ text: String, images: Int) throws {
    let network = try Network(text: text, input: [2, 14, 14], seed: 11)
    try EngineTrial(network, images: images).expectAgreement("\(text), \(images) images")
  }
}
