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
    var phases = [Phase(groups: groups), Phase(), Phase(groups: groups.reversed())]
    phases[2].isReversed = true
    let program = Program(phases, workers: pool.threads)
    for _ in 0..<3 { pool.run(program) }
    #expect(runs.withLock { $0 } == counts.map { [Int](repeating: 6, count: $0) })
  }

  /// Each worker begins a phase with the block that it ended the one before with.
  @Test(arguments: [1, 2]) func phasesTurnAround(threads: Int) {
    let order = Mutex([[Int]]())
    let phases = (0..<4).flatMap { _ in
      [
        Phase(groups: [Tasks(count: 1) { _ in order.withLock { $0.append([]) } }]),
        Phase(groups: [
          Tasks(count: 4, reach: .block) { block in
            order.withLock { $0[$0.count - 1].append(block) }
          }
        ]),
      ]
    }
    let program = Program(phases.byBlock(blocks: 4, threads: threads), workers: threads)
    for phase in 0..<8 {
      for share in 0..<threads {
        for place in 0..<program.count(ofPhase: phase, share: share) {
          program.run(place, ofPhase: phase, share: share, worker: share)
        }
      }
    }
    let back = threads == 1 ? [3, 2, 1, 0] : [1, 0, 3, 2]
    #expect(order.withLock { $0 } == [[0, 1, 2, 3], back, [0, 1, 2, 3], back])
  }

  /// A pool of one thread goes through them in the same order.
  @Test func aSingleThreadTurnsAround() {
    let order = Mutex([Int]())
    var phase = Phase(groups: [Tasks(count: 4) { task in order.withLock { $0.append(task) } }])
    let there = phase
    phase.isReversed = true
    ThreadPool.shared(threads: 1).run(Program([there, phase], workers: 1))
    #expect(order.withLock { $0 } == [0, 1, 2, 3, 3, 2, 1, 0])
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
