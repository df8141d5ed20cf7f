import Foundation
import Striate
import Testing

@Suite struct ModelFileTests {
  private func sample() throws -> Network {
    var network = try Network(
      text: "conv 2 3x3 stride 2, relu, flatten, dense 3, leaky-relu 0.1", input: [1, 5, 5],
      seed: 11)
    network.preprocessing.mean = [0.25]
    network.preprocessing.standardDeviation = [0.5]
    network.preprocessing.classNames = ["zero", "eins \"1\"", "deux/2"]
    return network
  }

  @Test func aNetworkIsReadBackWithAllItsBits() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("model.safetensors")
    let network = try sample()
    try network.save(to: path)
    let read = try Network(contentsOf: path)
    #expect(read.parameters == network.parameters)
    #expect(read.architecture == network.architecture)
    #expect(read.preprocessing == network.preprocessing)
    #expect(read.inputs == network.inputs)
    #expect(read.parametersSHA256 == network.parametersSHA256)
    #expect(folder.names == ["model.safetensors"])
  }

  @Test func howPicturesAreFittedIsKeptAndOlderFilesSayNothingOfIt() throws {
    let folder = try TemporaryFolder()
    var network = try sample()
    try network.save(to: folder.path("m"))
    let older = try #require(
      try SafeTensors(contentsOf: folder.path("m")).metadata["striate.preprocessing"])
    #expect(!older.contains("fitting"))
    #expect(try Network(contentsOf: folder.path("m")).preprocessing.fitting == nil)
    network.preprocessing.fitting = .centreCrop
    try network.save(to: folder.path("m"))
    #expect(try Network(contentsOf: folder.path("m")).preprocessing.fitting == .centreCrop)
    #expect(
      try changed(metadata: {
        $0["striate.preprocessing"]?.replace("{", with: "{\"fitting\":\"squash\",")
      }).hasPrefix("m: striate.preprocessing: expected JSON of its form, found another: at fitting")
    )
  }

  @Test func everyNamedModelAndAGraphOfSeveralInputsAreReadBack() throws {
    let folder = try TemporaryFolder()
    let graph = try Network(inputs: [("x", [4]), ("y", [4])], seed: 3) { value in
      Dense(2)(Multiply()(Add()(value[0], value[1]), value[0]))
    }
    for network in try [graph] + NamedModel.all.map({ try $0.network(seed: 5) }) {
      try network.save(to: folder.path("m"))
      let read = try Network(contentsOf: folder.path("m"))
      #expect(read.architecture == network.architecture)
      #expect(read.parametersSHA256 == network.parametersSHA256)
    }
  }

  @Test func theHashIsThatOfTheParametersBytes() throws {
    var network = try Network(text: "dense 1", input: [2], seed: 1)
    network.parameters[0].tensor = Tensor([[1, -2]])
    network.parameters[1].tensor = Tensor([0.5])
    // sha256 of 00 00 80 3f  00 00 00 c0  00 00 00 3f
    let bytes: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F]
    #expect(network.parametersSHA256 == SHA256.hexadecimal(of: bytes))
    network.parameters[1].tensor = Tensor([-0.5])
    #expect(network.parametersSHA256 != SHA256.hexadecimal(of: bytes))
  }

  @Test func aFileCutAnywhereIsRefused() throws {
    let folder = try TemporaryFolder()
    try sample().save(to: folder.path("m"))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.path("m"))))
    for length in bytes.indices {
      let cut = Array(bytes[..<length])
      let found = message { _ = try Network(SafeTensors(bytes: cut, source: "m")) }
      #expect(found.hasPrefix("m: "), "cut at \(length): \(found)")
    }
    #expect(
      message { _ = try Network(contentsOf: folder.path("none")) }.contains("does not exist"))
    #expect(message { _ = try Network(contentsOf: folder.path("")) }.contains("folder"))
  }

  @Test func noChangedByteOfTheHeaderDoesHarm() throws {
    let folder = try TemporaryFolder()
    let network = try sample()
    try network.save(to: folder.path("m"))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.path("m"))))
    for position in 0..<bytes.count - 4 * network.parameterCount {
      for value: UInt8 in [0x22, 0x30, 0x39, 0x7D, 0xFF, bytes[position] ^ 1] {
        var changed = bytes
        changed[position] = value
        guard let read = try? Network(SafeTensors(bytes: changed, source: "m")) else { continue }
        #expect(read.parameterCount == network.parameterCount)
      }
    }
  }

  /// The sample's file with other tensors or metadata.
  private func changed(
    tensors change: (inout [(name: String, tensor: Tensor)]) -> Void = { _ in },
    metadata edit: (inout [String: String]) -> Void = { _ in }
  ) throws -> String {
    let network = try sample()
    let folder = try TemporaryFolder()
    try network.save(to: folder.path("m"))
    var metadata = try SafeTensors(contentsOf: folder.path("m")).metadata
    var tensors = network.parameters.map { (name: $0.name, tensor: $0.tensor) }
    change(&tensors)
    edit(&metadata)
    let bytes = SafeTensors.encode(tensors, metadata: metadata)
    return message { _ = try Network(SafeTensors(bytes: bytes, source: "m")) }
  }

  @Test func tensorsMustBeThoseOfTheArchitecture() throws {
    #expect(try changed() == "")
    #expect(
      try changed(tensors: { $0[0].tensor = Tensor(repeating: 0, shape: [2, 1, 3, 4]) })
        == "m: tensor \"conv1.weight\": expected F32 [2, 1, 3, 3], found F32 [2, 1, 3, 4]: "
        + "the file is for another architecture")
    #expect(
      try changed(tensors: { $0.removeLast() })
        == "m: tensor \"fc1.bias\": expected F32 [3], found no such tensor: "
        + "the file is for another architecture")
    #expect(
      try changed(tensors: { $0.append(("fc2.bias", Tensor([1]))) })
        == "m: tensor \"fc2.bias\": expected only the architecture's tensors, found F32 [1]: "
        + "the file is for another architecture")
  }

  @Test func onlyFloatsAreParameters() throws {
    var network = try Network(text: "dense 1 bias none", input: [1], seed: 1)
    network.parameters[0].tensor = Tensor([[1]])
    let folder = try TemporaryFolder()
    try network.save(to: folder.path("m"))
    var text = String(
      decoding: try Data(contentsOf: URL(filePath: folder.path("m"))).dropLast(4), as: UTF8.self)
    text.replace("\"F32\"", with: "\"I32\"")
    let bytes = Array(text.utf8) + [0, 0, 0x80, 0x3F]
    #expect(
      message { _ = try Network(SafeTensors(bytes: bytes, source: "m")) }
        == "m: tensor \"fc1.weight\": expected F32 [1, 1], found I32 [1, 1]: "
        + "the file is for another architecture")
  }

  @Test func theMetadataIsChecked() throws {
    #expect(
      try changed(metadata: { $0 = [:] })
        == "m: expected a model with striate.version in its metadata, found none: "
        + "this safetensors file was not written by Striate")
    #expect(
      try changed(metadata: { $0["striate.version"] = "2" })
        == "m: expected model version 1, found \"2\": use a newer Striate")
    #expect(
      try changed(metadata: { $0["striate.architecture"] = nil })
        == "m: expected striate.architecture in the metadata, found none")
    #expect(
      try changed(metadata: { $0["striate.architecture"] = "{" })
        .hasPrefix("m: striate.architecture: expected JSON of its form, found another: "))
    #expect(
      try changed(metadata: {
        $0["striate.architecture"] = String(repeating: "[", count: 200_000)
      }).hasPrefix("m: striate.architecture: expected JSON of its form, found another: "))
    #expect(
      try changed(metadata: { $0["striate.architecture"]?.replace("dense 3", with: "dense x") })
        == "m: architecture, layer 4 \"fc1\": expected the number of outputs, a whole number, "
        + "found \"x\": correct it")
    #expect(
      try changed(metadata: {
        $0["striate.architecture"]?.replace("dense 3", with: "dense 100000000")
      }).contains("expected at most 536870912 parameters in the network"))
    #expect(
      try changed(metadata: {
        $0["striate.architecture"]?.replace("dense 3", with: "dense 50000000")
      }) == "m: tensor \"fc1.weight\": expected F32 [50000000, 8], found F32 [3, 8]: "
        + "the file is for another architecture")
    #expect(
      try changed(metadata: { $0["striate.preprocessing"]?.replace("0.25", with: "0.25,1") })
        == "m: striate.preprocessing: mean: expected 1 finite numbers, one a channel, found "
        + "[0.25, 1.0]")
    #expect(
      try changed(metadata: { $0["striate.preprocessing"]?.replace("0.5", with: "0") })
        == "m: striate.preprocessing: standardDeviation: expected 1 finite numbers, one a channel, "
        + "above 0, found [0.0]")
    #expect(
      try changed(metadata: {
        $0["striate.preprocessing"]?.replace("\"zero\",", with: "\"zero\",\"a\",")
      })
        == "m: striate.preprocessing: classNames: expected at most 3 names, for 3 outputs, found 4")
  }
}
