import Foundation
import Striate
import StriateFormats
import Testing

/// Models of ONNX's own tools, and what ONNX Runtime computed.
@Suite struct ONNXModelTests {
  @Test(arguments: ["small-cnn", "small-maps", "small-digits"])
  func outputsAreThoseOfONNXRuntime(_ name: String) throws {
    let model = try ONNXModel(contentsOf: FormatFixture.path(name + ".onnx"))
    let arrays = try FormatFixture.arrays(name + ".npz")
    let inputs = try model.inputs.map { try #require(arrays[$0.name]) }
    let outputs = try model(inputs)
    #expect(outputs.count == model.outputs.count && !outputs.isEmpty)
    for (port, output) in zip(model.outputs, outputs) {
      let expected = try #require(arrays[port.name])
      #expect(output.shape == expected.shape)
      let largest = expected.floats.map(abs).max() ?? 0
      let difference = zip(output.floats, expected.floats).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference <= 2e-6 * largest, "\(port.name): \(difference) of \(largest)")
    }
    // One image alone gives what it gives in a batch.
    let alone = try model(inputs.map { first($0) })
    for (one, all) in zip(alone, outputs) {
      #expect(zip(one.floats, all.floats).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    }
  }

  /// The first image of a batch.
  private func first(_ array: NumericArray) -> NumericArray {
    let size = array.count / array.shape[0]
    return NumericArray(
      shape: [1] + array.shape.dropFirst(), floats: Array(array.floats.prefix(size)))
  }

  @Test func parametersHavePyTorchsNamesAndLayouts() throws {
    let network = try #require(
      try ONNXModel(contentsOf: FormatFixture.path("small-cnn.onnx")).network)
    #expect(
      network.parameters.map { "\($0.name) \($0.tensor.shape)" } == [
        "conv1.weight [4, 2, 3, 3]", "bn1.weight [4]", "bn1.bias [4]", "bn1.running_mean [4]",
        "bn1.running_var [4]", "depthwise.weight [4, 1, 3, 3]", "depthwise.bias [4]",
        "fc.weight [3, 16]", "fc.bias [3]",
      ])
    #expect(
      network.nodes.map(\.layer.text) == [
        "conv 4 3x3 padding 1 bias none", "batchnorm epsilon 0.001", "relu", "maxpool 2",
        "depthwise 3x3 stride 2 padding 0,1,1,1", "silu", "globalavgpool", "relu6", "multiply",
        "flatten", "dense 3", "softmax",
      ])
  }

  /// An imported network is one like others: it is saved, read and trained.
  @Test func anImportedNetworkIsSavedAndTrained() throws {
    var network = try #require(
      try ONNXModel(contentsOf: FormatFixture.path("small-cnn.onnx")).network)
    let images = try #require(try FormatFixture.arrays("small-cnn.npz")["image"]).tensor
    try FormatFixture.withFolder { folder in
      try network.save(to: folder + "/a.safetensors")
      let again = try Network(contentsOf: folder + "/a.safetensors")
      #expect(try again(images) == network(images))
    }
    let targets = Tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    let before = try network.gradients([images], targets: targets, loss: .meanSquaredError)
    for index in network.parameters.indices where network.parameters[index].isLearned {
      for (k, slope) in before.parameters[index].scalars.enumerated() {
        network.parameters[index].tensor.scalars[k] -= 0.1 * slope
      }
    }
    #expect(
      try network.gradients([images], targets: targets, loss: .meanSquaredError).loss < before.loss)
  }

  @Test func inputsOfAnotherShapeAreRefused() throws {
    let model = try ONNXModel(contentsOf: FormatFixture.path("small-cnn.onnx"))
    let error = #expect(throws: ONNXError.self) {
      try model([NumericArray(shape: [1, 2, 8, 8], floats: [Float](repeating: 0, count: 128))])
    }
    #expect(error?.description == "input \"image\": expected [N, 2, 8, 7], found [1, 2, 8, 8]")
  }
}
