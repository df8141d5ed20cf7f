import Foundation
import Striate
import StriateFormats
import Testing

/// Files that are damaged, and graphs that make no sense: each gives an error that says why.
@Suite struct BrokenONNXTests {
  typealias Message = ONNXMessage

  @Test(arguments: ["small-cnn.onnx", "small-maps.onnx"])
  func aFileCutOffAnywhereIsRefused(_ name: String) throws {
    let bytes = try FormatFixture.bytes(name)
    for length in 0..<bytes.count {
      #expect(throws: ONNXError.self, "\(length) bytes") {
        try ONNXModel(bytes: Array(bytes.prefix(length)), source: name)
      }
    }
  }

  /// Whatever byte is changed: the file is refused, or it is a model that runs.
  @Test(arguments: ["small-cnn", "small-maps"])
  func aFileWithAChangedByteIsRefusedOrRuns(_ name: String) throws {
    let bytes = try FormatFixture.bytes(name + ".onnx")
    let arrays = try FormatFixture.arrays(name + ".npz")
    var (refused, ran) = (0, 0)
    for place in bytes.indices {
      for change in [1, 0x10, 0x80] as [UInt8] {
        var changed = bytes
        changed[place] ^= change
        guard let model = try? ONNXModel(bytes: changed, source: name) else {
          refused += 1
          continue
        }
        let inputs = model.inputs.compactMap { arrays[$0.name] }
        // A plan takes longer than reading.
        if place % 5 == 0, inputs.count == model.inputs.count { _ = try? model(inputs) }
        ran += 1
      }
    }
    // Weights may be any numbers; names and sizes may not.
    #expect(refused > bytes.count / 4 && ran > bytes.count / 4, "\(refused) and \(ran)")
  }

  static let graphs: [(nodes: [Message], constants: [Message], input: [Int], reason: String)] = [
    (
      [.node("Relu", ["b"], ["a"], name: "first"), .node("Relu", ["a"], ["y"])], [], [-1, 3],
      "node \"first\" Relu: expected inputs that the graph, a constant or a node before it gives, found \"b\": the graph has a cycle"
    ),
    ([.node("Relu", ["nothing"], ["y"])], [], [-1, 3], "found \"nothing\""),
    ([.node("Relu", ["x"], ["z"])], [], [-1, 3], "found \"y\""),
    (
      [.node("Relu", [], ["y"])], [], [-1, 3],
      "expected an input 1, found none"
    ),
    (
      [.node("Relu", ["x"], ["y"]), .node("Relu", ["x"], ["y"])], [], [-1, 3],
      "expected outputs with names of their own, found \"y\" twice"
    ),
    (
      [
        .node("Relu", ["x"], ["a"]), .node("Sin", ["a"], ["b"], name: "wave"),
        .node("LSTM", ["b"], ["y"], name: "memory"), .node("Sin", ["b"], ["c"], name: "wave2"),
        .node("Own", ["b"], ["d"], name: "mine", domain: "org.example"),
      ], [], [-1, 3],
      "found LSTM (\"memory\"); Sin (\"wave\", \"wave2\"); org.example.Own (\"mine\")"
    ),
    (
      [.node("Relu", ["x"], ["y"])], [], [-1, -5], "expected sizes that are not negative, found -5"
    ),
    ([.node("Relu", ["x"], ["y"])], [], [-1, 1 << 40, 1 << 40], "expected positive sizes"),
    (
      [.node("Relu", ["x"], ["y"])], [], [-1, 3, -1],
      "expected a size of axis 2, which the file leaves open"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [2, 3, 3, 3], bytes: 8)], [-1, 3, 4, 4],
      "expected 216 bytes"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [2, -3, 3, 3], bytes: 8)], [-1, 3, 4, 4],
      "not negative"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [1 << 40, 1 << 40, 3, 3], bytes: 8)],
      [-1, 3, 4, 4], "expected sizes that are not negative"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [2, 5, 3, 3])], [-1, 3, 4, 4],
      "expected a weight for 3 channels"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [2, 3, 9, 9])], [-1, 3, 4, 4],
      "expected an image of at least 9x9"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [0, 3, 3, 3])], [-1, 3, 4, 4],
      "expected a weight"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"])], [.tensor("w", [2, 3, 3, 3], type: 8)], [-1, 3, 4, 4],
      "found string"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"], attributes: [.attribute("strides", [0, 1])])],
      [.tensor("w", [2, 3, 3, 3])], [-1, 3, 4, 4], "strides"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"], attributes: [.attribute("pads", [-1, 0, 0, 0])])],
      [.tensor("w", [2, 3, 3, 3])], [-1, 3, 4, 4], "pads from 0"
    ),
    (
      [.node("Conv", ["x", "w"], ["y"], attributes: [.attribute("group", Int.max)])],
      [.tensor("w", [2, 3, 3, 3])], [-1, 3, 4, 4], "groups"
    ),
    (
      [.node("MaxPool", ["x"], ["y"], attributes: [.attribute("kernel_shape", [3])])], [],
      [-1, 3, 4, 4], "kernel_shape"
    ),
    (
      [.node("Transpose", ["x"], ["y"], attributes: [.attribute("perm", [0, 0, 1, 2])])], [],
      [-1, 3, 4, 4], "attribute perm"
    ),
    (
      [.node("Reshape", ["x", "s"], ["y"])], [.tensor("s", [2], type: 7, bytes: 16)],
      [-1, 3, 4, 4], "expected a shape"
    ),
    (
      [.node("ConstantOfShape", ["s"], ["c"]), .node("Add", ["x", "c"], ["y"])],
      [
        ONNXMessage().adding(1, 2).adding(2, 7).adding(7, 1 << 30).adding(7, 1 << 30).adding(8, "s")
      ], [-1, 3], "expected a constant of at most"
    ),
    (
      [.node("Softmax", ["x"], ["y"], attributes: [.attribute("axis", 9)])], [], [-1, 3],
      "expected an axis"
    ),
    (
      [.node("Relu", ["x"], ["a", "mask"]), .node("Relu", ["mask"], ["y"])], [], [-1, 3],
      "expected the first output of"
    ),
    (
      [
        .node("MaxPool", ["x"], ["a", "y"], attributes: [.attribute("kernel_shape", [2, 2])])
      ], [], [-1, 3, 4, 4], "expected places in a batch of one image"
    ),
    (
      [
        .node(
          "Shape", ["x"], ["n"], attributes: [.attribute("start", 0), .attribute("end", 1)]),
        .node("Cast", ["n"], ["count"], attributes: [.attribute("to", 1)]),
        .node("Mul", ["x", "count"], ["y"]),
      ], [], [-1, 3], "expected numbers that do not depend on how many images"
    ),
    (
      [
        .node(
          "MaxPool", ["x"], ["a", "y"],
          attributes: [
            .attribute("kernel_shape", [8192, 8192]),
            .attribute("pads", [4096, 4096, 4096, 4096]),
          ])
      ], [], [1, 3, 4, 4], "a kernel of at most 4096 pixels"
    ),
    (
      [.node("Resize", ["x", "", "s"], ["y"])], [.tensor("s", [0])], [-1],
      "expected a scale or a size for each axis"
    ),
    (
      [.node("Tile", ["e", "t"], ["c"]), .node("Add", ["x", "c"], ["y"])],
      [
        .tensor("e", [0]),
        ONNXMessage().adding(1, 1).adding(2, 7).adding(7, 1 << 40).adding(8, "t"),
      ], [-1, 3], "broken.onnx"
    ),
    (
      (0..<3).map { .node("ConstantOfShape", ["s"], ["c\($0)"]) }
        + [.node("Add", ["x", "c0"], ["y"])],
      [ONNXMessage().adding(1, 1).adding(2, 7).adding(7, 1 << 20).adding(8, "s")], [-1, 3],
      "expected a constant of at most"
    ),
    (
      (0..<60).map {
        .node("Gemm", [$0 == 0 ? "x" : "a\($0)", "w"], [$0 == 59 ? "y" : "a\($0 + 1)"])
      }, [.tensor("w", [256, 256])], [-1, 256], "numbers in all constants of a file of"
    ),
  ]

  @Test(arguments: graphs.indices)
  func aGraphThatMakesNoSenseIsRefused(_ index: Int) {
    let trial = Self.graphs[index]
    let error = #expect(throws: ONNXError.self) {
      try ONNXModel(
        bytes: Message.model(trial.nodes, constants: trial.constants, input: trial.input),
        source: "broken.onnx")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("broken.onnx: ") && text.contains(trial.reason), "\(text)")
  }

  @Test(arguments: [5, 29, 0, -1, Int.max])
  func otherVersionsOfOperatorsAreRefused(_ opset: Int) {
    let error = #expect(throws: ONNXError.self) {
      try ONNXModel(bytes: Message.model([.node("Relu", ["x"], ["y"])], opset: opset), source: "a")
    }
    #expect(error?.description.contains("expected operators of version") == true)
  }

  @Test(arguments: [
    [], [0], [0xFF], Array("not a model at all, but a text".utf8),
    [UInt8](repeating: 0xFF, count: 99),
  ])
  func whatIsNoModelIsRefused(_ bytes: [UInt8]) {
    #expect(throws: ONNXError.self) { try ONNXModel(bytes: bytes, source: "a") }
  }

  /// The data of a tensor may lie in a file of the model's folder, and nowhere else.
  @Test func externalDataComeFromTheModelsFolderOnly() throws {
    func model(_ location: String, offset: Int = 4) -> [UInt8] {
      func entry(_ key: String, _ value: String) -> Message {
        Message().adding(1, key).adding(2, value)
      }
      let tensor = Message().adding(1, 3).adding(2, 1).adding(8, "w")
        .adding(13, entry("location", location)).adding(13, entry("offset", "\(offset)")).adding(
          14, 1)
      return Message.model([.node("Add", ["x", "w"], ["y"])], constants: [tensor], input: [-1, 3])
    }
    try FormatFixture.withFolder { folder in
      let inner = folder + "/models"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      let data: [UInt8] = [9, 9, 9, 9, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]
      for path in [folder + "/secret", inner + "/weights"] {
        try Data(data).write(to: URL(fileURLWithPath: path))
      }
      try FileManager.default.createSymbolicLink(
        atPath: inner + "/link", withDestinationPath: folder + "/secret")
      let good = try ONNXModel(bytes: model("weights"), source: "a", folder: inner)
      let x = NumericArray(shape: [1, 3], floats: [1, 1, 1])
      #expect(try good([x])[0].floats == [2, 3, 4])
      for location in ["../secret", folder + "/secret", "link", "", "missing"] {
        #expect(throws: (any Error).self, "\(location)") {
          try ONNXModel(bytes: model(location), source: "a", folder: inner)
        }
      }
      for offset in [5, -1, Int.max] {
        #expect(throws: ONNXError.self) {
          try ONNXModel(bytes: model("weights", offset: offset), source: "a", folder: inner)
        }
      }
      #expect(throws: ONNXError.self) { try ONNXModel(bytes: model("weights"), source: "a") }
    }
  }
}
