/// Reads the images of a loop over a data set before the loop asks for them, on threads of its own.
///
/// Images go into a ring, each to the place that its position in the loop's order gives it. So who reads
/// an image, and when, changes nothing. The ring holds three batches: the one that the loop computes
/// with and two to come.
///
/// Unchecked: `condition` guards all that changes. A place in the ring is written by the one thread that
/// has claimed it, and read by the loop once it is finished.
final class ReadAhead: @unchecked Sendable {
  /// Images that a thread claims at a time.
  private static let unit = 16

  private let source: any ImageSource
  private let imageSize: Int
  /// Images in the ring, whole units.
  let capacity: Int
  private let ring: UnsafeMutableBufferPointer<UInt8>
  private let condition = Condition()
  /// The images of the loop, in order. What follows counts positions in it.
  private var order: [Int] = []
  /// Those before it were taken by a thread.
  private var claimed = 0
  /// Those before it were given to the loop, which is done with those before `released`.
  private var given = 0
  private var released = 0
  /// Whether the unit in a place of the ring is read.
  private var isFinished: [Bool]
  private var failures: [Int: any Error] = [:]
  private var readers = 0
  private var isStopped = false

  /// - Precondition: the batch and the threads are at least 1.
  init(_ source: any ImageSource, imageSize: Int, batchSize: Int, threads: Int) {
    self.source = source
    self.imageSize = imageSize
    let units = (3 * batchSize + ReadAhead.unit - 1) / ReadAhead.unit + 1
    capacity = units * ReadAhead.unit
    ring = .allocate(capacity: capacity * imageSize)
    ring.initialize(repeating: 0)
    isFinished = Array(repeating: false, count: units)
    for _ in 0..<threads { startThread { [self] in work() } }
  }

  deinit { ring.deallocate() }

  /// Where the pixels of the position p of the order lie: at p modulo `capacity`, counted in images.
  var pixels: UnsafePointer<UInt8>? { UnsafePointer(ring.baseAddress) }

  /// Begins to read these images; what was read before is forgotten.
  func start(_ order: [Int]) {
    condition.lock()
    defer { condition.unlock() }
    restart(order)
  }

  /// Waits until the next images are read; returns the position of the first.
  ///
  /// They stay where they are until the next call. Images other than those that follow in the order
  /// begin an order of their own. Throws what the first image threw that could not be read.
  ///
  /// - Precondition: there are images, and no more than in a batch.
  func next(_ images: ArraySlice<Int>) throws -> Int {
    precondition(!images.isEmpty, "ReadAhead: expected images, found none")
    condition.lock()
    defer { condition.unlock() }
    let follows = order[given...].starts(with: images)
    if !follows { restart(Array(images)) }
    released = given
    condition.broadcast()
    let range = given..<given + images.count
    while !isRead(range) {
      // The loop's thread reads too: so it waits for nobody who has not begun.
      if claimed < range.upperBound, let positions = claim() {
        read(positions)
      } else {
        condition.wait()
      }
    }
    given = range.upperBound
    if let first = failures.keys.filter(range.contains).min(), let error = failures[first] {
      throw error
    }
    return range.lowerBound
  }

  /// Ends the threads; waits until none reads.
  func stop() {
    condition.lock()
    defer { condition.unlock() }
    isStopped = true
    condition.broadcast()
    while readers > 0 { condition.wait() }
  }

  private func restart(_ order: [Int]) {
    // Nobody may claim more while the last readers finish.
    self.order = []
    claimed = 0
    while readers > 0 { condition.wait() }
    self.order = order
    (claimed, given, released) = (0, 0, 0)
    failures = [:]
    condition.broadcast()
  }

  private func work() {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      if let positions = claim() { read(positions) } else { condition.wait() }
    }
  }

  private func isRead(_ range: Range<Int>) -> Bool {
    guard claimed >= range.upperBound else { return false }
    let units = range.lowerBound / ReadAhead.unit...(range.upperBound - 1) / ReadAhead.unit
    return units.allSatisfy { isFinished[$0 % isFinished.count] }
  }

  /// The next positions to read, where the ring has room for them.
  private func claim() -> Range<Int>? {
    let end = min(claimed + ReadAhead.unit, order.count)
    guard claimed < end, end <= released + capacity else { return nil }
    defer { claimed = end }
    isFinished[claimed / ReadAhead.unit % isFinished.count] = false
    return claimed..<end
  }

  /// Reads claimed positions; the condition is unlocked meanwhile.
  private func read(_ positions: Range<Int>) {
    let images = order[positions]
    readers += 1
    condition.unlock()
    var failed: [(position: Int, error: any Error)] = []
    for (position, image) in zip(positions, images) {
      let start = position % capacity * imageSize
      var place = UnsafeMutableBufferPointer(rebasing: ring[start..<start + imageSize]).mutableSpan
      do {
        try source.read(image, into: &place)
      } catch {
        failed.append((position, error))
      }
    }
    condition.lock()
    readers -= 1
    for (position, error) in failed { failures[position] = error }
    isFinished[positions.lowerBound / ReadAhead.unit % isFinished.count] = true
    condition.broadcast()
  }
}
