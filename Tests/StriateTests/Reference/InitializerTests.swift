import Foundation
import Striate
import Testing

@Suite struct InitializerTests {
  /// What PyTorch's formulas say about an initialization.
  struct InitializerFixtures: Decodable {
    struct Case: Decodable {
      let text: String
      let shape: [Int]
      /// No element is larger; nil where there is no bound.
      let bound: Double?
      let deviation: Double
    }
    struct RandomNumbers: Decodable {
      let seed: UInt64
      let normal: [Double]
      let bound: Float
      let uniform: [Float]
    }
    let cases: [Case]
    let random: RandomNumbers
  }

  /// 6,000 numbers or more: the deviation of the sample is off by 5 % in one sample of ten millions, and the
  /// largest evenly drawn number by 10 % never.
  @Test func whatIsDrawnSpreadsAsPyTorchSays() throws {
    let fixtures = try Fixture.load("initializers", as: InitializerFixtures.self)
    for fixture in fixtures.cases {
      let initializer = try #require(Initializer(word: fixture.text))
      var generator = SeededGenerator(seed: 5)
      // Ten parameters of that shape, so that small ones say enough.
      let values = (0..<10).flatMap { _ in
        initializer.values(shape: fixture.shape, generator: &generator).map(Double.init)
      }
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let deviation = (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
      #expect(abs(mean) < 5 * fixture.deviation / count.squareRoot(), "\(fixture.text)")
      #expect(abs(deviation / fixture.deviation - 1) < 0.05, "\(fixture.text) \(fixture.shape)")
      let largest = values.map(abs).max() ?? 0
      if let bound = fixture.bound {
        #expect(largest <= bound * (1 + 1e-7), "\(fixture.text)")
        #expect(largest > bound * 0.9, "\(fixture.text)")
      } else {
        #expect(largest > 3 * fixture.deviation, "\(fixture.text)")
      }
    }
  }

  @Test func normalNumbersHaveTheMomentsOfTheirDistribution() {
    var generator = SeededGenerator(seed: 3)
    let x = (0..<200_000).map { _ in generator.normal() }
    func moment(_ power: Int) -> Double {
      x.reduce(0) { $0 + pow($1, Double(power)) } / Double(x.count)
    }
    // Five standard errors of 200,000 numbers: √(1, 2, 15, 96 / 200,000).
    #expect(abs(moment(1)) < 0.0112)
    #expect(abs(moment(2) - 1) < 0.0159)
    #expect(abs(moment(3)) < 0.0434)
    #expect(abs(moment(4) - 3) < 0.11)
    let beyond = Double(x.count { abs($0) > 1.959_963_985 }) / Double(x.count)
    #expect(abs(beyond - 0.05) < 0.0025)
  }

  /// A second program of the same algorithms drew the numbers of the fixture.
  @Test func everyMachineDrawsTheSameNumbers() throws {
    let expected = try Fixture.load("initializers", as: InitializerFixtures.self).random
    var generator = SeededGenerator(seed: expected.seed)
    for value in expected.normal { expectClose(generator.normal(), value, relative: 1e-15) }
    let network = try Network(input: [4], seed: expected.seed) { Dense(5, bias: false) }
    #expect(network.parameters[0].tensor.scalars == expected.uniform)
    #expect(expected.bound == 0.5)
  }

  @Test func theLogarithmIsExactToAFewUnitsOfTheLastPlace() {
    var generator = SeededGenerator(seed: 2)
    for k in 0..<10_000 {
      let exponent = [0, -1, -52, -500, 1, 900][k % 6]
      let x = (1 + Double(generator.uniform())) * pow(2, Double(exponent))
      let expected = log(x)
      #expect(abs(naturalLogarithm(x) - expected) <= max(4 * expected.ulp, 1e-16), "\(x)")
    }
    #expect(naturalLogarithm(1) == 0)
  }

  @Test(arguments: [
    [5, 5], [3, 20], [20, 3], [1, 4], [4, 1], [8, 3, 3, 3], [40, 2, 3, 3], [7], [31, 31], [32, 40],
    [33, 33], [65, 66], [70, 37], [98, 101], [131, 131],
  ])
  func orthogonalRowsOrColumnsAre(_ shape: [Int]) {
    var generator = SeededGenerator(seed: 9)
    let gain: Float = 1.5
    let q = Initializer.orthogonal(gain: gain).values(shape: shape, generator: &generator)
      .map { Double($0) / Double(gain) }
    let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
    let isTall = rows > columns
    for i in 0..<min(rows, columns) {
      for j in 0..<min(rows, columns) {
        let product = (0..<max(rows, columns)).reduce(0.0) { sum, k in
          sum
            + (isTall
              ? q[k * columns + i] * q[k * columns + j] : q[i * columns + k] * q[j * columns + k])
        }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-6, "\(shape): \(i), \(j)")
      }
    }
  }

