import Foundation
import Striate
import StriateFormats
import Testing

/// The fixtures are those of Tests/Fixtures/make_state_dict_fixtures.py.
@Suite struct StateDictTests {
  static func path(_ name: String) -> String {
    Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path
  }

  /// The fixtures' network under PyTorch's names, "0.weight" and so on, or under Striate's.
  static func network(numbered: Bool) throws -> Network {
    let layers: [any Layer] = [
      Conv2D(filters: 2, kernel: 3), BatchNorm(), ReLU(), Flatten(), Dense(3),
    ]
    let blocks = layers.enumerated().map { index, layer -> any Block in
      if numbered { return layer.named("\(index)") }
      return layer
    }
    return try Network(input: [1, 4, 4], seed: 1, layers: blocks)
  }

  /// What PyTorch computes for the numbers from −1 to 7/8.
  private func expectPyTorchsOutputs(_ network: Network) throws {
    let expected = try String(contentsOfFile: Self.path("outputs.txt"), encoding: .utf8)
      .split(separator: "\n").compactMap { Float($0) }
    let image = Tensor(shape: [1, 1, 4, 4], scalars: (0..<16).map { (Float($0) - 8) / 8 })
    let found = try network(image).scalars
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5, "\(a) \(b)") }
  }

  @Test(
    arguments: [
      "state.safetensors", "types.safetensors", "state.safetensors.index.json", "state.pt",
      "half.pt",
      "checkpoint.pt",
    ]) func everyFormAndTypeGivesPyTorchsOutputs(name: String) throws
  {
    var network = try Self.network(numbered: true)
    try network.load(StateDict(contentsOf: Self.path(name)))
    try expectPyTorchsOutputs(network)
  }

  @Test(arguments: ["state.pt", "state.safetensors", "checkpoint.pt"])
  func orderAloneIsEnough(name: String) throws {
    var network = try Self.network(numbered: false)
    try network.load(StateDict(contentsOf: Self.path(name)), matching: .order)
    try expectPyTorchsOutputs(network)
  }

  @Test func viewsAreReadInRows() throws {
    let views = try StateDict(contentsOf: Self.path("views.pt"))
    #expect(views.entries.map(\.name) == ["a", "b", "c", "d", "e", "f", "g"])
    let a = try views.tensor(named: "a")
    #expect(a.shape == [4, 2, 3])
    #expect(a.scalars.prefix(7) == [0, 4, 8, 12, 16, 20, 1])
    #expect(a.scalars.last == 23)
    #expect(try views.tensor(named: "b") == Tensor([3, 4, 5, 6]))
    #expect(try views.tensor(named: "c") == Tensor([0, 1, 2, 3]))
    #expect(try views.tensor(named: "d") == Tensor([1, 1]))
    #expect(try views.tensor(named: "f") == Tensor(shape: [], scalars: [5]))
    #expect(throws: StateDict.Failure.self) { try views.tensor(named: "e") }
    #expect(throws: StateDict.Failure.self) { try views.tensor(named: "g") }
    #expect(throws: StateDict.Failure.self) { try views.tensor(named: "h") }
  }

  @Test func codeAndOtherFormsAreRefused() throws {
    func message(_ name: String) -> String {
      do {
        _ = try StateDict(contentsOf: Self.path(name))
        return "read"
      } catch { return "\(error)" }
    }
    #expect(message("whole_model.pt").contains("expected tensors and containers, found "))
    #expect(message("whole_model.pt").contains("save model.state_dict()"))
    #expect(message("expanded.pt").contains("expected a tensor inside its storage of 1 numbers"))
    #expect(message("legacy.pt").contains("a Python pickle"))
    #expect(message("outputs.txt").contains("safetensors"))
  }

  @Test func whatDoesNotFitIsListed() throws {
    let weights = try StateDict(contentsOf: Self.path("state.pt"))
    var network = try Network(input: [1, 4, 4], seed: 1) {
      Conv2D(filters: 2, kernel: 3).named("0")
      ReLU()
      Flatten()
      Dense(5).named("4")
      Dense(3).named("6")
    }
    let before = network.parametersSHA256
    let error = #expect(throws: StateDict.Failure.self) { try network.load(weights) }
    #expect(network.parametersSHA256 == before)
    let lines = error?.description.split(separator: "\n").map(String.init) ?? []
    #expect(lines.count == 4)
    #expect(lines[0].hasSuffix("found others: 2 fit"))
    #expect(lines[1] == "  2 missing: 6.weight, 6.bias")
    #expect(lines[2] == "  4 unexpected: 1.weight, 1.bias, 1.running_mean, 1.running_var")
    #expect(
      lines[3]
        == "  2 of another shape: 4.weight [3, 8], expected [5, 8], 4.bias [3], expected [5]")
  }

  @Test func listsAreBounded() throws {
    let tensors = (0..<1000).map { (name: "layer\($0).weight", tensor: Tensor([1])) }
    let weights = StateDict(
      try SafeTensors(bytes: SafeTensors.encode(tensors), source: "many"))
    var network = try Self.network(numbered: true)
    let error = #expect(throws: StateDict.Failure.self) { try network.load(weights) }
    #expect(error?.description.contains("1000 unexpected: layer0.weight") == true)
    #expect(error?.description.contains("and 980 more") == true)
    #expect((error?.description.count ?? .max) < 2000)
  }

  @Test func otherParametersStayAsTheyAre() throws {
    let weights = try StateDict(contentsOf: Self.path("state.pt"))
    var network = try Network(input: [1, 4, 4], seed: 1) {
      Conv2D(filters: 2, kernel: 3).named("0")
      BatchNorm().named("1")
      Flatten()
      Dense(5).named("4")
    }
    let head = network.parameters.suffix(2)
    let transfer = try network.copyParameters(from: weights)
    #expect(transfer.fresh == ["4.weight", "4.bias"])
    #expect(transfer.copied.count == 6)
    #expect(network.parameters.suffix(2) == head)
    #expect(try network.parameters[0].tensor == weights.tensor(named: "0.weight"))
    var other = try Network(input: [4], seed: 1) { Dense(2) }
    #expect(throws: StateDict.Failure.self) { try other.copyParameters(from: weights) }
  }

  @Test func namesThatDoNotSayTheirOrderAreRefused() throws {
    func dict(_ names: [String]) throws -> StateDict {
      let tensors = names.map { (name: $0, tensor: Tensor([1])) }
      return StateDict(try SafeTensors(bytes: SafeTensors.encode(tensors), source: "m"))
    }
    let numbered = try dict(["10.bias", "2.bias", "2.weight", "2.running_mean"])
    #expect(
      try numbered.ordered(numbered.entries).map(\.name)
        == ["2.weight", "2.bias", "2.running_mean", "10.bias"])
    for names in [["features.0.bias", "classifier.0.bias"], ["a.bias", "a.b.bias"]] {
      let weights = try dict(names)
      #expect(throws: StateDict.Failure.self) { try weights.ordered(weights.entries) }
    }
  }

  @Test func anIndexReadsFilesBesideItAlone() throws {
    try withFolder { folder in
      for (text, reason) in [
        (#"{"weight_map": {"a": "../x.safetensors"}}"#, "names of files beside it"),
        (#"{"weight_map": {"a": "/etc/passwd"}}"#, "names of files beside it"),
        (#"{"weight_map": {"a": "missing.safetensors"}}"#, "does not exist"),
        (#"{"weight_map": {}}"#, "1 to 1024 shards"),
        (#"{"weight_map": {"a": 3}}"#, "expected JSON with weight_map"),
        ("", "expected JSON with weight_map"),
      ] {
        let path = folder + "/m.safetensors.index.json"
        try Data(text.utf8).write(to: URL(filePath: path))
        do {
          _ = try StateDict(contentsOf: path)
          Issue.record("read: \(text)")
        } catch { #expect("\(error)".contains(reason), "\(error)") }
      }
    }
  }
}
