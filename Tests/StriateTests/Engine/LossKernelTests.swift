import LaneKernels
import Striate
import Testing

/// Every loss's kernel equals its reference; lanes without an image count for nothing.
@Suite struct LossKernelTests {
  /// What a loss kernel says about 16 images.
  struct Answer {
    let losses: [Float]
    let right: [Float]
    let gradient: [Float]
  }

  /// Every loss of `count` outputs; the kernels know nothing of how a batch is reduced.
  static func losses(_ count: Int) -> [(loss: Loss, isOfProbabilities: Bool)] {
    LossTests.kinds(channels: count, outputs: count).map {
      (Loss($0.kind, reduction: .sum), $0.isOfProbabilities)
    }
  }

  /// Outputs and targets are [lane][output]; answers too.
  func run(
    _ loss: Loss, outputs: [[Float]], targets: [[Float]], weights: [Float],
    threshold: Float = 0.5, on kernels: KernelTable
  ) -> Answer {
    let count = outputs[0].count
    func lanes(_ rows: [[Float]]) -> LaneMemory {
      LaneMemory((0..<count * 16).map { rows[$0 % 16][$0 / 16] })
    }
    let (y, t, w) = (lanes(outputs), lanes(targets), LaneMemory(weights))
    let numbers = loss.kind.outputWeights
    let outputWeights = LaneMemory((0..<count).map { Float(numbers.value(at: $0)) })
    let (gradient, result) = (LaneMemory(count: count * 16), LaneMemory(count: 32))
    kernels.loss(
      loss.kind.pass(outputs: count, threshold: threshold),
      numbers.isEmpty ? nil : outputWeights.base, y.base, t.base,
      w.base, gradient.base, result.base)
    #expect(gradient.isGuarded && result.isGuarded)
    return Answer(
      losses: Array(result.values[..<16]), right: Array(result.values[16...]),
      gradient: (0..<16 * count).map { gradient.base[($0 % count) * 16 + $0 / count] })
  }

