import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The open connections and how long each may still take: who sends or reads a byte now and then would
/// otherwise keep one for ever.
final class Connections: Sendable {
  /// What a connection is doing.
  enum Doing: Sendable {
    case waiting, receiving, computing, sending, streaming
  }

  /// Seconds that a request may take to come, and a response to go.
  struct Patience: Sendable {
    var receiving = 20.0
    var sending = 60.0
    /// Without any byte in either direction.
    var idle = 30.0
  }

  private struct Entry {
    var doing = Doing.waiting
    var since: ContinuousClock.Instant
  }

  private let patience: Patience
  private let entries = Mutex<[Int32: Entry]>([:])

  init(_ patience: Patience) { self.patience = patience }

  var count: Int { entries.withLock { $0.count } }
  var streamCount: Int { entries.withLock { $0.values.count { $0.doing == .streaming } } }

  func open(_ descriptor: Int32) {
    entries.withLock { $0[descriptor] = Entry(since: .now) }
  }

  /// From here on the descriptor may be another connection's.
  func close(_ descriptor: Int32) {
    _ = entries.withLock { $0.removeValue(forKey: descriptor) }
  }

  func set(_ doing: Doing, _ descriptor: Int32) {
    entries.withLock { entries in
      guard let old = entries[descriptor], old.doing != doing else { return }
      entries[descriptor] = Entry(doing: doing, since: .now)
    }
  }

  /// Ends those that took too long.
  func endLate() {
    entries.withLock { entries in
      for (descriptor, entry) in entries {
        let limit: Double
        switch entry.doing {
        case .waiting: limit = patience.idle
        case .receiving: limit = patience.receiving
        case .sending: limit = patience.sending
        case .computing, .streaming: continue
        }
        // The lock keeps the number from being closed and given away meanwhile.
        if (ContinuousClock.now - entry.since) / .seconds(1) > limit {
          shutdown(descriptor, Int32(SHUT_RDWR))
        }
      }
    }
  }
}
