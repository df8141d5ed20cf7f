import Striate
import Testing

@Suite struct OptimizerTests {
  /// Twenty steps of PyTorch: the parameter after each.
  struct OptimizerFixture: Decodable {
    let text: String
    let path: [[Double]]
  }

  private static let rate: Float = 1 / 64

  /// The rules of optimizers.json, found by their text.
  static let rules: [any Optimizer] = [
    GradientDescent(learningRate: rate),
    SGD(learningRate: rate),
    SGD(learningRate: rate, momentum: 0.9),
    SGD(learningRate: rate, momentum: 0.9, nesterov: true, weightDecay: 0.01),
    SGD(learningRate: rate, weightDecay: 0.01),
    RMSprop(learningRate: rate),
    RMSprop(learningRate: rate, weightDecay: 0.01, momentum: 0.9),
    Adam(learningRate: rate),
    Adam(learningRate: rate, weightDecay: 0.05),
    Adam(learningRate: rate, moments: Moments(beta1: 0.8, beta2: 0.95, epsilon: 1e-3)),
    AdamW(learningRate: rate),
    AdamW(learningRate: rate, weightDecay: 0.05),
  ]

  @Test func twentyStepsAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load("optimizers", as: Fixture.Cases<OptimizerFixture>.self)
    #expect(fixtures.cases.map(\.text) == Self.rules.map(\.text))
    for (rule, fixture) in zip(Self.rules, fixtures.cases) {
      #expect(fixture.path.count == 20)
      var w = Fixture.formula([6], salt: Fixture.Salt.weight).values
      var state = Array(repeating: Array(repeating: 0.0, count: 6), count: rule.stateCount)
      for (index, expected) in fixture.path.enumerated() {
        let step = index + 1
        let noise = Fixture.formula([6], salt: step).values
        let gradient = w.indices.map { Double($0 + 1) * w[$0] + noise[$0] / 4 }
        rule.referenceUpdate(&w, gradient: gradient, state: &state, step: step)
        expectClose(w, expected, relative: 1e-9, "\(rule.text), step \(step)")
      }
    }
  }

  @Test func withoutMomentumAndDecaySGDIsGradientDescent() {
    var (plain, stochastic) = ([1.0, -2.0], [1.0, -2.0])
    var state: [[Double]] = []
    GradientDescent(learningRate: 0.5)
      .referenceUpdate(&plain, gradient: [1, 4], state: &state, step: 1)
    SGD(learningRate: 0.5)
      .referenceUpdate(&stochastic, gradient: [1, 4], state: &state, step: 1)
    #expect(plain == [0.5, -4])
    #expect(stochastic == plain)
  }

  @Test(
    arguments: [
      (GradientDescent(learningRate: .nan), "learning rate: expected a positive number, found nan"),
      (GradientDescent(learningRate: -1), "learning rate: expected a positive number, found -1"),
      (SGD(learningRate: 0), "learning rate: expected a positive number, found 0"),
      (Adam(learningRate: .infinity), "learning rate: expected a positive number, found inf"),
      (AdamW(learningRate: .nan), "learning rate: expected a positive number, found nan"),
      (RMSprop(learningRate: .nan), "learning rate: expected a positive number, found nan"),
      (SGD(momentum: 1), "momentum: expected a number from 0 to 1, 1 left out, found 1"),
      (SGD(momentum: -0.1), "momentum: expected a number from 0 to 1, 1 left out, found -0.1"),
      (SGD(nesterov: true), "momentum: expected above 0 with nesterov, found 0"),
      (SGD(weightDecay: -1), "weight decay: expected a number not below 0, found -1"),
      (RMSprop(smoothing: .nan), "smoothing: expected a number from 0 to 1, 1 left out, found nan"),
      (RMSprop(epsilon: 0), "epsilon: expected a positive number, found 0"),
      (RMSprop(momentum: 2), "momentum: expected a number from 0 to 1, 1 left out, found 2"),
      (
        Adam(moments: Moments(beta1: 1)),
        "beta1: expected a number from 0 to 1, 1 left out, found 1"
      ),
      (
        AdamW(moments: Moments(beta2: -1)),
        "beta2: expected a number from 0 to 1, 1 left out, found -1"
      ),
      (AdamW(weightDecay: .infinity), "weight decay: expected a number not below 0, found inf"),
    ] as [(any Optimizer, String)])
  func aNumberOutsideItsRangeIsRefused(_ optimizer: any Optimizer, message: String) throws {
    let error = try #require(throws: InvalidOptimizer.self) { try optimizer.validate() }
    #expect(error.description == message)
  }

  @Test(arguments: rules)
  func goodNumbersAreAccepted(_ optimizer: any Optimizer) throws {
    try optimizer.validate()
  }

  @Test func anOptimizerIsFoundByItsName() throws {
    for name in optimizerNames {
      let optimizer = try namedOptimizer(name, learningRate: 0.5)
      #expect(optimizer.name == name)
      #expect(optimizer.learningRate == 0.5)
    }
    #expect(try namedOptimizer("adam").text == Adam().text)
    #expect(
      try namedOptimizer("sgd", learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-4)
        .text == "sgd 0.1 momentum 0.9 nesterov weight-decay 0.0001")
  }

  @Test func anUnknownNameOrANumberTheRuleDoesNotHaveIsRefused() {
    expect("optimizer: expected one of gd, sgd, rmsprop, adam, adamw, found \"adagrad\"") {
      try namedOptimizer("adagrad")
    }
    expect("learning rate: expected a positive number, found nan") {
      try namedOptimizer("adam", learningRate: .nan)
    }
    expect("momentum: expected optimizer sgd or rmsprop, found adam") {
      try namedOptimizer("adam", momentum: 0.9)
    }
    expect("nesterov: expected optimizer sgd, found rmsprop") {
      try namedOptimizer("rmsprop", nesterov: true)
    }
    expect("weight decay: expected optimizer sgd, rmsprop, adam or adamw, found gd") {
      try namedOptimizer("gd", weightDecay: 0.1)
    }
  }

  private func expect(_ message: String, _ make: () throws -> any Optimizer) {
    let error = #expect(throws: InvalidOptimizer.self) { try make() }
    #expect(error?.description == message)
  }
}
