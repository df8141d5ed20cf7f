import Foundation
import Striate
import Synchronization
import Testing

/// How the tasks of a phase are shared out.
@Suite struct ProgramTests {
  /// Groups of fewer tasks than workers, of as many and of more, and none.
  @Test(arguments: [1, 2, 3, 8, 61]) func everyTaskRunsOnce(threads: Int) {
    let counts = [8, 1, 3, 0, 17, 1, 64, 2, 5]
    let runs = Mutex(counts.map { [Int](repeating: 0, count: $0) })
    let groups = counts.indices.map { group in
      Tasks(count: counts[group]) { task in runs.withLock { $0[group][task] += 1 } }
    }
    let pool = ThreadPool.shared(threads: threads)
    let phases = [Phase(groups: groups), Phase(), Phase(groups: groups.reversed())]
    let program = Program(phases, workers: pool.threads)
    for _ in 0..<3 { pool.run(program) }
    #expect(runs.withLock { $0 } == counts.map { [Int](repeating: 6, count: $0) })
  }
}

#if os(Linux)
  import Glibc

  /// A pool where the system is short of room.
  @Suite struct ThreadPoolTests {
    @Test func threadsThatCannotStartAreNotWaitedFor() async {
      await #expect(processExitsWith: .success) {
        // Address space for some of the threads alone.
        let statistics = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = UInt64(statistics.prefix { $0 != " " }) ?? 0
        let space = rlim_t(pages * 4096 + (64 << 20))
        var limit = rlimit(rlim_cur: space, rlim_max: space)
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
        let network = try Network(input: [1], seed: 1, layers: [Dense(1)])
        let threads = Engine.maximumThreads
        let prediction = try network.classify(Tensor([[1]]), threads: threads)
        #expect(prediction.count == 1)
      }
    }
  }
#endif
