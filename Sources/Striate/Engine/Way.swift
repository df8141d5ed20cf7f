import LaneKernels

/// Which way a step runs: forwards to the outputs, or back to the gradients.
enum Way: Sendable {
  case forward, back
}

extension LayerSite {
  /// Begins a step: what is added next runs after all that came before.
  mutating func begin(_ way: Way) {
    switch way {
    case .forward: forward.append(Phase())
    case .back: backward.append(Phase())
    }
  }

  /// Adds work to the last step; neither may depend on the other.
  mutating func add(
    _ way: Way, tasks count: Int, reach: Reach = .everything,
    _ body: @escaping @Sendable (_ task: Int) -> Void
  ) {
    add(way, Tasks(count: count, reach: reach, body: body))
  }

  /// Adds work to the last step that uses memory of its own while it runs: `scratch` Floats for each
  /// worker, zero at first and as the worker's last task left them afterwards.
  mutating func add(
    _ way: Way, tasks count: Int, reach: Reach = .everything, scratch: Int,
    _ body: @escaping @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let place = workerMemory.reserveOwn(scratch)
    add(
      way,
      Tasks(
        count: count, reach: reach,
        onWorker: { [workerMemory] task, worker in body(task, workerMemory.own(place, of: worker)) }
      ))
  }

  /// Adds work to the last step that uses memory while it runs: `scratch` Floats of the worker's, which
  /// all steps of the plan share. A task writes them before it reads them.
  mutating func addOverwriting(
    _ way: Way, tasks count: Int, reach: Reach = .everything, scratch: Int,
    _ body: @escaping @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    workerMemory.reserveShared(scratch)
    add(
      way,
      Tasks(
        count: count, reach: reach,
        onWorker: { [workerMemory] task, worker in body(task, workerMemory.shared(of: worker)) }))
  }

  /// Adds to the last step of the way back the gradient of a parameter, a task for each of its parts, like
  /// `addOverwriting`. Parts that do not begin with a line of the cache are updated later, in other parts.
  mutating func addGradient(
    _ division: ParameterDivision, scratch: Int,
    _ body: @escaping @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    addOverwriting(
      .back, tasks: division.parts.count, reach: .parameters, scratch: scratch, body)
    guard division.parts.allSatisfy({ $0.lowerBound % laneCount == 0 }) else { return }
    let (step, group) = (backward.count - 1, backward[backward.count - 1].groups.count - 1)
    backward[step].groups[group].division = division
  }

  private mutating func add(_ way: Way, _ tasks: Tasks) {
    switch way {
    case .forward:
      if forward.isEmpty { begin(way) }
      forward[forward.count - 1].groups.append(tasks)
    case .back:
      if backward.isEmpty { begin(way) }
      backward[backward.count - 1].groups.append(tasks)
    }
  }
}

/// What the steps of a plan work in: for each worker what belongs to a step alone, and behind it what the steps use
/// one after the other, so that it stays in the cache: as much as the step needs that needs most.
///
/// Unchecked: it grows while a plan is compiled, and a worker uses its own part.
final class WorkerMemory: @unchecked Sendable {
  private var storage = Storage(count: 0)
  private var (ownCount, sharedCount) = (0, 0)

  /// Floats that lie unused between the memory of two workers. A step that writes places at equal distances makes the
  /// processor fetch the next ones ahead of time, those behind the last too: were they another worker's, its core
  /// would have to ask for them back before it writes them.
  static let gap = 16_384

  /// Asks for so many Floats for each worker, which a step has for itself; says where they lie.
  func reserveOwn(_ count: Int) -> Int {
    defer { ownCount += count.padded }
    return ownCount
  }

  /// Asks for so many Floats for each worker, which it may overwrite in other steps.
  func reserveShared(_ count: Int) { sharedCount = max(sharedCount, count.padded) }

  /// Makes the memory: zeros, but for a marker in what steps share, where there is one.
  func allocate(workers: Int, marker: Float?) {
    let isEmpty = ownCount + sharedCount == 0
    storage = Storage(count: isEmpty ? 0 : workers * stride - WorkerMemory.gap)
    guard let marker else { return }
    for worker in 0..<workers { shared(of: worker).update(repeating: marker, count: sharedCount) }
  }

  /// The Floats of all workers.
  var count: Int { storage.count }

  private var stride: Int { ownCount + sharedCount + WorkerMemory.gap }

  func own(_ place: Int, of worker: Int) -> UnsafeMutablePointer<Float> {
    storage.base + (worker * stride + place)
  }

  func shared(of worker: Int) -> UnsafeMutablePointer<Float> { own(ownCount, of: worker) }
}
