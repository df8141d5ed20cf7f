import Striate
import Testing

/// Every network that can be made and saved can be read again.
@Suite struct ModelRoundTripTests {
  private func reread(_ network: Network) throws -> Network {
    let folder = try TemporaryFolder()
    try network.save(to: folder.path("m"))
    return try Network(contentsOf: folder.path("m"))
  }

  @Test func fewerClassesThanOutputsSurviveAFile() throws {
    var network = try Network(input: [1], seed: 1, layers: [Dense(3)])
    let data = try Dataset(
      imageShape: [1], pixels: .floats([1, 2]), labels: [0, 1], classNames: ["a", "b"])
    let trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: SGD(), batchSize: 2)
    try trainer.train(&network, on: data, epochs: 1)
    #expect(try reread(network).preprocessing.classNames == ["a", "b"])
  }

  @Test func aSingleOutputMayHaveTwoClassNames() throws {
    var network = try Network(input: [1], seed: 1, layers: [Dense(1), Sigmoid()])
    network.preprocessing.classNames = ["no", "yes"]
    #expect(try reread(network).preprocessing == network.preprocessing)
  }

  @Test func namesThatAFileCouldNotTellApartAreRefused() throws {
    for names in [["x", "x"], ["x", "add1"], ["x", ""]] {
      #expect(throws: InvalidNetwork.self) {
        try Network(inputs: names.map { ($0, [1]) }, seed: 1) { Add()($0[0], $0[1]) }
      }
    }
  }
}
