import Striate
import Testing

@Suite struct OptimizerTests {
  /// Twenty steps of PyTorch: the parameter after each.
  struct OptimizerFixture: Decodable {
    let text: String
    let shape: [Int]?
    let path: [[Double]]
  }

  /// A rule and the shape of the parameter that it is tried on.
  struct RuleCase: Sendable, CustomTestStringConvertible {
    let rule: any Optimizer
    let shape: [Int]

    init(_ rule: any Optimizer, _ shape: [Int] = [6]) { (self.rule, self.shape) = (rule, shape) }

    var count: Int { shape.reduce(1, *) }
    var testDescription: String { "\(rule.text) on \(shape)" }

    /// The gradient of the fixtures: of a badly scaled quadratic, and wavering.
    func gradient(_ w: [Double], step: Int) -> [Double] {
      let noise = Fixture.formula(shape, salt: step).values
      return w.indices.map { Double($0 % 6 + 1) * w[$0] + noise[$0] / 4 }
    }
  }

  private static let rate: Float = 1 / 64
  private static let others = Moments(beta1: 0.8, beta2: 0.95, epsilon: 1e-3)

  /// The rules of optimizers.json and rules-optimizers.json: the one list that drives the tests of the
  /// family.
  static let cases: [RuleCase] = [
    RuleCase(GradientDescent(learningRate: rate)),
    RuleCase(SGD(learningRate: rate)),
    RuleCase(SGD(learningRate: rate, momentum: 0.9)),
    RuleCase(SGD(learningRate: rate, momentum: 0.9, nesterov: true, weightDecay: 0.01)),
    RuleCase(SGD(learningRate: rate, weightDecay: 0.01)),
    RuleCase(RMSprop(learningRate: rate)),
    RuleCase(RMSprop(learningRate: rate, weightDecay: 0.01, momentum: 0.9)),
    RuleCase(Adam(learningRate: rate)),
    RuleCase(Adam(learningRate: rate, weightDecay: 0.05)),
    RuleCase(Adam(learningRate: rate, moments: others)),
    RuleCase(AdamW(learningRate: rate)),
    RuleCase(AdamW(learningRate: rate, weightDecay: 0.05)),
    RuleCase(Adagrad(learningRate: rate)),
    RuleCase(
      Adagrad(
        learningRate: rate, learningRateDecay: 0.1, weightDecay: 0.01, initialAccumulator: 0.5,
        epsilon: 1e-3)),
    RuleCase(Adadelta()),
    RuleCase(Adadelta(learningRate: 0.5, smoothing: 0.95, epsilon: 1e-3, weightDecay: 0.01)),
    RuleCase(NAdam(learningRate: rate)),
    RuleCase(NAdam(learningRate: rate, moments: others, momentumDecay: 0.5, weightDecay: 0.01)),
    RuleCase(NAdam(learningRate: rate, momentumDecay: 50, weightDecay: 0.1, isDecoupled: true)),
    RuleCase(Lion(learningRate: rate)),
    RuleCase(Lion(learningRate: rate, beta1: 0.8, beta2: 0.95, weightDecay: 0.1)),
    RuleCase(LAMB(learningRate: rate)),
    RuleCase(LAMB(learningRate: rate, moments: others, weightDecay: 0.1), [4, 2, 3, 3]),
    RuleCase(Muon(learningRate: rate), [3, 5]),
    RuleCase(Muon(learningRate: rate), [5, 2]),
    RuleCase(Muon(learningRate: rate), [4, 2, 3, 3]),
    RuleCase(
      Muon(
        learningRate: rate, momentum: 0.8, nesterov: false, weightDecay: 0.01,
        adjustment: .matchRMSAdamW,
        newtonSchulz: NewtonSchulz(a: 3.4445, b: -4.7750, c: 2.0315, steps: 3, epsilon: 1e-7)),
      [3, 5]),
    RuleCase(Muon(learningRate: rate, weightDecay: 0.01, vectorFactor: 0.5, moments: others)),
  ]

  /// The fixtures of all cases, in their order.
  static func fixtures() throws -> [OptimizerFixture] {
    try ["optimizers", "rules-optimizers"].flatMap {
      try Fixture.load($0, as: Fixture.Cases<OptimizerFixture>.self).cases
    }
  }

