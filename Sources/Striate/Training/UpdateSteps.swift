import LaneKernels

/// What follows the gradients in a training step: their accumulation and clipping, the optimizer's step,
/// and the running mean of the parameters.
///
/// Parameters that are trained are cut into parts, by their sizes alone, so that any number of threads
/// computes the same bits.
///
/// Unchecked: its tasks read what changes between steps only.
final class UpdateSteps: @unchecked Sendable {
  private let plan: Plan
  private let trainer: Trainer
  private let (weights, gradients): (Floats, Floats)
  /// The plan's kernels, where slices can point to them.
  private let kernels: UnsafeMutablePointer<UpdateKernels>
  private let lossStep: LossStep
  private let parts: [Part]
  /// Parts that are shared out together: those of one large parameter, or of small ones in a row.
  private let lots: [Range<Int>]
  /// The rule of each treatment, with the learning rate of the step under way.
  private var rules: [any Optimizer]
  private let factors: [Float]
  private let squares: Storage
  private let scratch: Storage
  private let scratchSize: Int
  /// What clipping by norm multiplies the gradients by.
  private var gradientFactor: Float = 1
  /// What the images of the batch under way count for, and those of all batches of the step so far.
  private var (weight, totalWeight): (Float, Float) = (1, 1)

  /// Whether the next batch is the first of a step.
  var isFirstOfStep = true

  /// The number of steps made.
  var step = 0

  /// The optimizer's memory: `stateCount` arrays, each as long as all parameters.
  let states: Storage

  /// The gradients of the batches of one step, added up; empty without accumulation.
  let accumulated: Storage

  /// The running mean of all parameters; empty where none is kept.
  let average: Storage

  /// Where statistics lie that layers keep while they are trained. They are averaged too: with averaged weights the
  /// inputs of a layer are distributed otherwise than with the last ones.
  private let statistics: [(index: Int, start: Int, count: Int)]

  /// A part of a parameter, or a whole one.
  private struct Part: Sendable {
    var start: Int, count: Int
    /// The index of its rule.
    var rule: Int
    /// Empty for a part whose numbers are updated each by itself.
    var shape: [Int]
  }

  init(_ trainer: Trainer, plan: Plan, lossStep: LossStep) {
    self.trainer = trainer
    self.plan = plan
    self.lossStep = lossStep
    guard let gradients = plan.gradients?.floats else {
      preconditionFailure("UpdateSteps: expected a plan with gradients")
    }
    (weights, self.gradients) = (plan.parameters.floats, gradients)
    kernels = .allocate(capacity: 1)
    kernels.initialize(to: plan.kernels.updates)
    let rule = trainer.optimizer
    let network = plan.network
    statistics = network.nodes.filter { !network.isFrozen($0) }.flatMap { node in
      node.parameters.filter { !network.parameters[$0].isLearned }
    }.map { index in
      let place = plan.places[index]
      return (index, place.values.base - plan.parameters.base, place.count)
    }
    var treatments: [ParameterTreatment] = []
    var parts: [Part] = []
    for (parameter, place) in zip(plan.network.parameters, plan.places) where parameter.isTrained {
      let treatment = ParameterTreatment(of: parameter, by: trainer.groups)
      if !treatments.contains(treatment) { treatments.append(treatment) }
      let index = treatments.firstIndex(of: treatment) ?? 0
      let start = place.values.base - plan.parameters.base
      let count = place.count.padded
      if rule.scope == .parameter {
        parts.append(
          Part(start: start, count: count, rule: index, shape: parameter.tensor.shape))
      } else if let last = parts.last, last.rule == index, last.start + last.count == start,
        max(last.count, count) < UpdateSteps.partSize
      {
        parts[parts.count - 1].count += count
      } else {
        parts.append(Part(start: start, count: count, rule: index, shape: []))
      }
    }
    var lots = [0..<parts.count]
    if rule.scope == .elements {
      lots = []
      parts = parts.flatMap { part in
        let pieces = stride(from: 0, to: part.count, by: UpdateSteps.partSize).map { offset in
          Part(
            start: part.start + offset, count: min(UpdateSteps.partSize, part.count - offset),
            rule: part.rule, shape: [])
        }
        let first = lots.last?.upperBound ?? 0
        lots.append(first..<first + pieces.count)
        return pieces
      }
    }
    (self.parts, self.lots) = (parts, lots)
    rules = treatments.map { treatment in
      var rule = rule
      if !treatment.decays { rule.weightDecay = 0 }
      return rule
    }
    factors = treatments.map(\.learningRateFactor)
    let total = plan.parameters.count
    states = Storage(count: total * rule.stateCount)
    squares = Storage(count: parts.count)
    accumulated = Storage(count: trainer.accumulation > 1 ? total : 0)
    average = Storage(count: trainer.averaging == nil ? 0 : total)
    scratchSize = (parts.map { rule.scratchCount(shape: $0.shape) }.max() ?? 0).padded
    scratch = Storage(count: rule.scope == .parameter ? plan.pool.threads * scratchSize : 0)
  }

  deinit {
    kernels.deinitialize(count: 1)
    kernels.deallocate()
  }

