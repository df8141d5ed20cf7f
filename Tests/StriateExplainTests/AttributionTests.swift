import Striate
import StriateExplain
import Testing

@Suite struct AttributionTests {
  /// Rounding of Float, and of Winograd's algorithm in it.
  private static let rounding = 2e-5

  private func explainer(_ fixture: AttributionFixture, threads: Int = 2) throws -> Explainer {
    try Explainer(
      fixture.network, score: #require(Explainer.Score(rawValue: fixture.score)), threads: threads)
  }

  // MARK: PyTorch

  @Test func theFixturesAreThere() {
    #expect(AttributionFixture.all.count == 5)
  }

  @Test(arguments: AttributionFixture.all)
  func saliencyIsPyTorchs(_ fixture: AttributionFixture) throws {
    let found = try explainer(fixture).saliency(of: fixture.image, class: fixture.classIndex)
    #expect(found.values.shape == fixture.shape)
    #expect(found.map.shape == Array(fixture.shape.dropFirst()))
    expectClose(found.values.scalars, fixture.saliency, relative: Self.rounding, "∂S/∂x")
    expectClose(found.map.scalars, fixture.saliencyMap, relative: Self.rounding, "map")
    expectClose([found.score], [fixture.value], relative: Self.rounding, "S")
  }

  @Test(arguments: AttributionFixture.all)
  func smoothGradIsPyTorchsForTheSameNoise(_ fixture: AttributionFixture) throws {
    let found = try explainer(fixture).smoothGrad(
      of: fixture.image, class: fixture.classIndex, samples: fixture.samples
    ) { sample in
      AttributionFixture.formula(fixture.shape, salt: 100 + sample, scale: fixture.noise).scalars
    }
    expectClose(found.values.scalars, fixture.smoothGrad, relative: Self.rounding, "mean ∂S/∂x")
  }

  @Test(arguments: AttributionFixture.all)
  func integratedGradientsArePyTorchs(_ fixture: AttributionFixture) throws {
    let found = try explainer(fixture).integratedGradients(
      of: fixture.image, class: fixture.classIndex, baseline: fixture.baseline,
      steps: fixture.steps)
    expectClose(
      found.values.scalars, fixture.integratedGradients, relative: Self.rounding, "attributions")
    let completeness = try #require(found.completeness)
    expectClose(
      [Float(completeness.difference)], [fixture.value - fixture.baselineValue],
      relative: Self.rounding, "S(x) − S(x′)")
  }

  @Test(arguments: AttributionFixture.all)
  func gradCAMIsPyTorchs(_ fixture: AttributionFixture) throws {
    let explainer = try explainer(fixture)
    for map in fixture.gradCAM {
      let found = try explainer.gradCAM(
        of: fixture.image, class: fixture.classIndex, layer: map.layer)
      #expect(found.layer == map.layer)
      expectClose(found.values.scalars, map.values, relative: 2 * Self.rounding, map.layer)
      expectClose(found.map.scalars, map.map, relative: 2 * Self.rounding, "\(map.layer) enlarged")
    }
    // The last convolution is the usual layer, and the first of each case.
    let usual = try explainer.gradCAM(of: fixture.image, class: fixture.classIndex)
    #expect(usual.layer == "conv2")
  }

  @Test(arguments: AttributionFixture.all)
  func occlusionIsPyTorchs(_ fixture: AttributionFixture) throws {
    let found = try explainer(fixture).occlusion(
      of: fixture.image, class: fixture.classIndex, window: fixture.occlusion.window,
      stride: fixture.occlusion.stride, fill: fixture.baseline)
    expectClose(
      found.map.scalars, fixture.occlusion.values, relative: Self.rounding, "differences")
  }

  // MARK: Laws

  /// The midpoint rule's error falls with the square of the steps where the score is smooth, and with their number
  /// where it has kinks.
  @Test(arguments: AttributionFixture.all)
  func integratedGradientsAddUpToTheDifferenceOfTheScores(_ fixture: AttributionFixture) throws {
    let explainer = try explainer(fixture)
    func completeness(_ steps: Int) throws -> Attribution.Completeness {
      let found = try explainer.integratedGradients(
        of: fixture.image, class: fixture.classIndex, baseline: fixture.baseline, steps: steps)
      let sum = found.map.scalars.reduce(0.0) { $0 + Double($1) }
      let completeness = try #require(found.completeness)
      #expect(abs(completeness.sum - sum) <= 1e-5 * (abs(sum) + 1))
      return completeness
    }
    let (coarse, fine) = try (completeness(1), completeness(512))
    #expect(coarse.difference == fine.difference && fine.difference != 0)
    #expect(abs(fine.gap) <= 2e-3 * abs(fine.difference))
    #expect(abs(coarse.gap) > 100 * abs(fine.gap))
  }

  /// Of a linear score every method has a closed form.
  @Test func aLinearScoreIsExplainedExactly() throws {
    var network = try Network(text: "flatten, dense 3", input: [2, 4, 5], seed: 3)
    network.preprocessing.standardDeviation = [0.5, 0.25]
    let image = Tensor(shape: [2, 4, 5], scalars: (0..<40).map { Float($0 * 7 % 40) / 40 })
    let w = Array(network.parameters[0].tensor.scalars[40..<80])
    let explainer = try Explainer(network)
    #expect(try explainer.saliency(of: image, class: 1).values.scalars == w)
    let smooth = try explainer.smoothGrad(of: image, class: 1, samples: 5, seed: 9)
    expectClose(smooth.values.scalars, w.map { Double($0) }, relative: 1e-6, "smoothGrad")
    let entering = network.preprocessed(image.reshaped(to: [1, 2, 4, 5])).scalars
    let products = zip(w, entering).map { Double($0 * $1) }
    let integrated = try explainer.integratedGradients(of: image, class: 1, steps: 3)
    expectClose(integrated.values.scalars, products, relative: 1e-6, "integrated gradients")
    #expect(abs(try #require(integrated.completeness).gap) < 1e-5)
    let covered = try explainer.occlusion(of: image, class: 1, window: 1, stride: 1)
    let sums = (0..<20).map { products[$0] + products[20 + $0] }
    expectClose(covered.map.scalars, sums, relative: 1e-5, "occlusion")
    #expect(throws: Unexplainable.self) { try explainer.gradCAM(of: image, class: 1) }
  }

  @Test(arguments: AttributionFixture.all)
  func theBitsDoNotDependOnThreads(_ fixture: AttributionFixture) throws {
    func all(_ threads: Int) throws -> [Attribution] {
      try explainer(fixture, threads: threads).attributions(
        of: fixture.image, class: fixture.classIndex, ExplanationSetting())
    }
    let one = try all(1)
    #expect(one.count == 5)
    #expect(try all(2) == one)
    #expect(try all(3) == one)
  }

  @Test func theNoiseDependsOnTheSeedAlone() throws {
    let fixture = try #require(AttributionFixture.all.last)
    let explainer = try explainer(fixture)
    func smooth(_ seed: UInt64, samples: Int = 20) throws -> [Float] {
      try explainer.smoothGrad(
        of: fixture.image, class: 1, samples: samples, noise: 0.5, seed: seed
      ).values.scalars
    }
    #expect(try smooth(4) == smooth(4))
    #expect(try smooth(4) != smooth(5))
    let none = try explainer.smoothGrad(of: fixture.image, class: 1, samples: 3, noise: 0)
    let plain = try explainer.saliency(of: fixture.image, class: 1)
    expectClose(
      none.values.scalars, plain.values.scalars.map { Double($0) }, relative: 1e-6, "no noise")
  }

  /// An image's numbers are its own: those beside it in the lanes change nothing.
  @Test func scoresAndGradientsAreThoseOfTheImageAlone() throws {
    let fixture = AttributionFixture.all[0]
    let network = try fixture.network
    let scores = try ScoreGradients(network, output: 2, threads: 2)
    let images = AttributionFixture.formula([16] + fixture.shape, salt: 5)
    let size = fixture.shape.reduce(1, *)
    let together = try scores(images)
    for n in [0, 7, 15] {
      let alone = try scores(
        Tensor(
          shape: [1] + fixture.shape, scalars: Array(images.scalars[n * size..<(n + 1) * size])))
      #expect(alone.scores[0] == together.scores[n])
      #expect(alone.inputs.scalars == Array(together.inputs.scalars[n * size..<(n + 1) * size]))
    }
    #expect(together.scores.count == 16 && Set(together.scores).count == 16)
  }

  // MARK: What is explained

  @Test(arguments: ["softmax", "logsoftmax", "dropout 0.5, softmax", "sigmoid"])
  func theLogitIsWhatStandsBeforeTheLastActivation(_ end: String) throws {
    let body = "conv 4 3x3, relu, flatten, dense 3"
    let plain = try Network(text: body, input: [1, 6, 6], seed: 2)
    let network = try Network(text: "\(body), \(end)", input: [1, 6, 6], seed: 2)
    let image = Tensor(shape: [1, 6, 6], scalars: (0..<36).map { Float($0) / 36 })
    let logit = try Explainer(network).saliency(of: image, class: 2)
    #expect(logit == (try Explainer(plain).saliency(of: image, class: 2)))
    let output = try Explainer(network, score: .output).saliency(of: image, class: 2)
    #expect(output.score != logit.score)
    #expect(output.values != logit.values)
  }

  @Test func aSingleOutputSpeaksForOneClassAndAgainstTheOther() throws {
    let network = try Network(text: "flatten, dense 1, sigmoid", input: [1, 3, 3], seed: 2)
    let image = Tensor(repeating: 0.5, shape: [1, 3, 3])
    let explainer = try Explainer(network)
    #expect(explainer.classCount == 2)
    let (no, yes) = try (
      explainer.saliency(of: image, class: 0), explainer.saliency(of: image, class: 1)
    )
    #expect(no.score == -yes.score && no.values.scalars == yes.values.scalars.map { -$0 })
    let (covered, uncovered) = try (
      explainer.occlusion(of: image, class: 0), explainer.occlusion(of: image, class: 1)
    )
    #expect(covered.map.scalars == uncovered.map.scalars.map { -$0 })
    #expect(covered.score == no.score)
  }

  @Test func layersThatTheScoreDoesNotReadAreLeftOut() throws {
    // A network of two heads: the score is computed from the first.
    let network = try Network(
      inputs: [("x", [1, 6, 6])], seed: 1,
      outputs: { x in
        let maps = Conv2D(filters: 2, kernel: 3)(x[0])
        let head = Dense(3)(Flatten()(ReLU()(maps)))
        return [head, Conv2D(filters: 5, kernel: 3)(maps)]
      })
    let explainer = try Explainer(network)
    let image = Tensor(shape: [1, 6, 6], scalars: (0..<36).map { Float($0) / 36 })
    #expect(try explainer.gradCAM(of: image, class: 0).layer == "conv1")
    let error = #expect(throws: Unexplainable.self) {
      try explainer.gradCAM(of: image, class: 0, layer: "conv2")
    }
    #expect(error?.description.contains("layer \"conv2\": expected maps [K, h, w]") == true)
  }