  @Test func twentyStepsAgreeWithPyTorch() throws {
    let fixtures = try Self.fixtures()
    #expect(fixtures.map(\.text) == Self.cases.map(\.rule.text))
    #expect(fixtures.map { $0.shape ?? [6] } == Self.cases.map(\.shape))
    #expect(Set(Self.cases.map(\.rule.name)) == Set(optimizerNames))
    for (trial, fixture) in zip(Self.cases, fixtures) {
      #expect(fixture.path.count == 20)
      var w = Fixture.formula(trial.shape, salt: Fixture.Salt.weight).values
      var state = Array(
        repeating: Array(repeating: 0.0, count: w.count), count: trial.rule.stateCount)
      for (index, expected) in fixture.path.enumerated() {
        trial.rule.referenceUpdate(
          &w, shape: trial.shape, gradient: trial.gradient(w, step: index + 1), state: &state,
          step: index + 1)
        expectClose(w, expected, relative: 1e-9, "\(trial.rule.text), step \(index + 1)")
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
      (
        Adagrad(learningRateDecay: -1),
        "learning rate decay: expected a number not below 0, found -1"
      ),
      (
        Adagrad(initialAccumulator: .nan),
        "initial accumulator: expected a number not below 0, found nan"
      ),
      (Adagrad(epsilon: 0), "epsilon: expected a positive number, found 0"),
      (Adadelta(smoothing: 1), "smoothing: expected a number from 0 to 1, 1 left out, found 1"),
      (Adadelta(weightDecay: -1), "weight decay: expected a number not below 0, found -1"),
      (NAdam(momentumDecay: -1), "momentum decay: expected a number not below 0, found -1"),
      (NAdam(learningRate: 0), "learning rate: expected a positive number, found 0"),
      (Lion(beta1: 1), "beta1: expected a number from 0 to 1, 1 left out, found 1"),
      (Lion(beta2: .nan), "beta2: expected a number from 0 to 1, 1 left out, found nan"),
      (LAMB(learningRate: .nan), "learning rate: expected a positive number, found nan"),
      (LAMB(weightDecay: -1), "weight decay: expected a number not below 0, found -1"),
      (Muon(momentum: 1), "momentum: expected a number from 0 to 1, 1 left out, found 1"),
      (Muon(vectorFactor: 0), "vector factor: expected a positive number, found 0"),
      (
        Muon(newtonSchulz: NewtonSchulz(a: 1, b: 0, c: 0, steps: 100, epsilon: 1)),
        "steps: expected 1 to 99, found 100"
      ),
      (
        Muon(newtonSchulz: NewtonSchulz(a: 1, b: .nan, c: 0, steps: 1, epsilon: 1)),
        "coefficient b: expected a number from -1e6 to 1e6, found nan"
      ),
    ] as [(any Optimizer, String)])
  func aNumberOutsideItsRangeIsRefused(_ optimizer: any Optimizer, message: String) throws {
    let error = try #require(throws: InvalidOptimizer.self) { try optimizer.validate() }
    #expect(error.description == message)
  }

  @Test(arguments: cases)
  func goodNumbersAreAccepted(_ trial: RuleCase) throws {
    try trial.rule.validate()
  }

  @Test(arguments: cases)
  func weightDecayCanBeChangedWhereARuleHasIt(_ trial: RuleCase) {
    var rule = trial.rule
    rule.weightDecay = 0.125
    #expect(rule.weightDecay == (rule is GradientDescent ? 0 : 0.125))
  }

  @Test func lambStepsAsFarForATenfoldParameter() {
    // The ratio of the norms makes the step as large as the parameter, whatever the gradient's size.
    let rule = LAMB(learningRate: 0.125)
    let w = Fixture.formula([8], salt: 1).values
    for scale in [1.0, 10] {
      var moved = w.map { scale * $0 }
      var state = Array(repeating: Array(repeating: 0.0, count: 8), count: 2)
      rule.referenceUpdate(
        &moved, gradient: Fixture.formula([8], salt: 2).values, state: &state, step: 1)
      let step = zip(moved, w).map { ($0 - scale * $1) / scale }
      let length = step.reduce(0) { $0 + $1 * $1 }.squareRoot()
      expectClose(
        length, 0.125 * w.reduce(0) { $0 + $1 * $1 }.squareRoot(), relative: 1e-12, "\(scale)")
    }
  }

  @Test func nadamIsCorrectAfterAMillionSteps() {
    // By then nothing is left to correct: the step is that of the running mean as it will be.
    var (w, state) = ([1.0], [[0.5], [0.25]])
    NAdam(learningRate: 0.5)
      .referenceUpdate(&w, gradient: [0.5], state: &state, step: 1_000_000)
    let mu = 0.9
    expectClose(w[0], 1 - 0.5 * ((1 - mu) * 0.5 + mu * 0.5) / (0.5 + 1e-8), relative: 1e-12)
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
    #expect(
      try namedOptimizer("muon", momentum: 0.9, nesterov: true, weightDecay: 0).text
        == "muon 0.001 momentum 0.9 weight-decay 0")
  }

  @Test func anUnknownNameOrANumberTheRuleDoesNotHaveIsRefused() {
    expect(
      "optimizer: expected one of gd, sgd, rmsprop, adagrad, adadelta, adam, adamw, nadam, lion, "
        + "lamb, muon, found \"adamax\""
    ) {
      try namedOptimizer("adamax")
    }
    expect("learning rate: expected a positive number, found nan") {
      try namedOptimizer("adam", learningRate: .nan)
    }
    expect("momentum: expected optimizer sgd, rmsprop or muon, found adam") {
      try namedOptimizer("adam", momentum: 0.9)
    }
    expect("nesterov: expected optimizer sgd or muon, found rmsprop") {
      try namedOptimizer("rmsprop", nesterov: true)
    }
    expect("weight decay: expected any optimizer but gd, found gd") {
      try namedOptimizer("gd", weightDecay: 0.1)
    }
  }

  private func expect(_ message: String, _ make: () throws -> any Optimizer) {
    let error = #expect(throws: InvalidOptimizer.self) { try make() }
    #expect(error?.description == message)
  }
}
