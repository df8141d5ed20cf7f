import Foundation
import LaneKernels

/// A batch needs more memory than there is, on the machine or for the process.
public struct NotEnoughMemory: Error, CustomStringConvertible, Equatable {
  /// What is needed, what there is, what to do.
  public let description: String

  /// Throws where there is not as much memory as `floats` counts.
  package static func check(
    _ network: Network, batchSize: Int, isTraining: Bool, workers: Int, besides: Double = 0
  ) throws {
    try check(
      floats(
        network, batchSize: batchSize, isTraining: isTraining, workers: workers, besides: besides),
      batchSize: batchSize)
  }

  /// The Floats of values, their gradients and copies of these; of what layers allocate for themselves; of parameters
  /// with gradient and state; and of what a training has besides.
  package static func floats(
    _ network: Network, batchSize: Int, isTraining: Bool, workers: Int, besides: Double = 0
  ) -> Double {
    let values =
      isTraining
      ? (network.inputs.map(\.shape) + network.nodes.map(\.shape)
        + network.outputs.dropFirst().map { network.shape(of: $0) })
        .reduce(0.0) { $0 + blockStride(elements: Double($1.product)) }
      : network.floatsInInference(nil)
    let blocks = (batchSize - 1) / laneCount + 1
    let own = network.nodes.reduce(0.0) { sum, node in
      guard let layer = node.layer as? any NeedsMemory else { return sum }
      return sum
        + layer.ownMemory(
          inputs: node.inputs.map { network.shape(of: $0) }, output: node.shape,
          isTraining: isTraining, blocks: blocks, workers: workers)
    }
    let shared = network.nodes.reduce(0.0) { most, node in
      guard let layer = node.layer as? any NeedsMemory else { return most }
      return max(
        most,
        layer.sharedMemory(
          inputs: node.inputs.map { network.shape(of: $0) }, output: node.shape,
          isTraining: isTraining))
    }
    return Double(blocks) * values * (isTraining ? 3 : 1) + own
      + (own + shared > 0 ? shared + Double(WorkerMemory.gap) : 0) * Double(workers)
      + Double(network.parameterCount) * (isTraining ? 6 : 3) + besides
  }

  /// The same for a plan whose lanes hold channels.
  static func check(_ network: Network, _ channels: ChannelLayout, batchSize: Int, workers: Int)
    throws
  {
    let images = channels.blocks * channels.images
    let own = network.nodes.enumerated().reduce(0.0) { sum, entry in
      guard let layer = entry.element.layer as? any RunsOnChannels else { return sum }
      return sum
        + layer.channelMemory(
          of: channels.shape(of: entry.element.inputs[0]), output: channels.nodes[entry.offset],
          images: images, workers: workers)
    }
    try check(
      Double(images) * network.floatsInInference(channels) + own
        + Double(network.parameterCount) * 2, batchSize: batchSize)
  }

  private static func check(_ floats: Double, batchSize: Int) throws {
    let needed = floats * Double(MemoryLayout<Float>.stride)
    let available = Double(ProcessMemory.available)
    guard needed <= available else {
      throw NotEnoughMemory(
        description:
          "memory: expected at most \((available / 0x1p30).fixed(1)) GiB, found a need for "
          + "\((needed / 0x1p30).fixed(1)) GiB with \(batchSize) images at a time: use a smaller batch or a "
          + "smaller network")
    }
  }
}

/// A layer that allocates memory beside values, gradients and parameters: borders, statistics, and what
/// its tasks work in.
protocol NeedsMemory: Layer {
  /// The Floats of all of it, for that many blocks of images and that many threads.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double

  /// The Floats that one thread needs while the layer runs, and that it shares with all other layers.
  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double
}

extension NeedsMemory {
  /// None.
  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double { 0 }
}

/// The memory that the process can have.
package enum ProcessMemory {
  /// Bytes: the machine's memory, or less where a container or the shell (`ulimit -v`, `ulimit -d`) allows
  /// less; of the shell's limits, what is left.
  package static var available: Int {
    var limits = [Int(clamping: ProcessInfo.processInfo.physicalMemory)]
    #if canImport(Glibc)
      limits += [groupLimit].compactMap(\.self)
      // In pages: all addresses, and those of data and stack.
      let sizes = (text(of: "/proc/self/statm") ?? "").split(separator: " ").map { Int($0) ?? 0 }
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      for (resource, field) in [(RLIMIT_AS, 0), (RLIMIT_DATA, 5)] {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
          limit.rlim_cur != rlim_t.max, sizes.indices.contains(field)
        else { continue }
        limits.append(max(0, Int(clamping: limit.rlim_cur) - sizes[field] * page))
      }
    #endif
    return limits.min() ?? 0
  }

  #if canImport(Glibc)
    /// The least limit of the process's control group and of those around it; nil where there is none.
    ///
    /// Source: Linux, Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1/memory.rst.
    private static let groupLimit: Int? = {
      var limits: [Int] = []
      for line in (text(of: "/proc/self/cgroup") ?? "").split(separator: "\n") {
        // "0::/path" in version 2, "4:memory:/path" in version 1.
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3,
          parts[1].isEmpty || parts[1].split(separator: ",").contains("memory")
        else { continue }
        let (root, name) =
          parts[1].isEmpty
          ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        var steps = parts[2].split(separator: "/")
        while true {
          let path = ([root] + steps.map { String($0) } + [name]).joined(separator: "/")
          // "max" is no number.
          if let limit = text(of: path).flatMap({ Int($0.filter(\.isNumber)) }), limit > 0 {
            limits.append(limit)
          }
          if steps.popLast() == nil { break }
        }
      }
      return limits.min()
    }()

    private static func text(of path: String) -> String? {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
  #endif
}