  @Test func anOrthogonalMatrixThatWouldTakeHoursIsRefused() throws {
    let error = try #require(throws: InvalidNetwork.self) {
      try Network(text: "dense 20000 init orthogonal", input: [20000], seed: 1)
    }
    #expect(
      error.description
        == "parameter \"fc1.weight\": expected an orthogonal matrix whose smaller extent, squared, "
        + "times the larger is at most 10^12, found 20000x20000: choose another initialization, "
        + "such as he-normal")
  }

  @Test(.timeLimit(.minutes(1))) func aLargeOrthogonalMatrixIsMadeInSeconds() {
    var generator = SeededGenerator(seed: 1)
    let n = 1500
    let q = OrthogonalMatrix.random(rows: n, columns: n, generator: &generator)
    for (i, j) in [(0, 0), (0, n - 1), (n - 1, n - 1), (n - 2, n - 1), (700, 701), (31, 32)] {
      let product = (0..<n).reduce(0.0) { $0 + q[i * n + $1] * q[j * n + $1] }
      #expect(abs(product - (i == j ? 1 : 0)) < 1e-12, "\(i), \(j)")
    }
  }

  @Test func theOrthogonalMatrixIsAsLikelyAsItsNegative() {
    // A QR decomposition without care for signs would fix those of the diagonal.
    var generator = SeededGenerator(seed: 4)
    let signs = (0..<400).map { _ in
      OrthogonalMatrix.random(rows: 3, columns: 3, generator: &generator)[0] > 0 ? 1 : 0
    }
    #expect((150...250).contains(signs.reduce(0, +)))
  }

  @Test(arguments: [
    Initializer.standard, .heNormal, .heUniform, .glorotNormal, .glorotUniform, .leCunNormal,
    .leCunUniform, .orthogonal(), .orthogonal(gain: 1.4), .constant(0.5), .constant(0),
    .uniform(bound: 0.25), .normal(deviation: 0.02), .truncatedNormal(deviation: 1e-5),
  ])
  func layersTakeAnInitializationAndKeepItInTheirText(_ initializer: Initializer) throws {
    let isStandard = initializer == .standard
    let layers: [any Layer] = [
      Conv2D(filters: 3, kernel: 3, initialization: initializer),
      Conv1D(filters: 3, kernel: 3, stride: 2, initialization: initializer),
      Dense(4, initialization: initializer),
    ]
    for (layer, shape) in zip(layers, [[2, 5, 5], [2, 7], [6]]) {
      #expect(layer.text.contains("init \(initializer.text)") == !isStandard)
      let read = try Network.layers(text: layer.text)
      #expect(read.map(\.text) == [layer.text])
      let parameters = read[0].parameters(of: [shape])
      #expect(parameters.map(\.initializer) == layer.parameters(of: [shape]).map(\.initializer))
      #expect(parameters[0].initializer == initializer)
      #expect((parameters[1].initializer == .constant(0)) == !isStandard)
    }
  }

  @Test func anInitializationThatIsNoneIsRefused() throws {
    func message(_ text: String) -> String {
      do {
        return "\(try Network(text: text, input: [4], seed: 1).parameterCount)"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message("dense 3 init he-norml").hasPrefix(
        "network text, layer 1 \"dense 3 init he-norml\": unknown initialization \"he-norml\"; "
          + "did you mean \"he-normal\"? known initializations: standard, "))
    for text in ["normal", "normal:", "normal:x", "normal:nan", "he-normal:1", "constant:1:2"] {
      #expect(message("dense 3 init \(text)").contains("unknown initialization"), "\(text)")
    }
    for text in ["normal:0", "uniform:-1", "orthogonal:1e9", "truncated-normal:0"] {
      #expect(
        message("dense 3 init \(text)").contains(
          "expected an initialization with a number above 0, up to 1e6, found "), "\(text)")
    }
    #expect(
      message("dense 3 init normal:inf").contains("unknown initialization \"normal:inf\""))
    let error = try #require(throws: ShapeMismatch.self) {
      try Dense(3, initialization: .constant(.nan)).outputShape(of: [[4]])
    }
    #expect(error.expected == "a finite number to start with")
  }

  @Test func heKeepsTheSizeOfSignalsThroughReLUs() throws {
    // Ten layers: the mean square of a signal would grow or fall like the tenth power of what one does.
    let network = try Network(input: [256], seed: 2) {
      for _ in 0..<10 {
        Dense(256, initialization: .heNormal)
        ReLU()
      }
    }
    var generator = SeededGenerator(seed: 3)
    let x = Tensor(random: [64, 256], scale: 1, using: &generator)
    func meanSquare(_ x: Tensor) -> Double {
      x.scalars.reduce(0) { $0 + Double($1 * $1) } / Double(x.count)
    }
    let ratio = try meanSquare(network(x)) / meanSquare(x)
    #expect(ratio > 1 / 3.0 && ratio < 3)
  }
}
