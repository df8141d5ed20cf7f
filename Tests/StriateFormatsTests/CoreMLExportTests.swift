import Foundation
import Striate
import StriateFormats
import Testing

@Suite struct CoreMLExportTests {
  /// The layers of `ExportCase.all` that Core ML's neural networks do not have, and a word of the reason.
  static let refused = [
    ("conv3d", "a convolution over 3 axes"), ("conv3d", "a border around other axes"),
    ("conv-transpose 4 3x2 stride 2x3", "a dilated transposed convolution"),
    ("conv-transpose 2", "more output padding than padding"),
    ("maxpool 3x3 stride 2 padding 1 dilation 2", "a dilated pooling"),
    ("maxpool 2 padding 3 dilation 4", "a dilated pooling"),
    ("maxunpool", "the places of the largest numbers"), ("pixelunshuffle", "a value of 6 axes"),
  ]

  @Test func everyLayerIsANetworkWithoutGapsOrIsRefused() throws {
    for (index, example) in ExportCase.all.enumerated() {
      let network = try example.network(seed: UInt64(index))
      let text = example.layer.text
      do {
        let model = try ReadCoreML(CoreMLExport(network).bytes)
        #expect(model.firstGap == nil, "\(text): \(model.firstGap ?? "")")
        #expect(model.inputs.map(\.shape) == network.inputs.map { [1] + $0.shape })
        #expect(model.outputs.map(\.shape) == [[1] + network.outputShape])
        #expect(!Self.refused.contains { text.hasPrefix($0.0) }, "\(text)")
      } catch let refusal as CoreMLExport.Refusal {
        #expect(
          Self.refused.contains { text.hasPrefix($0.0) && refusal.description.contains($0.1) },
          "\(text): \(refusal)")
      }
    }
  }

  @Test(
    .enabled(
      if: Python.hasCoreMLTools, "needs coremltools, torch and safetensors in STRIATE_PYTHON"))
  func everyLayerComputesWhatTheSpecificationSays() throws {
    try withFolder { folder in
      var count = 0
      for (index, example) in ExportCase.all.enumerated() {
        let network = try example.network(seed: UInt64(index))
        for includes in [false, true] {
          guard
            let export = try? CoreMLExport(
              network, options: CoreMLExport.Options(includesPreprocessing: includes))
          else { continue }
          let word = example.layer.text.replacing(" ", with: "_").replacing("/", with: "_")
          let path = "\(folder)/\(index)-\(includes)-\(word)"
          try export.write(to: path + ".mlmodel")
          try SafeTensors.write(
            export.example(of: network, seed: 5), to: path + ".safetensors")
          count += 1
        }
      }
      for (name, network) in try Self.classifiers() {
        let export = try CoreMLExport(
          network, options: CoreMLExport.Options(includesPreprocessing: true))
        try export.write(to: "\(folder)/\(name).mlmodel")
        try SafeTensors.write(
          export.example(of: network, seed: 5), to: "\(folder)/\(name).safetensors")
        count += 1
      }
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Conformance/check_coreml.py").standardized.path
      let answer = try Python.runFile(script, folder)
      #expect(count > 2 * (ExportCase.all.count - 20))
      #expect(answer == "\(count) of \(count) agree\n")
    }
  }

  /// Classifiers that end in scores and in probabilities, of gray pictures and of colours.
  private static func classifiers() throws -> [(String, Network)] {
    var scores = try Network(input: [1, 8, 6], seed: 1) {
      Conv2D(filters: 4, kernel: 3, padding: 1)
      BatchNorm()
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dense(3)
    }
    var shares = try Network(input: [3, 8, 6], seed: 2) {
      Conv2D(filters: 4, kernel: 3, padding: 1)
      ReLU()
      GlobalAveragePool2D()
      Flatten()
      Dense(2)
      Softmax()
    }
    scores.fillParameters(seed: 3)
    shares.fillParameters(seed: 4)
    scores.preprocessing.mean = [0.25]
    scores.preprocessing.standardDeviation = [0.5]
    scores.preprocessing.classNames = ["a", "b", "c"]
    shares.preprocessing.mean = [0.25, 0.5, 0.75]
    shares.preprocessing.classNames = ["cat", "dog"]
    var binary: [(String, Network)] = []
    for (name, last) in [("logit", Identity()), ("chance", Sigmoid())] {
      var network = try Network(input: [1, 5, 4], seed: 5) {
        Flatten()
        Dense(1)
        last
      }
      network.fillParameters(seed: 6)
      network.preprocessing.classNames = ["no", "yes"]
      binary.append((name, network))
    }
    return [("scores", scores), ("shares", shares)] + binary
  }

  @Test func aClassifierTakesAPictureAndGivesAClass() throws {
    for (name, network) in try Self.classifiers() {
      let options = CoreMLExport.Options(includesPreprocessing: true)
      let export = try CoreMLExport(network, options: options)
      let shape = network.inputs[0].shape
      #expect(export.inputs.map(\.name) == ["input"])
      #expect(
        export.inputs.map(\.kind) == [
          .picture(channels: shape[0], height: shape[1], width: shape[2])
        ])
      #expect(export.outputs.map(\.kind) == [.className, .probabilities])
      let model = try ReadCoreML(export.bytes)
      #expect(model.version == 4)
      #expect(model.classNames == network.preprocessing.classNames)
      #expect(model.predicted == ["class", "classProbabilities"])
      #expect(model.layers.last?.outputs == model.probabilities)
      // Only scores become probabilities, a single one that of yes and of no.
      let ends = export.layerKinds.suffix(3).filter { $0 != "loadConstantND" }
      switch name {
      case "logit": #expect(ends == ["activation", "activation", "concatND"])
      case "chance": #expect(ends == ["clip", "activation", "concatND"])
      default: #expect(export.layerKinds.filter { $0 == "softmaxND" }.count == 1)
      }
      #expect(model.firstGap == nil)
      // Arrays go in and out where the preprocessing is left out.
      let plain = try CoreMLExport(network)
      #expect(plain.inputs.map(\.kind) == [.array([1] + network.inputs[0].shape)])
      #expect(plain.outputs.map(\.kind) == [.array([1] + network.outputShape)])
      #expect(try ReadCoreML(plain.bytes).classNames.isEmpty)
    }
  }

  @Test func everyNamedModelIsExported() throws {
    for named in NamedModel.all where !["resnet18", "vgg-small"].contains(named.name) {
      var network = try named.network(classes: 2, seed: 1)
      network.preprocessing.classNames = ["no", "yes"]
      let export = try CoreMLExport(
        network, options: CoreMLExport.Options(includesPreprocessing: true))
      #expect(export.outputs.map(\.kind) == [.className, .probabilities], "\(named.name)")
      #expect(try ReadCoreML(export.bytes).firstGap == nil, "\(named.name)")
    }
  }

  @Test func outputsThatAreGivenTwiceHaveTwoNames() throws {
    let network = try Network(
      inputs: [("x", [3]), ("z", [3])], seed: 1,
      outputs: { values in
        let sum = Add()(values[0], values[1])
        return [sum, Dense(2)(sum), sum]
      })
    let model = try ReadCoreML(CoreMLExport(network).bytes)
    #expect(model.firstGap == nil)
    #expect(model.inputs.map(\.name) == ["x", "z"])
    #expect(model.outputs.map(\.shape) == [[1, 3], [1, 2], [1, 3]])
    #expect(Set(model.outputs.map(\.name)).count == 3)
  }

  @Test func whatIsWrittenIsTheSameWhole() throws {
    try withFolder { folder in
      let network = try Self.classifiers()[0].1
      let export = try CoreMLExport(network)
      let size = try export.write(to: folder + "/m.mlmodel")
      let bytes = try Data(contentsOf: URL(filePath: folder + "/m.mlmodel"))
      #expect(size == bytes.count)
      #expect(try export.bytes == [UInt8](bytes))
      let weight = network.parameters[0].tensor.scalars.flatMap { $0.littleEndianBytes }
      #expect(bytes.range(of: Data(weight)) != nil)
    }
  }

  @Test func whatCoreMLDoesNotHaveIsNamed() throws {
    let network = try Network(input: [2, 4, 4], seed: 1) {
      MaxPool2D(2, stride: 1, dilation: 2).named("mine")
    }
    let error = #expect(throws: CoreMLExport.Refusal.self) { try CoreMLExport(network) }
    #expect(
      error?.description
        == "value \"mine\": expected layers that Core ML's neural networks have, found a dilated "
        + "pooling: write an ONNX model instead, or use other layers")
  }
}

