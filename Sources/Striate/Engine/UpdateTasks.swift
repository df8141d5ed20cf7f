import LaneKernels

extension Plan {
  /// The tasks of one step of an optimizer over all parameters: parts of them, or one parameter each, as
  /// the rule's scope asks.
  ///
  /// - Parameters:
  ///   - rule: The rule, of which scope and memory are asked for.
  ///   - states: `rule.stateCount` arrays, each as long as all parameters.
  ///   - update: Called for every slice, from any thread.
  func updateTasks(
    of rule: any Optimizer, states: Storage,
    _ update: @escaping @Sendable (ParameterSlice) -> Void
  ) -> Tasks {
    guard let gradients else { return Tasks(count: 0) { _ in } }
    let (total, kernels) = (parameters.count, kernels)
    let (weights, gradient, state) = (parameters.floats, gradients.floats, states.floats)
    switch rule.scope {
    case .elements:
      let part = Plan.updatePart
      return Tasks(count: (total + part - 1) / part) { task in
        let start = task * part
        update(
          ParameterSlice(
            count: min(part, total - start), weights: weights + start,
            gradient: gradient + start, kernels: kernels, states: state + start,
            stateStride: total))
      }
    case .parameter:
      let shapes = network.parameters.map(\.tensor.shape)
      let starts = places.map { $0.values.base - parameters.base }
      let size = (shapes.map { rule.scratchCount(shape: $0) }.max() ?? 0).padded
      let scratch = Storage(count: pool.threads * size)
      return Tasks(
        count: shapes.count,
        onWorker: { task, worker in
          let start = starts[task]
          update(
            ParameterSlice(
              count: shapes[task].reduce(1, *).padded, shape: shapes[task],
              weights: weights + start, gradient: gradient + start, kernels: kernels,
              states: state + start, stateStride: total,
              scratch: scratch.base + worker * size))
        })
    }
  }

  /// Parameters that one task updates: 16 KiB, so that a slice stays in the first-level cache.
  private static let updatePart = 4096
}
