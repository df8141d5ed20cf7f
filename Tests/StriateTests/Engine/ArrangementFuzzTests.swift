import Striate
import Testing

/// Layers that move numbers, over shapes and places drawn from a seed.
@Suite struct ArrangementFuzzTests {
  @Test(arguments: [UInt64](1...12))
  func movesOfAnyShapeAgreeWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 900)
    for number in 0..<16 {
      let shape = (0..<draw.from(1, 4)).map { _ in draw.from(1, 5) }
      var axes = Array(shape.indices)
      for index in axes.indices { axes.swapAt(index, draw.from(0, axes.count - 1)) }
      let axis = draw.from(0, shape.count - 1)
      let start = draw.from(0, shape[axis] - 1)
      let step = draw.from(-2, 2)
      let most = step == 0 ? 5 : step > 0 ? (shape[axis] - 1 - start) / step + 1 : start / -step + 1
      let layers: [any Layer] = [
        Transpose(axes), Slice(axis: axis, start: start, count: draw.from(1, most), step: step),
        Reshape(shape.reversed()), LearnedTensor(shape.reversed()),
      ]
      let layer = layers[draw.from(0, 3)]
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  @Test(arguments: [
    ("slice 3 0 1", [2, 2]), ("slice 0 2 1", [2, 2]), ("slice 0 1 2", [2, 2]),
    ("slice 0 1 3 back 1", [4]),
    ("transpose 0x0", [2, 2]), ("transpose 0", [2, 2]), ("reshape 5", [2, 2]),
    ("reshape 0x4", [2, 2]),
    ("learned 0", [2]), ("slice 0 0 99999999999", [2]),
  ])
  func placesThatAreNotThereAreRefused(_ text: String, _ shape: [Int]) {
    #expect(throws: InvalidNetwork.self) { try Network(text: text, input: shape, seed: 1) }
  }

  @Test(arguments: [
    "slice 0 -1 2", "slice 0", "transpose", "transpose 1x", "reshape a", "affine 1", "power",
  ])
  func textsThatSayTooLittleAreRefused(_ text: String) {
    #expect(throws: InvalidNetwork.self) { try Network.layers(text: text) }
  }
}
