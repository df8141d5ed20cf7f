import Foundation
import Striate
import StriateFormats
import Testing

@Suite struct ONNXExportTests {
  /// The versions at which an operator is said differently.
  static let opsets = [13, 14, 17, 18, 19, 20, 21, 23]

  @Test(arguments: opsets) func everyLayerIsAGraphWithoutGaps(opset: Int) throws {
    for (index, example) in ExportCase.all.enumerated() {
      let network = try example.network(seed: UInt64(index))
      let export = try ONNXExport(network, options: ONNXExport.Options(opset: opset))
      let model = try ReadModel(export.bytes)
      #expect(model.firstGap == nil, "\(example.layer.text): \(model.firstGap ?? "")")
      #expect(model.opset == opset)
      for (name, shape) in model.inputs.merging(model.outputs, uniquingKeysWith: { a, _ in a }) {
        #expect(shape.first == "batch", "\(example.layer.text): \(name)")
      }
      let result = Array(model.outputs.values)
      #expect(result == [["batch"] + network.outputShape.map(String.init)])
      for parameter in network.parameters {
        let constant = model.constants[parameter.name]
        #expect(constant?.shape.reduce(1, *) == parameter.tensor.count)
        #expect(constant?.bytes == parameter.tensor.scalars.flatMap { $0.littleEndianBytes })
      }
    }
  }

  @Test(
    .enabled(if: Python.hasONNXRuntime, "needs onnx, onnxruntime and safetensors in STRIATE_PYTHON")
  )
  func oNNXRuntimeComputesEveryLayerAsStriateDoes() throws {
    try withFolder { folder in
      for opset in Self.opsets {
        for (index, example) in ExportCase.all.enumerated() {
          let network = try example.network(seed: UInt64(index))
          let export = try ONNXExport(network, options: ONNXExport.Options(opset: opset))
          let word = example.layer.text.replacing(" ", with: "_").replacing("/", with: "_")
          let path = "\(folder)/\(opset)-\(index)-\(word)"
          try export.write(to: path + ".onnx")
          try SafeTensors.write(
            export.example(of: network, batchSize: 3, seed: 5), to: path + ".safetensors")
        }
      }
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Conformance/check_export.py").standardized.path
      let answer = try Python.runFile(script, "--folder", folder)
      let count = ExportCase.all.count * Self.opsets.count
      #expect(answer == "\(count) of \(count) agree\n")
    }
  }

  @Test func everyNamedModelIsExported() throws {
    for named in NamedModel.all {
      let network = try named.network(classes: 2, seed: 1)
      let export = try ONNXExport(network)
      #expect(export.outputs.map(\.shape) == [[2]], "\(named.name)")
      #expect(export.operators.filter { $0 == "Dropout" }.isEmpty, "\(named.name)")
      #expect(export.inputs.map(\.shape) == [named.input], "\(named.name)")
    }
  }

