import CPUFeatures
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the tasks of a group read and write.
package enum Reach: Sendable {
  /// One block of images: the tasks of a block lie side by side, read of what the program computes nothing
  /// but that block's and what earlier steps made of all blocks, and write that block alone.
  case block
  /// Gradients of parameters, which nothing reads before all layers have run back.
  case parameters
  /// Anything.
  case everything
}

/// Work that can be done in any order: a number of tasks and what each does.
package struct Tasks: Sendable {
  let count: Int
  let reach: Reach
  let work: Work
  /// The parts of a parameter that the tasks compute the gradient of, where they say so.
  var division: ParameterDivision?

  /// Tasks that do not care which worker runs them.
  package init(
    count: Int, reach: Reach = .everything, body: @escaping @Sendable (_ task: Int) -> Void
  ) {
    self.init(count: count, reach: reach, onWorker: { task, _ in body(task) })
  }

  /// Tasks that use memory of the worker that runs them.
  init(
    count: Int, reach: Reach = .everything,
    onWorker body: @escaping @Sendable (_ task: Int, _ worker: Int) -> Void
  ) {
    (self.count, self.reach, work) = (count, reach, Work(body))
  }
}

/// What the tasks of a group do.
final class Work: Sendable {
  let body: @Sendable (_ task: Int, _ worker: Int) -> Void

  init(_ body: @escaping @Sendable (_ task: Int, _ worker: Int) -> Void) { self.body = body }
}

/// Work that somebody else keeps alive, to be done without counting references to it: threads that count up and
/// down what belongs to all of them wait for one another's cache line in every task.
struct BorrowedWork: Sendable {
  private let work: Unmanaged<Work>

  init(_ work: Work) { self.work = .passUnretained(work) }

  func callAsFunction(_ task: Int, worker: Int) {
    work._withUnsafeGuaranteedRef { $0.body(task, worker) }
  }
}

/// Groups of tasks that do not depend on one another. The phases of a program run one after the other.
package struct Phase: Sendable {
  var groups: [Tasks] = []
  /// The node of the network that it belongs to, where it belongs to one.
  var layer: Int?
  /// Workers take their tasks from the last to the first.
  package var isReversed = false

  package init(groups: [Tasks] = [], layer: Int? = nil) {
    (self.groups, self.layer) = (groups, layer)
  }

  var count: Int { groups.reduce(0) { $0 + $1.count } }
}

/// A list of phases, and which of their tasks each of a number of workers begins with.
///
/// Which task exists depends on shapes alone, never on the number of threads: any pool computes the
/// same bits.
///
/// Unchecked: never written after it was made.
package final class Program: @unchecked Sendable {
  let phases: [Phase]
  /// The workers that the tasks are shared out among.
  let workers: Int
  /// A share for each phase and worker, and the pieces of one after the other: memory that is read without being
  /// counted as held.
  private let shares: UnsafeMutableBufferPointer<Share>
  private let pieces: UnsafeMutableBufferPointer<Share.Piece>

  package init(_ phases: [Phase], workers: Int) {
    self.workers = workers
    self.phases = phases.filter { $0.count > 0 }.map { phase in
      var phase = phase
      phase.groups.removeAll { $0.count == 0 }
      return phase
    }
    var pieces: [Share.Piece] = []
    let shares = self.phases.flatMap { Share.all(of: $0, workers: workers, pieces: &pieces) }
    self.shares = .allocate(capacity: shares.count)
    self.pieces = .allocate(capacity: pieces.count)
    _ = self.shares.initialize(from: shares)
    _ = self.pieces.initialize(from: pieces)
  }

  deinit {
    shares.deallocate()
    pieces.deallocate()
  }

  /// The number of tasks in a worker's share.
  package func count(ofPhase index: Int, share: Int) -> Int {
    shares[index * workers + share].count
  }

  /// Runs the task at a place of a share.
  package func run(_ place: Int, ofPhase index: Int, share: Int, worker: Int) {
    let own = shares[index * workers + share]
    let place = own.isReversed ? own.count - 1 - place : place
    // That of the last piece that starts no later: a strided convolution has thousands.
    let range = own.pieces
    var (low, high) = (range.lowerBound, range.upperBound)
    while high - low > 1 {
      let middle = (low + high) / 2
      if pieces[middle].start <= place { low = middle } else { high = middle }
    }
    let piece = pieces[low]
    piece.work(piece.task + place - piece.start, worker: worker)
  }

  /// Nothing to do.
  static let empty = Program([], workers: 1)
}

/// The tasks of a phase that a worker begins with, one after the other.
///
/// Every worker has its part of each group, the same in all groups: what one group writes, another reads, and the
/// parts of both that belong together lie in the cache of one core. Groups of fewer tasks than workers are shared
/// out as one.
private struct Share: Sendable {
  /// Tasks of one group: those from `task` on stand at `start` and behind it.
  struct Piece: Sendable {
    var work: BorrowedWork
    var task: Int, start: Int
  }

  /// Its pieces.
  var pieces: Range<Int>
  /// The number of tasks.
  var count: Int
  /// They run from the last to the first.
  var isReversed: Bool

