import LaneKernels
import Striate
import Testing

/// Every optimizer's kernel equals its reference, and PyTorch.
@Suite struct UpdateKernelTests {
  @Test func twentyStepsAgreeWithTheReference() {
    for rule in OptimizerTests.rules {
      for kernels in KernelTable.runnable {
        let count = 48
        var reference = Fixture.formula([count], salt: Fixture.Salt.weight)
          .map { Double(Float($0)) }.values
        var state = Array(repeating: Array(repeating: 0.0, count: count), count: rule.stateCount)
        let weights = LaneMemory(reference.map(Float.init))
        let states = LaneMemory(count: max(1, rule.stateCount) * count, filledWith: 0)
        for step in 1...20 {
          let gradient = Fixture.formula([count], salt: step).map { Double(Float($0)) }.values
          rule.referenceUpdate(&reference, gradient: gradient, state: &state, step: step)
          update(rule, weights, LaneMemory(gradient.map(Float.init)), states, kernels, step)
          #expect(
            relativeError(weights.values, reference) < 1e-5,
            "\(rule.text), step \(step), \(kernels.name)")
        }
        #expect(weights.isGuarded && states.isGuarded)
      }
    }
  }

  @Test func twentyStepsAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load(
      "optimizers", as: Fixture.Cases<OptimizerTests.OptimizerFixture>.self)
    for (rule, fixture) in zip(OptimizerTests.rules, fixtures.cases) {
      for kernels in KernelTable.runnable {
        let weights = LaneMemory(count: laneCount, filledWith: 0)
        let gradient = LaneMemory(count: laneCount, filledWith: 0)
        let states = LaneMemory(count: max(1, rule.stateCount) * laneCount, filledWith: 0)
        for (i, w) in Fixture.formula([6], salt: Fixture.Salt.weight).values.enumerated() {
          weights.base[i] = Float(w)
        }
        for (index, expected) in fixture.path.enumerated() {
          let noise = Fixture.formula([6], salt: index + 1).values
          for i in 0..<6 {
            gradient.base[i] = Float(i + 1) * weights.base[i] + Float(noise[i]) / 4
          }
          update(rule, weights, gradient, states, kernels, index + 1)
          #expect(
            relativeError(Array(weights.values.prefix(6)), expected) < 1e-4,
            "\(rule.text), step \(index + 1), \(kernels.name)")
        }
        // What pads a parameter to whole lanes never moves.
        #expect(weights.values.dropFirst(6).allSatisfy { $0 == 0 }, "\(rule.text)")
      }
    }
  }

  @Test func theFirstStepDoesNotReadTheMomentum() {
    for kernels in KernelTable.runnable {
      let weights = LaneMemory(count: 16, filledWith: 1)
      let states = LaneMemory(count: 16, filledWith: .nan)
      update(
        SGD(learningRate: 0.5, momentum: 0.9), weights, LaneMemory(count: 16, filledWith: 1),
        states, kernels, 1)
      #expect(weights.values.allSatisfy { $0 == 0.5 })
      #expect(states.values.allSatisfy { $0 == 1 })
    }
  }

  private func update(
    _ rule: any Optimizer, _ weights: LaneMemory, _ gradient: LaneMemory, _ states: LaneMemory,
    _ kernels: KernelTable, _ step: Int
  ) {
    rule.update(
      ParameterSlice(
        count: weights.count, weights: weights.base, gradient: gradient.base, kernels: kernels,
        states: states.base, stateStride: weights.count),
      step: step)
  }
}
