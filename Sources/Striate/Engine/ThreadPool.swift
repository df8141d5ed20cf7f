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
enum Reach: Sendable {
  /// One block of images: the tasks of a block lie side by side, read of what the program computes nothing
  /// but that block's and what earlier steps made of all blocks, and write that block alone.
  case block
  /// Gradients of parameters, which nothing reads before all layers have run back.
  case parameters
  /// Anything.
  case everything
}

/// Work that can be done in any order: a number of tasks and what each does.
struct Tasks: Sendable {
  let count: Int
  let reach: Reach
  let body: @Sendable (_ task: Int, _ worker: Int) -> Void

  /// Tasks that do not care which worker runs them.
  init(
    count: Int, reach: Reach = .everything, body: @escaping @Sendable (_ task: Int) -> Void
  ) {
    self.init(count: count, reach: reach, onWorker: { task, _ in body(task) })
  }

  /// Tasks that use memory of the worker that runs them.
  init(
    count: Int, reach: Reach = .everything,
    onWorker body: @escaping @Sendable (_ task: Int, _ worker: Int) -> Void
  ) {
    (self.count, self.reach, self.body) = (count, reach, body)
  }
}

/// Groups of tasks that do not depend on one another. The phases of a program run one after the other.
struct Phase: Sendable {
  var groups: [Tasks] = []
  /// The node of the network that it belongs to, where it belongs to one.
  var layer: Int?

  var count: Int { groups.reduce(0) { $0 + $1.count } }
}

/// A list of phases, with the number of tasks of each.
///
/// Which task exists depends on shapes alone, never on the number of threads: any pool computes the
/// same bits.
final class Program: Sendable {
  let phases: [Phase]
  let counts: [Int]
  /// For each phase, the first task of each of its groups: a strided convolution has thousands.
  private let starts: [[Int]]

  init(_ phases: [Phase]) {
    self.phases = phases.filter { $0.count > 0 }.map { phase in
      var phase = phase
      phase.groups.removeAll { $0.count == 0 }
      return phase
    }
    counts = self.phases.map(\.count)
    starts = self.phases.map { phase in
      var next = 0
      return phase.groups.map { group in
        defer { next += group.count }
        return next
      }
    }
  }

  /// Runs a task of a phase: that of the last group which starts no later.
  func run(_ task: Int, ofPhase index: Int, worker: Int) {
    let starts = starts[index]
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= task { low = middle } else { high = middle }
    }
    phases[index].groups[low].body(task - starts[low], worker)
  }

  /// Nothing to do.
  static let empty = Program([])
}

/// Threads that run programs: each worker takes its own share of a phase's tasks, always the same one, so
/// that a block of images stays in the cache of one core, and then what others have left.
///
/// Workers wait for one another after every phase; they spin for a short while and then sleep.
/// Unchecked: what is not atomic is written before `generation` is raised and read after it.
final class ThreadPool: @unchecked Sendable {
  /// The caller and the workers: as many as were asked for, or as the system has room for.
  private(set) var threads = 1
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
  static func shared(threads: Int) -> ThreadPool {
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
  func run(_ program: Program) {
    let mode = striate_enable_flush_to_zero()
    defer { striate_restore_float_mode(mode) }
    guard !program.phases.isEmpty else { return }
    guard threads > 1, isBusy.exchange(true, ordering: .acquiring) == false else {
      for phase in program.phases {
        for group in phase.groups {
          for task in 0..<group.count { group.body(task, 0) }
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
      let count = program.counts[index]
      let first = counters + index * threads * ThreadPool.counterStride
      for offset in 0..<threads {
        let share = (worker + offset) % threads
        let start = count * share / threads
        let end = count * (share + 1) / threads
        let counter = first + share * ThreadPool.counterStride
        while true {
          let task = start + counter.pointee.add(1, ordering: .relaxed).oldValue
          if task >= end { break }
          program.run(task, ofPhase: index, worker: worker)
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
