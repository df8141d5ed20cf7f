import CPUFeatures
import Foundation
import LaneKernels

extension KernelTable {
  /// The tables that this processor can run, fastest first.
  package static let runnable: [KernelTable] = {
    var tables: [KernelTable] = []
    if striate_cpu_has_avx512() { tables.append(table(striate_put_AVX512_kernels)) }
    if striate_cpu_has_avx2() { tables.append(table(striate_put_AVX2_kernels)) }
    return tables + [table(striate_put_portable_kernels)]
  }()

  private static func table(_ put: (UnsafeMutableRawPointer) -> Void) -> KernelTable {
    let place = UnsafeMutablePointer<KernelTable>.allocate(capacity: 1)
    defer { place.deallocate() }
    put(place)
    return place.move()
  }

  /// The table that is used: the fastest, or the one that STRIATE_ISA names; without Winograd's algorithm
  /// where STRIATE_EXACT is set.
  package static let best: KernelTable = {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["STRIATE_ISA"]?.lowercased()
    let wanted = name == "baseline" ? "portable" : name
    var table = runnable.first { $0.name == wanted } ?? runnable[0]
    if let exact = environment["STRIATE_EXACT"], !exact.isEmpty, exact != "0" {
      table.allowsWinograd = false
    }
    return table
  }()
}

/// What the engine runs on.
public enum Engine {
  /// The instruction set in use: "avx512", "avx2" or "portable".
  public static var instructionSet: String { KernelTable.best.name }

  /// What decides how numbers are rounded: the instruction set, and whether sums stay sums.
  package static var arithmetic: String {
    instructionSet + (KernelTable.best.allowsWinograd ? "" : ", exact")
  }

  /// The instruction sets that this processor can run, fastest first.
  public static var runnableInstructionSets: [String] { KernelTable.runnable.map(\.name) }

  /// The threads used unless told otherwise: one for each processor.
  public static var defaultThreads: Int {
    min(max(1, ProcessInfo.processInfo.activeProcessorCount), maximumThreads)
  }

  /// The most threads that can be asked for.
  public static let maximumThreads = 1024
}
