import Foundation

/// How many requests may compute at the same time: the others wait a while, so that a flood of them leaves the
/// training its processors.
final class ComputeSlots: Sendable {
  private let slots: DispatchSemaphore
  private let patience: Double

  init(_ count: Int, patience: Double) {
    slots = DispatchSemaphore(value: count)
    self.patience = patience
  }

  /// Throws where no slot was free in time.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard slots.wait(timeout: .now() + patience) == .success else {
      throw Refusal(503, "busy: expected an answer within \(Int(patience)) s: try again")
    }
    defer { slots.signal() }
    return try body()
  }
}
