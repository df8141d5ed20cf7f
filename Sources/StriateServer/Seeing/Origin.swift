import Striate
import StriateExplain

extension Looking {
  /// Multiply-adds of a network that an answer may compute in Double.
  private static let work = 400_000_000
  /// Terms that one answer holds: the largest.
  private static let mostTerms = 3000

  /// Where the number that `cell` names comes from, or with `gradient=1` its derivative of the loss: what
  /// `striate trace --json` tells.
  func origin(_ request: Request) throws -> Response {
    let input = seen.network.preprocessed(seen.entrance.tensor(pixels))
    let isGradient = request.query["gradient"] == "1"
    let label = try label(request)
    guard !isGradient || label != nil else {
      throw Refusal(422, "label: expected a class, found none")
    }
    do {
      let cell = try CellAddress(request.query["cell"] ?? "")
      let needsTarget = isGradient || cell.name == "loss"
      let trace = try Trace(
        seen.network, image: input, target: needsTarget ? label.map(seen.network.target) : nil,
        limit: Self.work)
      let number = isGradient ? try trace.derivative(of: cell) : try trace.number(cell)
      return .json(number.json(limit: Self.mostTerms))
    } catch let error as InvalidTrace {
      throw Refusal(422, error.description)
    }
  }
}
