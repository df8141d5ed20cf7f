import Striate
import Testing

/// One network that many tasks use at the same time. `scripts/sanitize` runs these under the thread
/// sanitizer.
@Suite struct SharedNetworkTests {
  /// A network with a layer of each kind that keeps something between its steps.
  static func network() throws -> Network {
    var network = try Network(
      text: """
        conv 6 3x3 padding 1, batchnorm, relu, maxpool 2, (conv 4 1x1 | conv 4 3x3 padding 1), \
        dropout 0.5, flatten, dense 12, relu, dense 5, softmax
        """, input: [1, 8, 8], seed: 3)
    network.preprocessing.mean = [0.4]
    network.preprocessing.standardDeviation = [0.3]
    network.preprocessing.classNames = ["a", "b", "c", "d", "e"]
    return network
  }

  static func images(_ count: Int, seed: Int) -> Tensor {
    var generator = SeededGenerator(seed: UInt64(seed))
    return Tensor(
      shape: [count, 1, 8, 8], scalars: (0..<count * 64).map { _ in generator.uniform() })
  }

  @Test func aThousandTasksGetWhatOneAfterTheOtherGets() async throws {
    let network = try Self.network()
    let batches = (0..<1000).map { Self.images($0 % 7 == 0 ? 20 : 1 + $0 % 3, seed: $0) }
    let outputs = try batches.map { try network($0) }
    let predictions = try batches.map { try network.classify($0, threads: 2) }
    #expect(Set(predictions.flatMap { $0.map(\.classIndex) }).count > 1)
    try await withThrowingTaskGroup(of: (index: Int, Tensor, [Prediction]).self) { group in
      for (index, batch) in batches.enumerated() {
        group.addTask { (index, try network(batch), try network.classify(batch, threads: 2)) }
      }
      var count = 0
      for try await (index, output, prediction) in group {
        #expect(output == outputs[index], "task \(index)")
        #expect(prediction == predictions[index], "task \(index)")
        count += 1
      }
      #expect(count == 1000)
    }
  }

  @Test func tasksThatChangeTheirCopyDoNotDisturbTheOthers() async throws {
    let network = try Self.network()
    let batch = Self.images(3, seed: 1)
    let expected = try network(batch)
    try await withThrowingTaskGroup(of: (Int, Tensor, Tensor).self) { group in
      for index in 0..<100 {
        group.addTask {
          let before = try network(batch)
          var own = network
          for k in own.parameters.indices {
            own.parameters[k].tensor.scalars = own.parameters[k].tensor.scalars.map {
              $0 + Float(index)
            }
          }
          return (index, before, try own(batch))
        }
      }
      for try await (index, before, after) in group {
        #expect(before == expected)
        #expect((after == expected) == (index == 0))
      }
    }
    #expect(try network(batch) == expected)
  }

  @Test func evaluationAndGradientsMayRunBesideInference() async throws {
    let network = try Self.network()
    let batch = Self.images(4, seed: 1)
    let data = try DeterminismTests.stripes(40)
    let targets = Tensor(repeating: 0.2, shape: [4, 5])
    let output = try network(batch)
    let evaluation = try network.evaluate(on: data)
    let gradients = try network.gradients([batch], targets: targets, loss: .halfSquaredError)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<150 {
        group.addTask {
          switch index % 3 {
          case 0: try network(batch) == output
          case 1: try network.evaluate(on: data) == evaluation
          default:
            try network.gradients([batch], targets: targets, loss: .halfSquaredError).parameters
              == gradients.parameters
          }
        }
      }
      for try await isEqual in group { #expect(isEqual) }
    }
  }
}
