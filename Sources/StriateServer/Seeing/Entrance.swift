import Striate
import StriateData

/// How a picture becomes the input of a network that classifies pictures.
package struct Entrance: Sendable {
  /// [C, H, W].
  package let shape: [Int]
  /// Whether a digit is looked for in the picture, and set as MNIST's are.
  package let findsDigit: Bool

  /// nil where the network is no classifier of pictures with 1 or 3 channels.
  package init?(_ network: Network) {
    guard network.inputs.count == 1, network.inputs[0].shape.count == 3,
      [1, 3].contains(network.inputs[0].shape[0]), network.outputShape.count == 1
    else { return nil }
    shape = network.inputs[0].shape
    findsDigit = shape == [1, 28, 28] && network.preprocessing.fitting == nil
  }

  /// The bytes of the input, [C, H, W]. Throws `DigitFinder.NothingToSee` where there is no digit.
  package func pixels(of picture: Picture) throws -> [UInt8] {
    guard !findsDigit else { return try DigitFinder.find(in: picture).pixels }
    return picture.fitted(
      to: PictureSize(height: shape[1], width: shape[2]), channels: shape[0])
  }

  /// The input [1, C, H, W] of such bytes, from 0 to 1.
  package func tensor(_ pixels: [UInt8]) -> Tensor {
    Tensor(shape: [1] + shape, scalars: pixels.map { Float($0) / 255 })
  }
}
