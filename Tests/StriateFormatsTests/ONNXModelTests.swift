import Foundation
import Striate
import StriateFormats
import Testing

/// Models of ONNX's own tools, and what ONNX Runtime computed.
@Suite struct ONNXModelTests {
  @Test(arguments: ["small-cnn", "small-maps", "small-digits", "small-rest"])
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

  /// A model of few nodes, and what it makes of numbers.
  private func result(
    _ nodes: [ONNXMessage], constants: [ONNXMessage], of input: NumericArray, opset: Int = 17
  ) throws -> NumericArray {
    let bytes = ONNXMessage.model(nodes, constants: constants, input: input.shape, opset: opset)
    return try #require(try ONNXModel(bytes: bytes, source: "test")([input]).first)
  }

  /// Until version 6 a slope belonged to a channel, also where there are as many columns.
  @Test(arguments: [(6, [-0.5, -0.5, -0.5, -0.5, -2, -2, -2, -2]), (7, [-0.5, -2, -0.5, -2])])
  func slopesLieWhereTheVersionSays(_ opset: Int, expected: [Float]) throws {
    let slopes = ONNXMessage.tensor("w", [2], floats: [0.5, 2])
    let input = NumericArray(shape: [1, 2, 2, 2], floats: Array(repeating: -1, count: 8))
    let y = try result(
      [.node("PRelu", ["x", "w"], ["y"])], constants: [slopes], of: input, opset: opset)
    #expect(y.floats == (expected.count == 8 ? expected : expected + expected))
  }

  /// Of two signs, fmod 1 takes the dividend's.
  @Test(arguments: [(0, [1, -1, 1, -1]), (1, [1, 2, -2, -1])] as [(Int, [Float])])
  func remaindersOfConstantsHaveTheirSign(_ fmod: Int, expected: [Float]) throws {
    let a: [Float] = [7, 5, -5, -7]
    let b: [Float] = [3, -3, 3, -3]
    let y = try result(
      [
        .node("Mod", ["a", "b"], ["m"], attributes: [.attribute("fmod", fmod)]),
        .node("Add", ["x", "m"], ["y"]),
      ],
      constants: [.tensor("a", [1, 4], floats: a), .tensor("b", [1, 4], floats: b)],
      of: NumericArray(shape: [1, 4], floats: [0, 0, 0, 0]))
    #expect(y.floats == expected)
  }

  /// A graph that only arranges its values by the size of the batch takes any.
  @Test func aBatchThatOnlyArrangesIsLeftOpen() throws {
    let bytes = ONNXMessage.model(
      [
        .node("Shape", ["x"], ["n"], attributes: [.attribute("start", 0), .attribute("end", 1)]),
        .node("Concat", ["n", "rest"], ["s"], attributes: [.attribute("axis", 0)]),
        .node("Reshape", ["x", "s"], ["y"]),
      ], constants: [ONNXMessage().adding(1, 1).adding(2, 7).adding(7, 12).adding(8, "rest")],
      input: [-1, 3, 4])
    let model = try ONNXModel(bytes: bytes, source: "test")
    #expect(model.outputs.map(\.axes) == [[nil, 12]])
  }

  /// What has no elements is a constant.
  @Test func aSumOverNothingIsZero() throws {
    let input = NumericArray(shape: [2, 0, 4], floats: [])
    let bytes = ONNXMessage.model(
      [.node("ReduceSum", ["x", "axes"], ["y"])],
      constants: [ONNXMessage().adding(1, 1).adding(2, 7).adding(7, 1).adding(8, "axes")],
      input: input.shape)
    let model = try ONNXModel(bytes: bytes, source: "test", shapes: ["x": input.shape])
    let outputs = try model([input])
    #expect(
      outputs == [NumericArray(shape: [2, 1, 4], floats: Array(repeating: 0, count: 8))])
  }

  /// Where in the whole image the largest numbers lie, in rows or in columns.
  @Test(arguments: [(0, [5, 7, 13, 15]), (1, [5, 13, 7, 15])] as [(Int, [Int])])
  func poolingTellsThePlaces(_ order: Int, expected: [Int]) throws {
    let bytes = ONNXMessage.model(
      [
        .node(
          "MaxPool", ["x"], ["a", "y"],
          attributes: [
            .attribute("kernel_shape", [2, 2]), .attribute("strides", [2, 2]),
            .attribute("storage_order", order),
          ])
      ], input: [1, 1, 4, 4])
    let model = try ONNXModel(bytes: bytes, source: "test")
    let input = NumericArray(shape: [1, 1, 4, 4], floats: (0..<16).map { Float($0) })
    let places = try #require(try model([input]).first)
    #expect(places == NumericArray(shape: [1, 1, 2, 2], integers: expected))
  }

  /// A number has no axis to be resized.
  @Test func aResizedNumberIsItself() throws {
    let number = NumericArray(shape: [], floats: [3])
    let y = try result(
      [.node("Resize", ["x", "", "s"], ["y"])], constants: [.tensor("s", [0])], of: number)
    #expect(y == number)
  }

  @Test func aBatchOfNoImagesHasNoOutputs() throws {
    let model = try ONNXModel(contentsOf: FormatFixture.path("small-cnn.onnx"))
    let outputs = try model([NumericArray(shape: [0, 2, 8, 7], floats: [])])
    #expect(outputs == [NumericArray(shape: [0, 3], floats: [])])
  }

  /// The border that auto_pad adds is counted where count_include_pad says so.
  @Test func aMeanWithGapsCountsTheBorderOfAutoPad() throws {
    let bytes = ONNXMessage.model(
      [
        .node(
          "AveragePool", ["x"], ["y"],
          attributes: [
            .attribute("kernel_shape", [1, 2]), .attribute("dilations", [1, 2]),
            .attribute("count_include_pad", 1),
            ONNXMessage().adding(1, "auto_pad").adding(4, "SAME_UPPER").adding(20, 3),
          ])
      ], input: [1, 1, 1, 4], opset: 19)
    let model = try ONNXModel(bytes: bytes, source: "test")
    let y = try #require(
      try model([NumericArray(shape: [1, 1, 1, 4], floats: [2, 4, 6, 8])]).first)
    #expect(y.floats == [2, 4, 6, 3])
  }

  @Test func numbersThatNoFloatHoldsAreRefused() throws {
    let bytes = ONNXMessage.model([.node("Relu", ["x"], ["y"])], input: [1, 2])
    let model = try ONNXModel(bytes: bytes, source: "test")
    let error = #expect(throws: ONNXError.self) {
      try model([NumericArray(shape: [1, 2], type: .float64, elements: .doubles([1, 1e200]))])
    }
    #expect(
      error?.description == "input \"x\": expected numbers that a Float holds, found 1e+200")
  }

  @Test func inputsOfAnotherShapeAreRefused() throws {
    let model = try ONNXModel(contentsOf: FormatFixture.path("small-cnn.onnx"))
    let error = #expect(throws: ONNXError.self) {
      try model([NumericArray(shape: [1, 2, 8, 8], floats: [Float](repeating: 0, count: 128))])
    }
    #expect(error?.description == "input \"image\": expected [N, 2, 8, 7], found [1, 2, 8, 8]")
  }
}