  @Test func whatDoesNotFitIsExplained() throws {
    let network = try Network(text: "conv 2 3x3, flatten, dense 3", input: [1, 6, 6], seed: 2)
    let explainer = try Explainer(network)
    let image = Tensor(repeating: 0.5, shape: [1, 6, 6])
    func message(_ body: () throws -> Attribution) -> String {
      (#expect(throws: Unexplainable.self) { try body() })?.description ?? ""
    }
    #expect(
      message { try explainer.saliency(of: image.reshaped(to: [6, 6]), class: 0) }
        == "image: expected [1, 6, 6], found [6, 6]")
    #expect(
      message { try explainer.saliency(of: image, class: 3) }
        == "class: expected a number from 0 to 2, found 3")
    #expect(
      message { try explainer.gradCAM(of: image, class: 0, layer: "conv9") }
        == "layer \"conv9\": expected one of conv1")
    #expect(
      message { try explainer.occlusion(of: image, class: 0, window: 7) }
        .contains("expected a window from 1 to 6 pixels"))
    let vector = try Network(text: "dense 3", input: [4], seed: 1)
    let error = #expect(throws: Unexplainable.self) { try Explainer(vector) }
    #expect(error?.description.contains("expected a classifier of images") == true)
  }

  // MARK: Filters

  @Test func theImagesThatExciteAFilterMostAreFound() throws {
    let network = try Network(
      text: "conv 3 3x3, relu, flatten, dense 2", input: [1, 5, 6], seed: 4)
    let pixels = (0..<50 * 30).map { UInt8($0 * 131 % 251) }
    let data = try Dataset(
      imageShape: [1, 5, 6], pixels: .bytes(pixels), labels: (0..<50).map { $0 % 2 },
      classNames: ["a", "b"])
    let found = try Explainer(network).excitations(of: 0, filters: 1..<3, on: data, count: 4)
    #expect(found.map(\.filter) == [1, 2])
    let shown = try network.showingEveryLayer()
    for excitation in found {
      var all: [(image: Int, place: Int, value: Float)] = []
      for image in 0..<50 {
        let maps = try shown.layerValues(
          of: data.image(at: image).reshaped(to: [1, 1, 5, 6]), threads: 1)[0]
        let map = Array(maps.scalars[excitation.filter * 12..<(excitation.filter + 1) * 12])
        let place = map.indices.max { map[$0] < map[$1] } ?? 0
        all.append((image, place, map[place]))
      }
      all.sort { $0.value > $1.value }
      #expect(excitation.findings.map(\.image) == all.prefix(4).map(\.image))
      #expect(excitation.findings.map { $0.row * 4 + $0.column } == all.prefix(4).map(\.place))
    }
  }
}
