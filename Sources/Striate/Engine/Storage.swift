import LaneKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory of the engine: zeroed Floats that start on a cache line, freed with the object.
///
/// Unchecked: the steps of a plan write disjoint parts of it, and one run follows another.
final class Storage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  /// The pages of their own in which large memory lies.
  private let pages: UnsafeMutableRawBufferPointer?

  /// At least `count` Floats, and a line more, so that the last vector may be read whole.
  init(count: Int) {
    self.count = count
    let bytes = (count + 2 * laneCount) * MemoryLayout<Float>.stride
    let isLarge = Storage.hasPages && bytes >= Storage.largePage
    pages = isLarge ? Storage.pages(bytes) : nil
    let memory = isLarge ? pages?.baseAddress.map(Storage.aligned) : Storage.zeros(bytes)
    guard let memory else {
      fatalError(
        "Storage: expected \(bytes) bytes of memory, the system has no more: use a smaller batch or a "
          + "smaller network")
    }
    base = memory.bindMemory(to: Float.self, capacity: count + 2 * laneCount)
  }

  deinit {
    if let pages { munmap(pages.baseAddress, pages.count) } else { free(base) }
  }

  /// The address sanitizer sees the ends of what comes from `posix_memalign` alone.
  #if SANITIZED
    private static let hasPages = false
  #else
    private static let hasPages = true
  #endif

  /// Bytes of a large page.
  private static let largePage = 1 << 21

  /// Zeroed memory that starts on a cache line.
  private static func zeros(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, bytes) == 0, let memory else { return nil }
    return memset(memory, 0, bytes)
  }

  /// New pages, which the system gives and clears when they are first used: by the thread that uses them.
  private static func pages(_ bytes: Int) -> UnsafeMutableRawBufferPointer? {
    let (size, hasOverflow) = bytes.addingReportingOverflow(largePage)
    guard !hasOverflow,
      let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
      start != UnsafeMutableRawPointer(bitPattern: -1)
    else { return nil }
    #if os(Linux)
      // Kernels walk over many pages at a time, more small ones than the processor keeps in mind.
      madvise(aligned(start), bytes / largePage * largePage, MADV_HUGEPAGE)
    #endif
    return UnsafeMutableRawBufferPointer(start: start, count: size)
  }

  /// The first large page from there on.
  private static func aligned(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    start.alignedUp(toMultipleOf: largePage)
  }

  /// All Floats.
  var array: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Writes all Floats.
  func set(_ values: [Float]) {
    precondition(
      values.count == count, "Storage: expected \(count) numbers, found \(values.count)")
    values.withUnsafeBufferPointer { source in
      if let source = source.baseAddress { base.update(from: source, count: count) }
    }
  }

  var floats: Floats { Floats(base: base) }
}

/// A place in the engine's memory.
///
/// Unchecked: it is only handed to kernels by the steps of the plan that owns the memory.
public struct Floats: @unchecked Sendable {
  /// The first Float.
  public let base: UnsafeMutablePointer<Float>

  /// The place `offset` Floats further on.
  public static func + (place: Floats, offset: Int) -> UnsafeMutablePointer<Float> {
    place.base + offset
  }
}

/// Constant offsets that kernels read.
///
/// Unchecked: never written after it was made.
final class Offsets: @unchecked Sendable {
  let base: UnsafeMutablePointer<Int>

  init(_ values: [Int]) {
    base = .allocate(capacity: max(1, values.count))
    base.initialize(from: values, count: values.count)
  }

  deinit { base.deallocate() }

  var values: UnsafePointer<Int> { UnsafePointer(base) }
}
