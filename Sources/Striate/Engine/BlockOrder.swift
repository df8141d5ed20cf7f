/// The order in which blocks of images pass the steps of a plan.
extension [Phase] {
  /// The same work in fewer phases: steps in a row that stay in a block of images become one, in which
  /// a task takes one block through all of them. What a step writes is then still in the cache when the
  /// next reads it, and threads wait for one another less often. Sums for the gradients of parameters,
  /// which no step on the way waits for, run where threads have to wait anyway.
  ///
  /// Only the order changes, never what is added to what: any number of threads computes the same bits.
  /// Where blocks do not divide evenly among the threads, phases stay as they are, and their tasks share
  /// the work.
  ///
  /// Workers take the blocks of every other phase in reverse: each phase begins with those that the one before it ended
  /// with, which are still in the cache.
  package func byBlock(blocks: Int, threads: Int) -> [Phase] {
    guard blocks % threads == 0 || blocks >= 8 * threads else { return self }
    var (phases, chain, sums) = ([Phase](), [Tasks](), [Tasks]())
    for phase in self {
      if phase.groups.contains(where: { $0.reach == .everything }) {
        if !chain.isEmpty { phases.append(Phase(groups: [chain.asOne(blocks: blocks)])) }
        phases.append(Phase(groups: phase.groups + sums))
        (chain, sums) = ([], [])
      } else {
        chain += phase.groups.filter { $0.reach == .block && $0.count > 0 }
        sums += phase.groups.filter { $0.reach == .parameters }
      }
    }
    if !chain.isEmpty { phases.append(Phase(groups: [chain.asOne(blocks: blocks)])) }
    var turns = false
    for index in phases.indices where phases[index].groups.allSatisfy({ $0.reach == .block }) {
      phases[index].isReversed = turns
      turns.toggle()
    }
    return phases + [Phase(groups: sums)]
  }
}

extension [Tasks] {
  /// One task for each block, which does what the groups' tasks do with it, one group after the other.
  fileprivate func asOne(blocks: Int) -> Tasks {
    for group in self {
      precondition(
        group.count % blocks == 0,
        "tasks: expected as many for each of \(blocks) blocks, found \(group.count)")
    }
    let chain = Chain(self, blocks: blocks)
    return Tasks(
      count: blocks, reach: .block, onWorker: { block, worker in chain.run(block, worker: worker) })
  }
}

/// Groups of tasks that one block of images passes one after the other.
///
/// Unchecked: never written after it was made.
private final class Chain: @unchecked Sendable {
  private struct Link {
    var work: BorrowedWork
    /// The tasks of a block.
    var tasks: Int
  }

  private let groups: [Tasks]
  /// Read without being counted as held.
  private let links: UnsafeMutableBufferPointer<Link>

  init(_ groups: [Tasks], blocks: Int) {
    self.groups = groups
    links = .allocate(capacity: groups.count)
    _ = links.initialize(
      from: groups.map { Link(work: BorrowedWork($0.work), tasks: $0.count / blocks) })
  }

  deinit { links.deallocate() }

  func run(_ block: Int, worker: Int) {
    for link in links {
      for task in block * link.tasks..<(block + 1) * link.tasks { link.work(task, worker: worker) }
    }
  }
}
