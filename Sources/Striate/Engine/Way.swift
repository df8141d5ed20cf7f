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
    _ way: Way, tasks count: Int, _ body: @escaping @Sendable (_ task: Int) -> Void
  ) {
    add(way, Tasks(count: count, body: body))
  }

  /// Adds work to the last step that uses memory of its own while it runs: `scratch` Floats for each
  /// worker, zero at first and as the worker's last task left them afterwards.
  mutating func add(
    _ way: Way, tasks count: Int, scratch: Int,
    _ body: @escaping @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let memory = allocate(workers * scratch)
    add(
      way, Tasks(count: count, onWorker: { task, worker in body(task, memory + worker * scratch) }))
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
