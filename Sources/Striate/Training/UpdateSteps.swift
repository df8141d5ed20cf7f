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
  /// Memory that is read without being counted as held, like the rules.
  private let parts: UnsafeMutableBufferPointer<Part>
  /// Parts that are shared out together.
  private let lots: [Lot]
  /// The rule of each treatment, with the learning rate of the step under way.
  private let rules: UnsafeMutableBufferPointer<any Optimizer>
  private let (clipping, averaging): (GradientClipping?, Double?)
  private let factors: [Float]
  private let squares: Storage
  private let scratch: Storage
  private let scratchSize: Int
  /// Where these and the optimizer's memory lie: tasks do not count references to objects.
  private let (stateMemory, averageMemory, scratchMemory): (Floats, Floats, Floats)
  private let stateStride: Int
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
    var shape: [Int] = []

    /// The parts that one whose numbers are updated each by itself is cut into.
    func cut(as division: ParameterDivision?) -> [Part] {
      division?.parts.map {
        Part(start: start + $0.lowerBound, count: $0.count, rule: rule)
      }
        ?? Swift.stride(from: 0, to: count, by: UpdateSteps.partSize).map {
          Part(start: start + $0, count: min(UpdateSteps.partSize, count - $0), rule: rule)
        }
    }
  }

  /// Parts of one large parameter, or of small ones in a row. A group of tasks for each: a worker has its share of
  /// every large parameter, the share that it computed the gradient of.
  private struct Lot {
    var parts: Range<Int>
    /// The gradient that is computed in the same parts.
    var gradient: UnsafeMutablePointer<Float>?
  }

  init(_ trainer: Trainer, plan: Plan, lossStep: LossStep) {
    self.trainer = trainer
    (clipping, averaging) = (trainer.clipping, trainer.averaging)
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
    var wholes: [(part: Part, division: ParameterDivision?)] = []
    let divisions = rule.scope == .elements ? plan.divisions : []
    for (parameter, place) in zip(plan.network.parameters, plan.places) where parameter.isTrained {
      let treatment = ParameterTreatment(of: parameter, by: trainer.groups)
      if !treatments.contains(treatment) { treatments.append(treatment) }
      let index = treatments.firstIndex(of: treatment) ?? 0
      let part = Part(
        start: place.values.base - plan.parameters.base, count: place.count.padded, rule: index,
        shape: rule.scope == .parameter ? parameter.tensor.shape : [])
      let division = divisions.first { $0.gradient.base == place.gradient?.base }
      if let last = wholes.last, rule.scope == .elements, division == nil, last.division == nil,
        last.part.rule == index, last.part.start + last.part.count == part.start,
        max(last.part.count, part.count) < UpdateSteps.partSize
      {
        wholes[wholes.count - 1].part.count += part.count
      } else {
        wholes.append((part, division))
      }
    }
    var (parts, lots) = ([Part](), [Lot]())
    for whole in wholes {
      let first = parts.count
      parts += rule.scope == .parameter ? [whole.part] : whole.part.cut(as: whole.division)
      if rule.scope == .parameter, first > 0 {
        lots[0].parts = 0..<parts.count
      } else {
        lots.append(
          Lot(parts: first..<parts.count, gradient: whole.division?.gradient.base))
      }
    }
    self.lots = lots
    self.parts = .allocate(capacity: parts.count)
    _ = self.parts.initialize(from: parts)
    rules = .allocate(capacity: treatments.count)
    _ = rules.initialize(
      from: treatments.map { treatment in
        var rule = rule
        if !treatment.decays { rule.weightDecay = 0 }
        return rule
      })
    factors = treatments.map(\.learningRateFactor)
    let total = plan.parameters.count
    states = Storage(count: total * rule.stateCount)
    squares = Storage(count: parts.count)
    accumulated = Storage(count: trainer.accumulation > 1 ? total : 0)
    average = Storage(count: trainer.averaging == nil ? 0 : total)
    scratchSize = (parts.map { rule.scratchCount(shape: $0.shape) }.max() ?? 0).padded
    scratch = Storage(count: rule.scope == .parameter ? plan.pool.threads * scratchSize : 0)
    (stateMemory, scratchMemory) = (states.floats, scratch.floats)
    (averageMemory, stateStride) = (average.floats, total)
  }

  deinit {
    kernels.deinitialize(count: 1)
    kernels.deallocate()
    parts.deinitialize().deallocate()
    rules.deinitialize().deallocate()
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
      phase { [self] part, _ in
        let (sum, gradient) = (accumulated.base + part.start, gradients + part.start)
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

  /// Whether a part can be updated when its gradient has been computed, before all others have.
  private var updatesAtOnce: Bool {
    if case .norm = trainer.clipping { return false }
    return trainer.accumulation == 1
  }

  /// The phases of a batch, and the step that follows it: where nothing stands between the gradient of a part and its
  /// update, one task does both, while the gradient is near.
  func phases(after batch: [Phase]) -> [Phase] {
    guard updatesAtOnce else { return batch + update(computing: []) }
    let own = Set(lots.compactMap(\.gradient))
    var (batch, tasks) = (batch, [Tasks]())
    for index in batch.indices {
      batch[index].groups.removeAll { group in
        guard let base = group.division?.gradient.base, own.contains(base) else { return false }
        tasks.append(group)
        return true
      }
    }
    return batch + update(computing: tasks)
  }

  /// The step itself, for which some gradients are still to be computed.
  private func update(computing tasks: [Tasks]) -> [Phase] {
    var phases: [Phase] = []
    if trainer.accumulation > 1 {
      phases.append(
        phase { [self] part, _ in
          let gradient = gradients + part.start
          gradient.update(from: accumulated.base + part.start, count: part.count)
          kernels.pointee.scale(part.count, accumulationFactor, gradient)
        })
    }
    if case .norm(let limit) = trainer.clipping {
      let squares = squares.floats
      phases.append(
        phase { [self] part, index in
          (squares + index).pointee =
            kernels.pointee.sumOfSquares(part.count, gradients + part.start)
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
    let updates = lots.map { lot in
      let first = lot.parts.lowerBound
      let work = lot.gradient.flatMap { gradient in
        tasks.first { $0.division?.gradient.base == gradient }?.work
      }
      let gradient = work.map(BorrowedWork.init)
      return Tasks(
        count: lot.parts.count,
        onWorker: { [self, work] index, worker in
          gradient?(index, worker: worker)
          _ = work
          update(parts[first + index], worker: worker)
        })
    }
    phases.append(Phase(groups: updates + [averages]))
    return phases
  }

  private func phase(_ body: @escaping @Sendable (Part, _ index: Int) -> Void) -> Phase {
    Phase(
      groups: lots.map { lot in
        let first = lot.parts.lowerBound
        return Tasks(count: lot.parts.count) { [self] in body(parts[first + $0], first + $0) }
      })
  }

  private func update(_ part: Part, worker: Int) {
    let gradient = gradients + part.start
    switch clipping {
    case .norm?:
      if gradientFactor < 1 { kernels.pointee.scale(part.count, gradientFactor, gradient) }
    case .value(let limit)?: kernels.pointee.clamp(part.count, limit, gradient)
    case nil: break
    }
    rules[part.rule].update(
      ParameterSlice(
        count: part.count, shape: part.shape, weights: weights + part.start, gradient: gradient,
        kernels: kernels, states: stateMemory + part.start, stateStride: stateStride,
        scratch: scratchMemory + worker * scratchSize), step: step)
    if averaging != nil { average(part.start, part.count) }
  }

  /// Takes numbers into their running mean. The first step's are where it begins, and early means forget faster:
  /// otherwise they would still hold a share of the numbers that the training began with after thousands of steps.
  private func average(_ start: Int, _ count: Int) {
    guard let decay = averaging else { return }
    let steps = Double(step)
    kernels.pointee.average(
      count, step == 1 ? 0 : min(decay, (1 + steps) / (10 + steps)),
      weights + start, averageMemory + start)
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
