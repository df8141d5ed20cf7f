import Striate

/// Does tasks 0 ..< `count` on several threads and hands each result to `collect`, on the caller's
/// thread and in any order, until it returns false.
///
/// The caller's thread takes tasks too where no result is waiting, so that it waits for nobody who
/// has not begun.
func concurrently<Value: Sendable>(
  _ count: Int, threads: Int, _ task: @escaping @Sendable (Int) -> Value,
  collect: (Value) -> Bool
) {
  let work = ConcurrentWork(count: count, task: task)
  for _ in 1..<max(1, min(threads, count)) { startThread { work.takePart() } }
  while let value = work.next() {
    if !collect(value) { return work.stop() }
  }
}

/// Tasks that several threads share.
///
/// Unchecked: `condition` guards all that changes.
private final class ConcurrentWork<Value: Sendable>: @unchecked Sendable {
  private let count: Int
  private let task: @Sendable (Int) -> Value
  private let condition = Condition()
  private var results: [Value] = []
  /// Tasks begun, and those whose results were collected.
  private var begun = 0
  private var collected = 0

  init(count: Int, task: @escaping @Sendable (Int) -> Value) {
    self.count = count
    self.task = task
  }

  /// Works until no task is left.
  func takePart() {
    condition.lock()
    defer { condition.unlock() }
    while begun < count { work() }
  }

  /// The next result; nil after the last.
  func next() -> Value? {
    condition.lock()
    defer { condition.unlock() }
    while results.isEmpty, collected < count {
      if begun < count { work() } else { condition.wait() }
    }
    guard let result = results.popLast() else { return nil }
    collected += 1
    return result
  }

  /// Begins no more tasks.
  func stop() {
    condition.lock()
    defer { condition.unlock() }
    begun = count
  }

  /// Does one task; the condition is unlocked meanwhile.
  private func work() {
    let index = begun
    begun += 1
    condition.unlock()
    let result = task(index)
    condition.lock()
    results.append(result)
    condition.signal()
  }
}