  /// The workers' shares of a phase, whose pieces are appended to others.
  static func all(of phase: Phase, workers: Int, pieces: inout [Piece]) -> [Share] {
    let large = phase.groups.filter { $0.count >= workers }.map { [$0] }
    let lots = large + [phase.groups.filter { $0.count < workers }]
    return (0..<workers).map { worker in
      let first = pieces.count
      var count = 0
      for lot in lots {
        let total = lot.reduce(0) { $0 + $1.count }
        let range = total * worker / workers..<total * (worker + 1) / workers
        var passed = 0
        for group in lot {
          let part = range.clamped(to: passed..<passed + group.count)
          if !part.isEmpty {
            pieces.append(
              Piece(
                work: BorrowedWork(group.work), task: part.lowerBound - passed, start: count))
            count += part.count
          }
          passed += group.count
        }
      }
      return Share(
        pieces: first..<pieces.count, count: count, isReversed: phase.isReversed)
    }
  }
}

/// Threads that run programs: each worker takes its own share of a phase's tasks, always the same one, so
/// that a block of images stays in the cache of one core, and then what others have left.
///
/// Workers wait for one another after every phase; they spin for a short while and then sleep.
/// Unchecked: what is not atomic is written before `generation` is raised and read after it.
package final class ThreadPool: @unchecked Sendable {
  /// The caller and the workers: as many as were asked for, or as the system has room for.
  package private(set) var threads = 1
  private let generation = Atomic<Int>(0)
  private let arrived = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private let wake = Condition()
  private var program = Program.empty
  /// What `arrived` was when the program started: it only ever grows, so that a worker that wakes late
  /// from the last wait of one program cannot be confused by the next.
  private var arrivedBefore = 0
  private var counters: UnsafeMutablePointer<Atomic<Int>>
  private var capacity = 0

  /// Tasks claimed are counted on cache lines of their own.
  private static let counterStride = 8

  private static let pools = Mutex<[Int: ThreadPool]>([:])

  /// The pool of that many threads; made when it is first asked for.
  ///
  /// - Precondition: there are 1 to `Engine.maximumThreads` threads.
  package static func shared(threads: Int) -> ThreadPool {
    precondition(
      threads >= 1 && threads <= Engine.maximumThreads,
      "threads: expected 1 to \(Engine.maximumThreads), found \(threads)")
    return pools.withLock { pools in
      if let pool = pools[threads] { return pool }
      let pool = ThreadPool(threads: threads)
      pools[threads] = pool
      return pool
    }
  }

  private init(threads: Int) {
    counters = .allocate(capacity: 0)
    while self.threads < threads, start(worker: self.threads) { self.threads += 1 }
  }

  /// Starts a worker, which first waits for a program. False where the system refuses: whoever waited
  /// for a worker that never came would wait for ever.
  private func start(worker: Int) -> Bool {
    startThread(stackSize: 1 << 20) { [self] in
      _ = striate_enable_flush_to_zero()
      work(as: worker)
    }
  }

  /// Runs a program to its end. The caller is worker 0. Where another thread is using the pool, the
  /// caller runs the program alone.
  ///
  /// - Precondition: the program's tasks are shared out among as many workers as the pool has threads.
  package func run(_ program: Program) {
    precondition(
      program.workers == threads || program.phases.isEmpty,
      "ThreadPool: expected a program for \(threads) workers, found one for \(program.workers)")
    let mode = striate_enable_flush_to_zero()
    defer { striate_restore_float_mode(mode) }
    guard !program.phases.isEmpty else { return }
    guard threads > 1, isBusy.exchange(true, ordering: .acquiring) == false else {
      for phase in program.phases {
        for group in phase.groups {
          for place in 0..<group.count {
            group.work.body(phase.isReversed ? group.count - 1 - place : place, 0)
          }
        }
      }
      return
    }
    self.program = program
    resetCounters(phases: program.phases.count)
    arrivedBefore = arrived.load(ordering: .relaxed)
    generation.add(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      wake.lock()
      wake.broadcast()
      wake.unlock()
    }
    takePart(as: 0)
    // What the tasks hold, a whole plan with its memory, is not kept until the next run.
    self.program = .empty
    isBusy.store(false, ordering: .releasing)
  }

  private func resetCounters(phases: Int) {
    let needed = phases * threads * ThreadPool.counterStride
    if needed > capacity {
      counters.deallocate()
      counters = .allocate(capacity: needed)
      capacity = needed
    }
    for i in 0..<needed { (counters + i).initialize(to: Atomic(0)) }
  }

  private func work(as worker: Int) -> Never {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen {
        spins += 1
        if spins < ThreadPool.spinLimit {
          striate_spin_pause()
        } else {
          sleep(while: seen)
        }
      }
      seen += 1
      takePart(as: worker)
    }
  }

  /// Roughly 100 µs: longer than what a training loop does between two programs.
  private static let spinLimit = 4_000

  private func sleep(while seen: Int) {
    wake.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { wake.wait() }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    wake.unlock()
  }

  private func takePart(as worker: Int) {
    let program = self.program
    var goal = arrivedBefore
    for index in program.phases.indices {
      let first = counters + index * threads * ThreadPool.counterStride
      for offset in 0..<threads {
        let share = (worker + offset) % threads
        let count = program.count(ofPhase: index, share: share)
        let counter = first + share * ThreadPool.counterStride
        while true {
          let place = counter.pointee.add(1, ordering: .relaxed).oldValue
          if place >= count { break }
          program.run(place, ofPhase: index, share: share, worker: worker)
        }
      }
      arrived.add(1, ordering: .acquiringAndReleasing)
      goal += threads
      var spins = 0
      while arrived.load(ordering: .acquiring) < goal {
        spins += 1
        if spins < ThreadPool.spinLimit { striate_spin_pause() } else { sched_yield() }
      }
    }
  }
}
