import Foundation

/// What losses a network had while its learning rate rose from step to step: a guide to the rate to train
/// it with.
///
///     γ(t) = from · (to/from)^(t/(T−1))
///     smoothed(t) = m(t)/(1 − β^(t+1)),  m(t) = β·m(t−1) + (1 − β)·loss(t)
///
/// A rate too small changes nothing, a good one makes the loss fall, a rate too large makes it rise again.
///
/// Source: Smith 2017, arXiv:1506.01186, §3.3; the smoothing and the suggestions as in fastai's learning-rate
/// finder (Howard & Gugger 2020, arXiv:2002.04688, §4.1).
public struct LearningRateSweep: Sendable, Equatable {
  /// A step of the sweep.
  public struct Point: Sendable, Equatable {
    /// The step's learning rate.
    public let rate: Float
    /// The mean loss of its images, before the step.
    public let loss: Double
    /// The running mean of the losses so far.
    public let smoothedLoss: Double
  }

  /// β: how much of the running mean is kept at each step.
  public static let smoothing = 0.98

  /// A smoothed loss this many times as large as the least ends a sweep.
  public static let divergence = 4.0

  /// The steps, until the loss had risen far above its least.
  public private(set) var points: [Point] = []

  private var mean = 0.0

  init() {}

  /// A sweep of losses that are known.
  ///
  /// - Precondition: there are as many rates as losses.
  public init(rates: [Float], losses: [Double]) {
    precondition(
      rates.count == losses.count,
      "LearningRateSweep: expected \(rates.count) losses, found \(losses.count)")
    for (rate, loss) in zip(rates, losses) { append(rate: rate, loss: loss) }
  }

  /// Appends a step; returns whether the sweep should go on.
  @discardableResult
  mutating func append(rate: Float, loss: Double) -> Bool {
    mean = Self.smoothing * mean + (1 - Self.smoothing) * loss
    let smoothed = mean / (1 - pow(Self.smoothing, Double(points.count + 1)))
    points.append(Point(rate: rate, loss: loss, smoothedLoss: smoothed))
    let least = points.lazy.map(\.smoothedLoss).min() ?? smoothed
    return smoothed <= Self.divergence * least
  }

  /// The point with the least smoothed loss; nil without points.
  public var minimum: Point? { points.min { $0.smoothedLoss < $1.smoothedLoss } }

  /// The rate at which the smoothed loss falls fastest for each doubling of the rate; nil where it falls
  /// nowhere.
  public var steepest: Float? {
    // The slope over two neighbours, before the minimum: what follows is on its way up.
    guard hasFallen, let minimum, let end = points.firstIndex(of: minimum), end >= 2 else {
      return nil
    }
    let slopes = (1..<end).map { index in
      (points[index + 1].smoothedLoss - points[index - 1].smoothedLoss)
        / log(Double(points[index + 1].rate / points[index - 1].rate))
    }
    guard let least = slopes.min(), least < 0, let index = slopes.firstIndex(of: least) else {
      return nil
    }
    return points[index + 1].rate
  }

  /// Whether the smoothed loss fell by more than rounding.
  private var hasFallen: Bool {
    guard let minimum, let first = points.first else { return false }
    return minimum.smoothedLoss < first.smoothedLoss - 1e-9 * abs(first.smoothedLoss)
  }

  /// A tenth of the rate with the least smoothed loss; nil where the loss never fell.
  public var tenthOfMinimum: Float? {
    hasFallen ? minimum.map { $0.rate / 10 } : nil
  }

  /// The learning rate to begin with: the smaller of `steepest` and `tenthOfMinimum`; nil where the loss
  /// never fell.
  public var suggestion: Float? {
    guard let steepest, let tenthOfMinimum else { return tenthOfMinimum ?? steepest }
    return min(steepest, tenthOfMinimum)
  }
}

extension Trainer {
  /// The losses of a network while its learning rate rises from step to step; the network itself stays as
  /// it is.
  ///
  /// The trainer's schedule, validation, patience, running means and checkpoints take no part. A sweep longer
  /// than the data set goes on with another order of its images.
  ///
  /// - Parameters:
  ///   - network: The network as training would begin with it.
  ///   - dataset: The images to learn.
  ///   - from: The first learning rate.
  ///   - to: The last learning rate, unless the loss rises far above its least before.
  ///   - steps: The number of learning rates.
  ///   - progress: Called after every step; the sweep ends when it returns false.
  ///
  /// Throws `InvalidTraining` for rates or steps that make no sense, and what `train` throws, but for a
  /// divergence, which ends the sweep.
  public func sweepLearningRates(
    _ network: Network, on dataset: Dataset, from: Float = 1e-7, to: Float = 10, steps: Int = 100,
    progress: (LearningRateSweep.Point) -> Bool = { _ in true }
  ) throws -> LearningRateSweep {
    guard from > 0, from.isNormal, to > from, to.isFinite, (2...1_000_000).contains(steps) else {
      throw InvalidTraining(
        description: "learning rates: expected two that rise from above 0, and 2 to 1000000 steps, "
          + "found \(from) to \(to) in \(steps) steps")
    }
    var trainer = self
    (trainer.validation, trainer.patience, trainer.schedule) = (nil, nil, .constant)
    (trainer.averaging, trainer.checkpoints) = (nil, nil)
    // An epoch has a step at least.
    let run = try TrainingRun(
      trainer, try trainer.prepared(network, for: dataset, epochs: steps), dataset, epochs: steps)
    let ratio = Double(to) / Double(from)
    run.learningRates = { Float(Double(from) * pow(ratio, Double($0) / Double(steps - 1))) }
    var sweep = LearningRateSweep()
    var (loss, batches) = (0.0, 0)
    do {
      _ = try run.run { state in
        guard state.finished == nil else { return true }
        loss += state.batchLoss
        batches += 1
        guard state.step > sweep.points.count else { return true }
        let goesOn = sweep.append(rate: state.learningRate, loss: loss / Double(batches))
        (loss, batches) = (0, 0)
        return goesOn && progress(sweep.points[sweep.points.count - 1])
          && sweep.points.count < steps
      }
    } catch is TrainingDiverged {
      // The loss has risen as far as it can.
    }
    return sweep
  }
}
