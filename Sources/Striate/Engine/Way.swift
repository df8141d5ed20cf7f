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
    let memory = allocate(workers * scratch)
    add(
      way,
      Tasks(
        count: count, reach: reach,
        onWorker: { task, worker in body(task, memory + worker * scratch) }))
  }

  /// Adds work to the last step that uses memory while it runs: `scratch` Floats of the worker's, which
  /// all steps of the plan share. A task writes them before it reads them.
  mutating func addOverwriting(
    _ way: Way, tasks count: Int, reach: Reach = .everything, scratch: Int,
    _ body: @escaping @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    sharedScratch.reserve(scratch)
    add(
      way,
      Tasks(
        count: count, reach: reach,
        onWorker: { [sharedScratch] task, worker in body(task, sharedScratch.base(of: worker)) }))
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

/// Memory of each worker that the steps of a plan use one after the other, so that it stays in the cache:
/// as much as the step needs that needs most.
///
/// Unchecked: it grows while a plan is compiled, and a worker uses its own part.
final class SharedScratch: @unchecked Sendable {
  private var storage = Storage(count: 0)
  private var size = 0

  /// Floats that lie unused between the memory of two workers. A step that writes places at equal distances makes the
  /// processor fetch the next ones ahead of time, those behind the last too: were they another worker's, its core
  /// would have to ask for them back before it writes them.
  static let gap = 16_384

  /// Asks for so many Floats for each worker.
  func reserve(_ count: Int) { size = max(size, count.padded) }

  /// Makes the memory; full of a marker, where there is one.
  func allocate(workers: Int, marker: Float?) {
    storage = Storage(count: size == 0 ? 0 : workers * stride - SharedScratch.gap)
    if let marker { storage.base.update(repeating: marker, count: storage.count) }
  }

  /// The Floats of all workers.
  var count: Int { storage.count }

  private var stride: Int { size + SharedScratch.gap }

  func base(of worker: Int) -> UnsafeMutablePointer<Float> { storage.base + worker * stride }
}
