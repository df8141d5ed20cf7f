import Foundation
import Striate
import Testing

/// The learning-rate finder.
@Suite struct LearningRateSweepTests {
  @Test func theRatesRiseEvenlyOnALogarithmicScaleAndTheNetworkStaysAsItIs() throws {
    let network = try TrainingSample.network()
    let before = network.parameters
    let sweep = try TrainingSample.trainer(SGD()).sweepLearningRates(
      network, on: TrainingSample.images(22), from: 1e-6, to: 1e-2, steps: 9)
    #expect(network.parameters == before)
    #expect(sweep.points.count == 9)
    for (index, point) in sweep.points.enumerated() {
      let expected = 1e-6 * pow(10, Double(index) / 2)
      #expect(abs(Double(point.rate) / expected - 1) < 1e-5)
    }
  }

  /// Rates so small that nothing changes: the losses are those of the batches of a training.
  @Test func theLossesAreThoseOfTrainingStepsAcrossEpochsAndAccumulation() throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    for accumulation in [1, 2] {
      var trainer = TrainingSample.trainer(SGD(learningRate: 1e-30))
      trainer.accumulation = accumulation
      var losses: [Double] = []
      var sum: [Double] = []
      var trained = network
      try trainer.train(&trained, on: data, epochs: 3) { state in
        guard state.finished == nil else { return true }
        sum.append(state.batchLoss)
        if state.step > losses.count {
          losses.append(sum.reduce(0, +) / Double(sum.count))
          sum = []
        }
        return true
      }
      let sweep = try trainer.sweepLearningRates(
        network, on: data, from: 1e-30, to: 1e-29, steps: losses.count)
      #expect(sweep.points.map(\.loss) == losses)
    }
  }

  @Test func theMeanIsCorrectedForItsBeginning() {
    let sweep = LearningRateSweep(rates: [1, 2, 4], losses: [3, 1, 2])
    let weights = [[1.0], [0.98, 1], [0.98 * 0.98, 0.98, 1]]
    for (index, weights) in weights.enumerated() {
      let sum = zip(weights, [3.0, 1, 2]).reduce(0) { $0 + $1.0 * $1.1 }
      let expected = sum / weights.reduce(0, +)
      #expect(abs(sweep.points[index].smoothedLoss - expected) < 1e-12)
    }
  }

  /// Losses whose running mean is a given curve.
  static func sweep(along curve: (Double) -> Double) -> LearningRateSweep {
    let rates = (0...60).map { Float(pow(10, -6 + Double($0) / 10)) }
    var (mean, losses): (Double, [Double]) = (0, [])
    for (index, rate) in rates.enumerated() {
      let wanted = curve(log10(Double(rate))) * (1 - pow(0.98, Double(index + 1)))
      losses.append((wanted - 0.98 * mean) / 0.02)
      mean = wanted
    }
    return LearningRateSweep(rates: rates, losses: losses)
  }

  @Test func theSuggestionsAreTheSteepestFallAndATenthOfTheMinimum() throws {
    // A step of a logistic curve at 10^−3, then a rise from 10^−1 on.
    let sweep = Self.sweep { x in
      2 / (1 + exp(4 * (x + 3))) + 0.5 + max(0, x + 1) * max(0, x + 1) * 3
    }
    let steepest = try #require(sweep.steepest)
    #expect(abs(log10(Double(steepest)) + 3) < 0.11)
    let minimum = try #require(sweep.minimum)
    #expect(abs(log10(Double(minimum.rate)) + 1) < 0.31)
    #expect(sweep.tenthOfMinimum == minimum.rate / 10)
    #expect(sweep.suggestion == min(steepest, minimum.rate / 10))
  }

  @Test func whereNoLossFallsThereIsNoSuggestion() {
    #expect(Self.sweep { _ in 1 }.suggestion == nil)
    #expect(Self.sweep { x in 10 + x }.suggestion == nil)
    #expect(LearningRateSweep(rates: [], losses: []).suggestion == nil)
    #expect(LearningRateSweep(rates: [1], losses: [1]).minimum?.rate == 1)
  }

  @Test func aSweepEndsWhereTheLossHasRisenFarOrIsNoNumber() throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(SGD())
    trainer.loss = .meanSquaredError
    let sweep = try trainer.sweepLearningRates(network, on: data, from: 1e-4, to: 1e30, steps: 40)
    #expect(sweep.points.count < 30)
    #expect(sweep.points.allSatisfy { $0.loss.isFinite })
    #expect((sweep.suggestion ?? 0) < 10)
  }

  @Test func aSweepCanBeStoppedAndNeedsNeitherValidationNorCheckpoint() throws {
    let folder = try TemporaryFolder()
    var trainer = TrainingSample.trainer(SGD())
    trainer.validation = try TrainingSample.images(6)
    trainer.patience = 1
    trainer.schedule = .plateau(Plateau())
    trainer.averaging = 0.9
    trainer.checkpoints = Checkpoints(path: folder.path("last"), best: folder.path("best"))
    var rates: [Float] = []
    let sweep = try trainer.sweepLearningRates(
      TrainingSample.network(), on: TrainingSample.images(22), steps: 20
    ) {
      rates.append($0.rate)
      return rates.count < 7
    }
    #expect(sweep.points.map(\.rate) == rates)
    #expect(rates.count == 7)
    #expect(folder.names == [])
  }

  @Test func ratesThatDoNotRiseAreRefused() throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    for (from, to, steps) in [(0, 1, 9), (1, 1, 9), (1, 2, 1), (.nan, 1, 9), (1, .infinity, 9)]
      as [(Float, Float, Int)]
    {
      let error = try #require(throws: InvalidTraining.self) {
        try TrainingSample.trainer().sweepLearningRates(
          network, on: data, from: from, to: to, steps: steps)
      }
      #expect(error.description.hasPrefix("learning rates: expected two that rise from above 0"))
    }
  }

  @Test func theRateThatIsSuggestedTrainsWell() throws {
    let data = try DeterminismTests.stripes(200)
    let network = try DeterminismTests.network()
    var trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 16, seed: 7, threads: 2)
    let rate = try #require(trainer.sweepLearningRates(network, on: data).suggestion)
    trainer.optimizer.learningRate = rate
    var trained = network
    let epochs = try trainer.train(&trained, on: data, epochs: 3)
    #expect(try #require(epochs.last).accuracy > 0.95, "rate \(rate)")
  }
}