  /// The Floats of memory beyond the four for each parameter that a plan's own reckoning has for the optimizer:
  /// those that the rule works in, one share a worker, and the arrays that go beyond.
  static func memory(_ trainer: Trainer, _ network: Network) -> Double {
    let rule = trainer.optimizer
    let arrays =
      rule.stateCount + (trainer.accumulation > 1 ? 1 : 0) + (trainer.averaging == nil ? 0 : 1)
    let all = network.parameters.reduce(0.0) { $0 + Double($1.tensor.count.padded) }
    let scratch =
      rule.scope == .parameter
      ? network.parameters.filter(\.isTrained)
        .map { rule.scratchCount(shape: $0.tensor.shape).padded }.max() ?? 0 : 0
    return Double(max(0, arrays - 4)) * all + Double(trainer.threads) * Double(scratch)
  }

  /// Numbers that one task updates: 16 KiB, so that a part stays in the first-level cache.
  private static let partSize = 4096

  /// Says what the next step is made with.
  func setLearningRate(_ rate: Float) {
    for index in rules.indices { rules[index].learningRate = rate * factors[index] }
  }

  /// Adds a batch's gradients to those of the step, each as much as its images count for: with a mean
  /// loss, that of all images of the step is the mean of the batches' with these weights.
  var accumulation: [Phase] {
    guard trainer.accumulation > 1 else { return [] }
    return [
      Phase(groups: [
        Tasks(count: 1) { [self] _ in
          weight = trainer.loss.reduction == .mean ? Float(lossStep.countedImages) : 1
          totalWeight = (isFirstOfStep ? 0 : totalWeight) + weight
        }
      ]),
      phase { [self] part, gradient, _ in
        let sum = accumulated.base + part.start
        if isFirstOfStep {
          sum.update(from: gradient, count: part.count)
          kernels.pointee.scale(part.count, weight, sum)
        } else {
          kernels.pointee.combine(part.count, weight, gradient, 1, sum)
        }
      },
    ]
  }

  /// What the sum of a step's gradients is multiplied by.
  private var accumulationFactor: Float {
    trainer.loss.reduction == .sum ? 1 : totalWeight > 0 ? 1 / totalWeight : 0
  }

  /// The step itself.
  var update: [Phase] {
    var phases: [Phase] = []
    if trainer.accumulation > 1 {
      phases.append(
        phase { [self] part, gradient, _ in
          gradient.update(from: accumulated.base + part.start, count: part.count)
          kernels.pointee.scale(part.count, accumulationFactor, gradient)
        })
    }
    if case .norm(let limit) = trainer.clipping {
      let squares = squares.floats
      phases.append(
        phase { [self] part, gradient, index in
          (squares + index).pointee = kernels.pointee.sumOfSquares(part.count, gradient)
        })
      phases.append(
        Phase(groups: [
          Tasks(count: 1) { [self] _ in
            let sum = parts.indices.reduce(0.0) { $0 + Double((squares + $1).pointee) }
            gradientFactor = Float(min(1, Double(limit) / (sum.squareRoot() + 1e-6)))
          }
        ]))
    }
    let averages = Tasks(count: trainer.averaging == nil ? 0 : statistics.count) { [self] index in
      average(statistics[index].start, statistics[index].count)
    }
    phases.append(
      Phase(groups: tasks { [self] in update(parts[$0], worker: $1) } + [averages]))
    return phases
  }

  private func phase(
    _ body:
      @escaping @Sendable (Part, _ gradient: UnsafeMutablePointer<Float>, _ index: Int) ->
      Void
  ) -> Phase {
    Phase(
      groups: tasks { [parts, gradients] index, _ in
        body(parts[index], gradients + parts[index].start, index)
      })
  }

  /// A group of tasks for each lot: a worker has its share of every large parameter, the share that it computed the
  /// gradient of.
  private func tasks(
    _ body: @escaping @Sendable (_ part: Int, _ worker: Int) -> Void
  ) -> [Tasks] {
    lots.map { lot in
      Tasks(count: lot.count, onWorker: { body(lot.lowerBound + $0, $1) })
    }
  }

  private func update(_ part: Part, worker: Int) {
    let (weights, gradient) = (weights + part.start, gradients + part.start)
    switch trainer.clipping {
    case .norm?:
      if gradientFactor < 1 { kernels.pointee.scale(part.count, gradientFactor, gradient) }
    case .value(let limit)?: kernels.pointee.clamp(part.count, limit, gradient)
    case nil: break
    }
    rules[part.rule].update(
      ParameterSlice(
        count: part.count, shape: part.shape, weights: weights, gradient: gradient,
        kernels: kernels, states: states.base + part.start, stateStride: plan.parameters.count,
        scratch: scratch.base + worker * scratchSize), step: step)
    if trainer.averaging != nil { average(part.start, part.count) }
  }

  /// Takes numbers into their running mean. The first step's are where it begins, and early means forget faster:
  /// otherwise they would still hold a share of the numbers that the training began with after thousands of steps.
  private func average(_ start: Int, _ count: Int) {
    guard let decay = trainer.averaging else { return }
    let steps = Double(step)
    kernels.pointee.average(
      count, step == 1 ? 0 : min(decay, (1 + steps) / (10 + steps)),
      plan.parameters.base + start, average.base + start)
  }

  /// Copies the running means of what is trained, statistics included, into a network, or the parameters as they are where no
  /// means are kept.
  func store(into network: inout Network) {
    plan.store(into: &network)
    guard trainer.averaging != nil, step > 0 else { return }
    let others = Set(statistics.map(\.index))
    for (index, place) in plan.places.enumerated()
    where network.parameters[index].isTrained || others.contains(index) {
      let start = place.values.base - plan.parameters.base
      network.parameters[index].tensor.scalars = Array(
        UnsafeBufferPointer(start: average.base + start, count: place.count))
    }
  }
}
