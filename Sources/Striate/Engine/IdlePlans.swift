import Synchronization

/// Plans for inference that a network has made and that nobody is using: making one, with its weights in the order of
/// the kernels, takes longer than running it on an image.
///
/// Copies of a network share them until one of the copies changes.
final class IdlePlans: Sendable {
  private let plans = Mutex<[Plan]>([])

  /// Bytes that are kept for one network.
  private static let mostBytes = 1 << 28

  var count: Int { plans.withLock { $0.count } }

  /// A plan that nobody else has from now on.
  func take(batchSize: Int, threads: Int) -> Plan? {
    plans.withLock { plans in
      plans.lastIndex { $0.batchSize == batchSize && $0.threads == threads }.map {
        plans.remove(at: $0)
      }
    }
  }

  /// Keeps a plan for the next call; for it those are given up that were not used for longest. A plan that is too
  /// large for itself is not kept.
  func giveBack(_ plan: Plan) {
    guard plan.bytes <= IdlePlans.mostBytes else { return }
    let before = plans.withLock { plans in
      let before = plans
      var bytes = plan.bytes
      let kept = before.reversed().prefix { other in
        bytes += other.bytes
        return bytes <= IdlePlans.mostBytes
      }
      plans = kept.reversed() + [plan]
      return before
    }
    // What is given up is freed here, outside the lock.
    withExtendedLifetime(before) {}
  }
}

extension Network {
  /// The network has changed: what was planned for it, and for the copies it was equal to, is not for it.
  mutating func forgetPlans() {
    if isKnownUniquelyReferenced(&idlePlans), idlePlans.count == 0 { return }
    idlePlans = IdlePlans()
  }

  /// How many plans wait.
  package var idlePlanCount: Int { idlePlans.count }

  /// Lends a plan for inference that may have run before.
  func withPlan<Result>(
    batchSize: Int, threads: Int, _ body: (Plan) throws -> Result
  ) throws -> Result {
    let plan =
      try idlePlans.take(batchSize: batchSize, threads: threads)
      ?? Plan(self, batchSize: batchSize, mode: .inference, threads: threads)
    defer { idlePlans.giveBack(plan) }
    return try body(plan)
  }
}
