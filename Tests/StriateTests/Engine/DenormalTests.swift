import LaneKernels
import Striate
import Testing

/// Numbers below 10⁻³⁸ make processors slow: the engine takes them as 0, and changes nothing outside.
@Suite struct DenormalTests {
  @Test(arguments: [1, 2, 4])
  func everyThreadFlushesDenormalsToZero(_ threads: Int) throws {
    let network = try Network(inputs: [("x", [4096]), ("y", [4096])], seed: 0) { x in
      Multiply()(x[0], x[1])
    }
    for kernels in KernelTable.runnable {
      let plan = try Plan(
        network, batchSize: 64, mode: .inference, threads: threads, kernels: kernels)
      // Fine numbers whose product is not.
      let small = Tensor(repeating: 1e-25, shape: [64, 4096])
      #expect(plan.run([small, small]).scalars.allSatisfy { $0 == 0 && !$0.isSubnormal })
    }
  }

  @Test func theCallersFloatingPointModeIsGivenBack() throws {
    func product() -> Float {
      let factors: [Float] = [1e-25, 1e-18].shuffled()
      return factors[0] * factors[1]
    }
    try #require(product().isSubnormal)
    var network = try TrainerTests.network()
    let data = try TrainerTests.points(20)
    let trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 8)
    _ = try network(data.image(at: 0).reshaped(to: [1, 3, 1, 1]))
    #expect(product().isSubnormal)
    try trainer.train(&network, on: data, epochs: 1)
    #expect(product().isSubnormal)
    #expect(throws: InvalidTraining.self) {
      try trainer.train(&network, on: data, epochs: 0)
    }
    var diverging = trainer
    diverging.optimizer = GradientDescent(learningRate: 1e38)
    diverging.loss = .meanSquaredError
    #expect(throws: TrainingDiverged.self) {
      try diverging.train(&network, on: data, epochs: 3)
    }
    #expect(product().isSubnormal)
    _ = try network.evaluate(on: data)
    #expect(product().isSubnormal)
  }
}
