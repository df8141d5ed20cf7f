import Foundation
import StriateExplain

extension TrainingSession {
  /// Where the training stands, with the points of its curve from one on. Under the lock.
  fileprivate func json(from first: Int) -> JSON {
    let last = evaluations.last
    return .object([
      ("phase", .string(phase.rawValue)),
      ("message", .string(message)),
      ("run", .integer(run)),
      ("data", .optional(setting?.data) { .string($0) }),
      ("network", .optional(setting?.network) { .string($0) }),
      ("optimizer", .optional(setting?.optimizer) { .string($0) }),
      ("batch", .optional(setting?.batch) { .integer($0) }),
      ("rate", .number(learningRate)),
      ("epoch", .integer(epoch)), ("epochs", .integer(epochs)), ("step", .integer(step)),
      ("images", .integer(seen)), ("total", .integer(total)),
      ("images_per_second", .number(imagesPerSecond.rounded())),
      ("edition", .integer(curve.edition)), ("from", .integer(first)),
      ("points", curve.json(from: first)),
      (
        "evaluations",
        .array(
          evaluations.map {
            .array([
              .integer($0.step), .optional($0.loss) { .number($0) }, .number($0.accuracy),
            ])
          })
      ),
      ("test_images", .integer(last?.images.count ?? 0)),
      (
        "gradient_norms",
        .array(
          norms.map { .object([("layer", .string($0.layer)), ("norm", .number($0.norm))]) })
      ),
      ("snapshot", .integer(snapshotVersion)),
    ])
  }

  /// Where the training stands.
  func news() -> JSON { locked { $0.json(from: 0) } }

  /// Throws where nothing has been measured yet.
  func lastEvaluation() throws -> (TrainingEvaluation, ServedData) {
    try locked {
      guard let evaluation = $0.evaluations.last, let data = $0.data else {
        throw Refusal(404, "confusion: expected a training that was measured, found none")
      }
      return (evaluation, data)
    }
  }
}

/// The news of a training for one reader: what is new to it, and at most ten times a second.
final class TrainingNews: EventSource, @unchecked Sendable {
  private let session: TrainingSession
  // Unchecked: one connection's thread reads it.
  private var (run, edition, next, version) = (-1, -1, 0, -1)
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?

  init(_ session: TrainingSession) { self.session = session }

  func next(within seconds: Double) -> String? {
    if let last {
      let pause = 0.1 - (clock.now - last) / .seconds(1)
      if pause > 0 { usleep(UInt32(pause * 1e6)) }
    }
    let deadline = clock.now + .seconds(seconds)
    return session.locked { session in
      while session.version == version, !session.isClosed {
        let left = (deadline - clock.now) / .seconds(1)
        guard left > 0 else { return nil }
        session.condition.wait(seconds: left)
      }
      if session.isClosed { return "" }
      if session.run != run || session.curve.edition != edition { next = 0 }
      let text = "data: \(session.json(from: next).text)\n\n"
      (run, edition, version) = (session.run, session.curve.edition, session.version)
      next = session.curve.points.count
      last = clock.now
      return text
    }
  }
}