/// A Core ML model as a test looks at it.
private struct ReadCoreML {
  let version: Int
  let inputs: [(name: String, shape: [Int])]
  let outputs: [(name: String, shape: [Int])]
  let predicted: [String]
  let layers: [(inputs: [String], outputs: [String])]
  let classNames: [String]
  let probabilities: [String]

  init(_ bytes: [UInt8]) throws {
    let model = try WireMessage(bytes)
    let networks = try model.messages(500) + model.messages(403)
    guard networks.count == 1, let description = try model.messages(2).first else {
      throw WireMessage.Malformed()
    }
    version = model.integers(1).first ?? 0
    func features(_ number: Int) throws -> [(name: String, shape: [Int])] {
      try description.messages(number).map { feature in
        let array = try feature.messages(3).first?.messages(5).first
        // Extents below 128 are a byte each.
        return (feature.strings(1).joined(), (array?.bytes(1).first ?? []).map { Int($0) })
      }
    }
    (inputs, outputs) = (try features(1), try features(10))
    predicted = description.strings(11) + description.strings(12)
    layers = try networks[0].messages(1).map { ($0.strings(2), $0.strings(3)) }
    classNames = try networks[0].messages(100).flatMap { $0.strings(1) }
    probabilities = networks[0].strings(200)
  }

  /// The first layer that reads what is not there yet, or gives what is; nil where there is none.
  var firstGap: String? {
    var known = Set(inputs.map(\.name))
    for layer in layers {
      if let gap = layer.inputs.first(where: { !known.contains($0) }) { return gap }
      for output in layer.outputs where !known.insert(output).inserted { return output }
    }
    let given = probabilities.isEmpty ? outputs.map(\.name) : probabilities
    return given.first { !known.contains($0) }
  }
}
