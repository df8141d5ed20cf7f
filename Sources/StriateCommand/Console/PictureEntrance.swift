import Striate
import StriateData

/// How a picture becomes the input of a network.
struct PictureEntrance {
  let shape: [Int]
  let isRaw: Bool
  let findsDigit: Bool

  init(_ network: Network, isRaw: Bool, model: String) throws {
    guard network.inputs.count == 1, network.inputs[0].shape.count == 3,
      [1, 3].contains(network.inputs[0].shape[0]), network.outputShape.count == 1
    else {
      let inputs = network.inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw Failure(
        "\(model): expected a classifier of pictures with 1 or 3 channels, found inputs \(inputs) "
          + "and outputs \(network.outputShape)")
    }
    shape = network.inputs[0].shape
    self.isRaw = isRaw
    findsDigit = !isRaw && shape == [1, 28, 28] && network.preprocessing.fitting == nil
  }

  /// The bytes of the input, [C, H, W].
  func pixels(contentsOf path: String) throws -> [UInt8] {
    guard isRaw || findsDigit else {
      return try Picture.image(
        contentsOf: path, size: PictureSize(height: shape[1], width: shape[2]), channels: shape[0])
    }
    let picture = try Picture(contentsOf: path)
    if findsDigit {
      do {
        return try DigitFinder.find(in: picture).pixels
      } catch let error as DigitFinder.NothingToSee {
        throw Failure("\(path): \(error)")
      }
    }
    guard picture.height == shape[1], picture.width == shape[2] else {
      throw Failure(
        "\(path): expected a picture of \(shape[2])×\(shape[1]) pixels, as the model takes them, "
          + "found \(picture.width)×\(picture.height)"
          + (shape == [1, 28, 28] ? ": leave out --raw, or resize it" : ": resize it"))
    }
    return picture.planes(channels: shape[0])
  }

  func tensor(_ pixels: [UInt8]) -> Tensor {
    Tensor(shape: [1] + shape, scalars: pixels.map { Float($0) / 255 })
  }

  /// The first channel of what the network sees.
  func terminalPicture(_ pixels: [UInt8]) -> String {
    let text = TerminalPicture.render(
      pixels: Array(pixels.prefix(shape[1] * shape[2])), width: shape[2], height: shape[1],
      colour: Console.outputIsTerminal && Console.outputHasColour)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
