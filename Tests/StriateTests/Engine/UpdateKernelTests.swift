import LaneKernels
import Striate
import Testing

/// Every optimizer's kernel equals its reference, and PyTorch.
@Suite struct UpdateKernelTests {
  @Test(arguments: OptimizerTests.cases)
  func twentyStepsAgreeWithTheReference(_ trial: OptimizerTests.RuleCase) {
    // A rule of single elements is tried on three vectors, which touch one another.
    let shape = trial.rule.scope == .elements ? [48] : trial.shape
    let (rule, count) = (trial.rule, shape.reduce(1, *))
    for kernels in KernelTable.runnable {
      var reference = Fixture.formula(shape, salt: Fixture.Salt.weight)
        .map { Double(Float($0)) }.values
      var state = Array(repeating: Array(repeating: 0.0, count: count), count: rule.stateCount)
      let memory = RuleMemory(rule, shape, reference)
      for step in 1...20 {
        let gradient = Fixture.formula(shape, salt: step).map { Double(Float($0)) }.values
        rule.referenceUpdate(
          &reference, shape: shape, gradient: gradient, state: &state, step: step)
        memory.setGradient(gradient)
        memory.update(rule, kernels, step)
        #expect(
          relativeError(Array(memory.weights.values.prefix(count)), reference) < 1e-5,
          "\(rule.text), step \(step), \(kernels.name)")
      }
      #expect(memory.isGuarded)
    }
  }

  @Test func twentyStepsAgreeWithPyTorch() throws {
    for (trial, fixture) in zip(OptimizerTests.cases, try OptimizerTests.fixtures()) {
      for kernels in KernelTable.runnable {
        let memory = RuleMemory(
          trial.rule, trial.shape, Fixture.formula(trial.shape, salt: Fixture.Salt.weight).values)
        for (index, expected) in fixture.path.enumerated() {
          let w = memory.weights.values.prefix(trial.count).map(Double.init)
          memory.setGradient(trial.gradient(w, step: index + 1))
          memory.update(trial.rule, kernels, index + 1)
          #expect(
            relativeError(Array(memory.weights.values.prefix(trial.count)), expected) < 1e-4,
            "\(trial.rule.text), step \(index + 1), \(kernels.name)")
        }
        // What pads a parameter to whole lanes never moves.
        #expect(
          memory.weights.values.dropFirst(trial.count).allSatisfy { $0 == 0 },
          "\(trial.rule.text)")
      }
    }
  }

  @Test func theFirstStepDoesNotReadTheMomentum() {
    for kernels in KernelTable.runnable {
      let rule = SGD(learningRate: 0.5, momentum: 0.9)
      let memory = RuleMemory(rule, [16], Array(repeating: 1, count: 16), states: .nan)
      memory.setGradient(Array(repeating: 1, count: 16))
      memory.update(rule, kernels, 1)
      #expect(memory.weights.values.allSatisfy { $0 == 0.5 })
      #expect(memory.states.values.allSatisfy { $0 == 1 })
    }
  }

  @Test(arguments: OptimizerTests.cases)
  func aGradientOfZeroDoesNotBreakAFreshParameterOfZero(_ trial: OptimizerTests.RuleCase) {
    for kernels in KernelTable.runnable {
      let memory = RuleMemory(
        trial.rule, trial.shape, Array(repeating: 0, count: trial.count))
      memory.setGradient(Array(repeating: 0, count: trial.count))
      for step in 1...3 { memory.update(trial.rule, kernels, step) }
      #expect(memory.weights.values.allSatisfy { $0 == 0 }, "\(kernels.name)")
    }
  }
}

/// The memory that a rule works on: one parameter with its gradient, its state and scratch memory full of
/// NaN.
final class RuleMemory {
  let weights: LaneMemory
  let gradient: LaneMemory
  let states: LaneMemory
  private let scratch: LaneMemory
  private let shape: [Int]

  init(_ rule: any Optimizer, _ shape: [Int], _ values: [Double], states: Float = 0) {
    let count = (values.count + 15) / 16 * 16
    weights = LaneMemory(count: count, filledWith: 0)
    gradient = LaneMemory(count: count, filledWith: 0)
    self.states = LaneMemory(count: max(1, rule.stateCount) * count, filledWith: states)
    scratch = LaneMemory(count: rule.scratchCount(shape: shape))
    self.shape = rule.scope == .parameter ? shape : []
    for (i, value) in values.enumerated() { weights.base[i] = Float(value) }
  }

  func setGradient(_ values: [Double]) {
    for (i, value) in values.enumerated() { gradient.base[i] = Float(value) }
  }

  func update(_ rule: any Optimizer, _ kernels: KernelTable, _ step: Int) {
    withUnsafePointer(to: kernels.updates) { kernels in
      rule.update(
        ParameterSlice(
          count: weights.count, shape: shape, weights: weights.base, gradient: gradient.base,
          kernels: kernels, states: states.base, stateStride: weights.count, scratch: scratch.base),
        step: step)
    }
  }

  /// Nothing wrote behind the end of anything.
  var isGuarded: Bool {
    weights.isGuarded && gradient.isGuarded && states.isGuarded && scratch.isGuarded
  }
}
