import Foundation
import LaneKernels

/// A batch needs more memory than the machine has.
public struct NotEnoughMemory: Error, CustomStringConvertible, Equatable {
  /// What is needed, what there is, what to do.
  public let description: String

  /// Values, their gradients and transposed copies; what layers allocate for themselves; parameters with
  /// gradient and state; and the Floats of what a training has besides.
  package static func check(
    _ network: Network, batchSize: Int, isTraining: Bool, workers: Int, besides: Double = 0
  ) throws {
    let elements = (network.inputs.map(\.shape) + network.nodes.map(\.shape))
      .reduce(0.0) { $0 + Double($1.reduce(1, *)) }
    let blocks = (batchSize - 1) / laneCount + 1
    let own = network.nodes.reduce(0.0) { sum, node in
      guard let layer = node.layer as? any NeedsMemory else { return sum }
      return sum
        + layer.ownMemory(
          inputs: node.inputs.map { network.shape(of: $0) }, output: node.shape,
          isTraining: isTraining, blocks: blocks, workers: workers)
    }
    let floats =
      Double(blocks) * Double(laneCount) * elements * (isTraining ? 3 : 1) + own
      + Double(network.parameterCount) * (isTraining ? 6 : 2) + besides
    let needed = floats * Double(MemoryLayout<Float>.stride)
    let available = Double(ProcessInfo.processInfo.physicalMemory)
    guard needed <= available else {
      throw NotEnoughMemory(
        description: String(
          format: "memory: expected at most %.1f GiB, found a need for %.1f GiB with %d images "
            + "at a time: use a smaller batch or a smaller network",
          available / 0x1p30, needed / 0x1p30, batchSize))
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
}