  @Test(arguments: [1, 2, 3, 10, 37], [1, 7, 16])
  func lossAndGradientAgreeWithTheReference(_ count: Int, _ images: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let scores = Tensor(random: [16, count], scale: 4, using: &generator)
    // Soft targets whose sum is not 1: the general case.
    let targets = Tensor(random: [16, count], scale: 0.4, using: &generator)
      .scalars.map { $0 + 0.5 }
    let weights = (0..<16).map { $0 < images ? 1 / Float(images) : 0 }
    for (loss, isOfProbabilities) in Self.losses(count) {
      let outputs = isOfProbabilities ? scores.scalars.map { 0.5 + $0 / 8.1 } : scores.scalars
      let y = ReferenceTensor(
        shape: [images, count], values: outputs.prefix(images * count).map(Double.init))
      let t = ReferenceTensor(
        shape: [images, count], values: targets.prefix(images * count).map(Double.init))
      let value = loss.referenceValue(output: y, target: t) / Double(images)
      let gradient = loss.referenceGradient(output: y, target: t).map { $0 / Double(images) }
      for kernels in KernelTable.runnable {
        let answer = run(
          loss, outputs: rows(outputs), targets: rows(targets), weights: weights, on: kernels)
        let sum = answer.losses.reduce(0) { $0 + Double($1) } / Double(images)
        #expect(abs(sum - value) <= 1e-5 * abs(value), "\(loss.name) on \(kernels.name)")
        #expect(
          relativeError(Array(answer.gradient.prefix(images * count)), gradient.values) < 1e-5,
          "\(loss.name) on \(kernels.name)")
        #expect(answer.losses.dropFirst(images).allSatisfy { $0 == 0 })
        #expect(answer.right.dropFirst(images).allSatisfy { $0 == 0 })
        #expect(answer.gradient.dropFirst(images * count).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func hugeScoresGiveAFiniteCrossEntropy() {
    let outputs = rows(Array(repeating: [1e4, -1e4, 0], count: 16).flatMap { $0 })
    let targets = rows(Array(repeating: [0, 1, 0], count: 16).flatMap { $0 })
    for kernels in KernelTable.runnable {
      let answer = run(
        .softmaxCrossEntropy, outputs: outputs, targets: targets,
        weights: Array(repeating: 1, count: 16), on: kernels)
      #expect(answer.losses.allSatisfy { $0 == 2e4 })
      #expect(Array(answer.gradient.prefix(3)) == [1, -1, 0] || answer.gradient[2] < 1e-37)
      #expect(answer.gradient[0] == 1 && answer.gradient[1] == -1)
      #expect(answer.right.allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [Loss.negativeLogLikelihood, .binaryCrossEntropy])
  func probabilitiesOfZeroAndOneGiveFiniteNumbers(_ loss: Loss) {
    let weights = Array(repeating: Float(1), count: 16)
    let wrong = Array(repeating: [Float(0), 1], count: 16)
    let meant = Array(repeating: [Float(1), 0], count: 16)
    let expected = loss.referenceGradient(
      output: ReferenceTensor(shape: [1, 2], values: [0, 1]),
      target: ReferenceTensor(shape: [1, 2], values: [1, 0]))
    for kernels in KernelTable.runnable {
      let bad = run(loss, outputs: wrong, targets: meant, weights: weights, on: kernels)
      #expect(bad.losses.allSatisfy { $0 == 100 }, "\(kernels.name)")
      #expect(relativeError(Array(bad.gradient.prefix(2)), expected.values) < 1e-6)
      let good = run(loss, outputs: meant, targets: meant, weights: weights, on: kernels)
      #expect(good.losses.allSatisfy { $0 == 0 }, "\(kernels.name)")
      #expect(good.right.allSatisfy { $0 == 1 }, "\(kernels.name)")
    }
  }

  @Test(arguments: [Float(1e-36), 1e-37, 2e-38, 1e-30, 1e-10, 0.5])
  func theLogarithmOfATinyProbabilityIsNotCutOffEarly(_ p: Float) {
    let outputs = Array(repeating: [p], count: 16)
    let targets = Array(repeating: [Float(1)], count: 16)
    let expected = Loss.negativeLogLikelihood.referenceValue(
      output: ReferenceTensor(shape: [1, 1], values: [Double(p)]),
      target: ReferenceTensor(shape: [1, 1], values: [1]))
    for kernels in KernelTable.runnable {
      let answer = run(
        .negativeLogLikelihood, outputs: outputs, targets: targets,
        weights: Array(repeating: 1, count: 16), on: kernels)
      #expect(relativeError([answer.losses[0]], [expected]) < 1e-6, "\(kernels.name)")
    }
  }

  @Test func nanIsNotHiddenAndStaysInItsLane() {
    var outputs = Array(repeating: [Float(0.25), 0.75], count: 16)
    outputs[3][0] = .nan
    let targets = Array(repeating: [Float(0), 1], count: 16)
    for (loss, _) in Self.losses(2) {
      for kernels in KernelTable.runnable {
        let answer = run(
          loss, outputs: outputs, targets: targets,
          weights: Array(repeating: 1, count: 16), on: kernels)
        // A target of 0 times NaN is NaN in every loss.
        for lane in 0..<16 {
          #expect(answer.losses[lane].isNaN == (lane == 3), "\(loss.name) on \(kernels.name)")
        }
      }
    }
  }

  /// Scores so large that a softmax or a sigmoid is 0 or 1 in Float.
  @Test func extremeScoresGiveFiniteNumbers() {
    let scores: [Float] = [-1e4, -100, -30, 0, 30, 100, 1e4, 3]
    let outputs = (0..<16).map { lane in (0..<8).map { scores[($0 + lane) % 8] } }
    let targets = (0..<16).map { lane in (0..<8).map { Float(($0 + lane / 8) % 2) } }
    let weights = Array(repeating: Float(1), count: 16)
    for (loss, isOfProbabilities) in Self.losses(8) where !isOfProbabilities {
      let y = ReferenceTensor(shape: [16, 8], values: outputs.joined().map(Double.init))
      let t = ReferenceTensor(shape: [16, 8], values: targets.joined().map(Double.init))
      let gradient = loss.referenceGradient(output: y, target: t)
      let value = loss.referenceValue(output: y, target: t)
      for kernels in KernelTable.runnable {
        let answer = run(loss, outputs: outputs, targets: targets, weights: weights, on: kernels)
        let sum = answer.losses.reduce(0) { $0 + Double($1) }
        #expect(abs(sum - value) <= 1e-5 * abs(value), "\(loss.name) on \(kernels.name)")
        #expect(
          relativeError(answer.gradient, gradient.values) < 1e-5,
          "\(loss.name) on \(kernels.name)")
      }
    }
  }

  @Test(arguments: [
    (Loss.binaryCrossEntropy, Float(0.5)), (.meanSquaredError, 0.5),
    (.binaryCrossEntropyWithLogits(), 0), (.hinge, 0), (.binaryFocal(), 0),
  ])
  func aSingleOutputIsRightOnTheSideOfItsThreshold(_ loss: Loss, _ threshold: Float) {
    let outputs = (0..<16).map { [threshold + ($0 % 2 == 0 ? 0.125 : -0.125)] }
    let targets = (0..<16).map { [Float($0 / 2 % 2)] }
    for kernels in KernelTable.runnable {
      let answer = run(
        loss, outputs: outputs, targets: targets, weights: Array(repeating: 1, count: 16),
        threshold: threshold, on: kernels)
      let expected = (0..<16).map { lane -> Float in
        let (said, meant) = (lane % 2 == 0, lane / 2 % 2 == 1)
        return said == meant ? 1 : 0
      }
      #expect(answer.right == expected, "\(kernels.name)")
    }
  }

  @Test func anImageCountsForTheMeanWeightOfItsClasses() {
    let targets: [[Float]] = (0..<16).map { lane in
      switch lane % 4 {
      case 0: [0, 0, 0]
      case 1: [0, 1, 0]
      case 2: [0.25, 0, 0.75]
      default: [2, 2, 0]
      }
    }
    let expected: [Float] = [0, 3, 0.25 * 2 + 0.75 * 4, 2.5]
    let t = LaneMemory((0..<48).map { targets[$0 % 16][$0 / 16] })
    let weights = LaneMemory([2, 3, 4])
    let counted: [Float] = (0..<16).map { $0 % 4 == 0 ? 0 : 1 }
    let weighed: [Float] = (0..<16).map { expected[$0 % 4] }
    for kernels in KernelTable.runnable {
      let result = LaneMemory(count: 32)
      kernels.targetWeights(3, weights.base, t.base, result.base)
      #expect(result.isGuarded)
      #expect(result.values == weighed + counted)
      kernels.targetWeights(3, nil, t.base, result.base)
      #expect(result.values == counted + counted)
    }
  }

  private func rows(_ values: [Float]) -> [[Float]] {
    let count = values.count / 16
    return (0..<16).map { Array(values[$0 * count..<($0 + 1) * count]) }
  }
}