  @Test func whatANetworkDoesInUseIsLeft() throws {
    let network = try Network(input: [1, 4, 4], seed: 1) {
      Conv2D(filters: 2, kernel: 3)
      BatchNorm()
      Dropout(0.5)
      ReLU()
      Flatten()
      Dense(3)
      Dropout(0.5)
    }
    let export = try ONNXExport(network)
    // The last dropout's name is that of the output.
    #expect(
      export.operators == ["Conv", "BatchNormalization", "Relu", "Flatten", "Gemm", "Identity"])
    #expect(export.outputs.map(\.name) == ["dropout2"])
  }

  @Test func valuesHaveTheirShapes() throws {
    let network = try Network(input: [1, 6, 6], seed: 1) {
      Conv2D(filters: 2, kernel: 3)
      Flatten()
      Dense(3)
    }
    let model = try ReadModel(ONNXExport(network).bytes)
    #expect(model.formatVersion == 8)
    #expect(model.inputs == ["input": ["batch", "1", "6", "6"]])
    #expect(model.inner == ["conv1": ["batch", "2", "4", "4"], "flatten1": ["batch", "32"]])
    #expect(model.outputs == ["fc1": ["batch", "3"]])
  }

  @Test func preprocessingIsSaidOrIncluded() throws {
    var network = try Network(input: [3, 4, 4], seed: 1) {
      Flatten()
      Dense(2)
    }
    network.preprocessing.mean = [0.5, 0.25, 0.125]
    network.preprocessing.standardDeviation = [0.5, 1, 2]
    network.preprocessing.classNames = ["cat", "\"dog\""]
    let plain = try ONNXExport(network)
    #expect(plain.operators == ["Flatten", "Gemm"])
    let metadata = try ReadModel(plain.bytes).metadata
    #expect(metadata["striate.mean"] == "[0.5,0.25,0.125]")
    #expect(metadata["striate.standard_deviation"] == "[0.5,1.0,2.0]")
    #expect(metadata["striate.class_names"] == #"["cat","\"dog\""]"#)
    #expect(metadata["striate.input"]?.contains("mean") == true)
    let whole = try ONNXExport(
      network, options: ONNXExport.Options(includesPreprocessing: true))
    #expect(whole.operators == ["Sub", "Div", "Flatten", "Gemm"])
    #expect(try ReadModel(whole.bytes).metadata["striate.input"] == "pixels from 0 to 1")
    #expect(try ReadModel(whole.bytes).firstGap == nil)
    // Both are fed the same pictures: what the network gives is the same.
    let (a, b) = (
      try plain.example(of: network, batchSize: 2, seed: 3),
      try whole.example(of: network, batchSize: 2, seed: 3)
    )
    #expect(a[1].tensor == b[1].tensor)
    #expect(a[0].tensor != b[0].tensor)
  }

  @Test func sharedParametersAndOutputsAreThereOnce() throws {
    let shared = Shared(Dense(3))
    let network = try Network(
      inputs: [("x", [3])], seed: 1,
      outputs: { x in
        let first = shared.apply(to: x[0])
        let second = shared.apply(to: first)
        return [second, first, second]
      })
    let model = try ReadModel(ONNXExport(network).bytes)
    #expect(model.firstGap == nil)
    #expect(model.constants.count == 2)
    #expect(model.outputs.count == 3)
  }

  @Test func aLayerNamedLikeAParameterGetsAnotherName() throws {
    let network = try Network(input: [2], seed: 1) {
      Dense(2).named("a")
      ReLU().named("a.weight")
      Dense(2)
    }
    let model = try ReadModel(ONNXExport(network).bytes)
    #expect(model.firstGap == nil)
    #expect(model.constants["a.weight"]?.shape == [2, 2])
  }

  @Test func aLayerOfTheUsersOwnIsNamedAndNothingIsWritten() throws {
    try withFolder { folder in
      let network = try Network(input: [2], seed: 1) {
        Dense(2)
        Twice().named("mine")
      }
      #expect(throws: ONNXExport.Refusal.self) {
        try ONNXExport(network).write(to: folder + "/m.onnx")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      do {
        _ = try ONNXExport(network)
      } catch let error as ONNXExport.Refusal {
        #expect(
          error.description.hasPrefix(
            "layer 2 \"mine\" twice: expected a layer of the library that"))
      }
    }
  }

  @Test func whatONNXLeavesOpenIsRefused() throws {
    let network = try ExportCase(
      MaxUnpool2D(3, stride: 2, padding: 1), [2, 4, 3], [2, 7, 6]
    ).network(seed: 1)
    let error = #expect(throws: ONNXExport.Refusal.self) { try ONNXExport(network) }
    #expect(error?.description.contains("windows that do not overlap") == true)
    let other = #expect(throws: ONNXExport.Refusal.self) {
      try ONNXExport(network, options: ONNXExport.Options(opset: 12))
    }
    #expect(other?.description == "opset: expected 13 to 23, found 12")
  }
}

/// A layer that the library does not have.
private struct Twice: Layer {
  var stem: String { "twice" }
  var text: String { "twice" }
  var backwardNeeds: BackwardNeeds { [] }
  func outputShape(of inputs: [[Int]]) throws -> [Int] { inputs[0] }
  func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0].map { 2 * $0 } }
  func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients { ReferenceGradients(inputs: [gradient.map { 2 * $0 }]) }
  func compile(into site: inout LayerSite) {}
}
