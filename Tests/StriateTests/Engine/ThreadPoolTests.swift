import Foundation
import Striate
import Testing

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
