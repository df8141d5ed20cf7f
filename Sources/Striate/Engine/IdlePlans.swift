import Synchronization

/// Plans for inference that a network has made and that nobody is using: making one, with its weights in the order of
/// the kernels, takes longer than running it on an image.
///
/// Copies of a network share them until one of the copies changes.
final class IdlePlans: Sendable {
  private let plans = Mutex<[Plan]>([])

  /// Bytes that are kept for one network.
  private static let mostBytes = 1 << 28

  var isEmpty: Bool { plans.withLock { $0.isEmpty } }

  /// A plan that nobody else has from now on.
  func take(batchSize: Int, threads: Int) -> Plan? {
    plans.withLock { plans in
      plans.lastIndex { $0.batchSize == batchSize && $0.threads == threads }.map {
        plans.remove(at: $0)
      }
    }
  }

  /// Keeps a plan for the next; those that were not used for longest are given up for it.
  func giveBack(_ plan: Plan) {
    let given = plans.withLock { plans in
      var kept = [plan]
      var bytes = plan.bytes
      while let last = plans.popLast(), bytes + last.bytes <= IdlePlans.mostBytes {
        kept.append(last)
        bytes += last.bytes
      }
      defer { plans = bytes <= IdlePlans.mostBytes ? kept.reversed() : [] }
      return plans
    }
    // Memory is freed outside the lock.
    _ = given
  }
}

extension Network {
  /// The network has changed: what was planned for it, and for the copies it was equal to, is not for it.
  mutating func forgetPlans() {
    if isKnownUniquelyReferenced(&idlePlans), idlePlans.isEmpty { return }
    idlePlans = IdlePlans()
  }

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
