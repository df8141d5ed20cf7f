import Foundation
import LaneKernels

/// A batch needs more memory than the machine has.
public struct NotEnoughMemory: Error, CustomStringConvertible, Equatable {
  /// What is needed, what there is, what to do.
  public let description: String

  /// Values, their gradients and transposed copies; borders; parameters with gradient and state.
  static func check(_ network: Network, batchSize: Int, isTraining: Bool) throws {
    let elements = (network.inputs.map(\.shape) + network.nodes.map(\.shape))
      .reduce(0.0) { $0 + Double($1.reduce(1, *)) }
    let borders = network.nodes.reduce(0.0) { sum, node in
      guard let layer = node.layer as? any NeedsBorder else { return sum }
      return sum
        + layer.borderElements(
          image: network.shape(of: node.inputs[0]), output: node.shape, isTraining: isTraining)
    }
    let images = (Double(batchSize) / Double(laneCount)).rounded(.up) * Double(laneCount)
    let floats =
      images * (elements * (isTraining ? 3 : 1) + borders)
      + Double(network.parameterCount) * (isTraining ? 6 : 2)
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
