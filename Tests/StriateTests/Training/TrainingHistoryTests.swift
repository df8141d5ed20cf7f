import Foundation
import Striate
import Testing

@Suite struct TrainingHistoryTests {
  private let history = TrainingHistory(epochs: [
    TrainingHistory.Epoch(
      number: 1, loss: 0.5, accuracy: 0.75, learningRate: 0.001, seconds: 1.5, images: 60),
    TrainingHistory.Epoch(
      number: 2, loss: 0.25, accuracy: 0.875, validationLoss: .infinity, validationAccuracy: 0.5,
      seconds: 2, images: 60),
  ])

  private func saved(_ history: TrainingHistory?) throws -> SafeTensors {
    let folder = try TemporaryFolder()
    var network = try Network(text: "dense 2", input: [1], seed: 1)
    network.history = history
    try network.save(to: folder.path("m"))
    return try SafeTensors(contentsOf: folder.path("m"))
  }

  @Test func aModelFileCarriesTheHistory() throws {
    #expect(try Network(saved(history)).history == history)
  }

  @Test func aModelFileWithoutAHistoryIsReadAsBefore() throws {
    let file = try saved(nil)
    #expect(file.metadata["striate.history"] == nil)
    #expect(try Network(file).history == nil)
  }

  @Test func aBrokenHistoryIsRefused() throws {
    let network = try Network(text: "dense 2", input: [1], seed: 1)
    for (text, part) in [
      ("{", "striate.history: expected JSON of its form"),
      ("{\"epochs\":[{\"number\":1}]}", "striate.history: expected JSON of its form"),
    ] {
      var metadata = try saved(nil).metadata
      metadata["striate.history"] = text
      let bytes = SafeTensors.encode(
        network.parameters.map { ($0.name, $0.tensor) }, metadata: metadata)
      #expect(message { _ = try Network(SafeTensors(bytes: bytes, source: "m")) }.contains(part))
    }
  }

  @Test func theReportsOfATrainerBecomeAHistory() throws {
    let data = try Dataset(
      imageShape: [1], pixels: .floats([1, 2, 3, 4]), labels: [0, 0, 1, 1], classNames: ["a", "b"])
    var network = try Network(text: "dense 2", input: [1], seed: 1)
    let reports = try Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.001), batchSize: 2,
      validation: data
    ).train(&network, on: data, epochs: 2)
    let history = TrainingHistory(reports)
    #expect(history.epochs.map(\.number) == [1, 2])
    #expect(history.epochs.map(\.loss) == reports.map(\.loss))
    #expect(history.epochs.map(\.validationAccuracy) == reports.map(\.validationAccuracy))
    #expect(history.epochs.map(\.learningRate) == [0.001, 0.001])
    #expect(history.epochs.map(\.images) == [4, 4])
  }
}
