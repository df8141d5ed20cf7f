import Striate
import StriateExplain

extension Looking {
  /// Maps of what counts for a class and against it, with the methods of `striate explain` and fewer samples; for the
  /// likeliest class where the request names none.
  ///
  /// `methods` chooses among them, `layer` names that of Grad-CAM.
  func attributions(_ request: Request) throws -> Response {
    let began = ContinuousClock.now
    let explainer = try Explainer(seen.network, threads: 1)
    var setting = ExplanationSetting()
    (setting.samples, setting.steps) = (32, 48)
    setting.methods = try Self.methods(request.query["methods"])
    if let layer = request.query["layer"], !layer.isEmpty {
      setting.layer = layer
    } else if explainer.mapLayers.isEmpty {
      setting.methods.removeAll { $0 == .gradCAM }
    }
    let image = seen.entrance.tensor(pixels).reshaped(to: seen.entrance.shape)
    let chosen = try label(request)
    let explanation: Explanation
    do {
      explanation = try explainer.explanation(
        of: image, name: "picture", class: chosen, setting, shown: nil)
    } catch let error as Unexplainable {
      throw Refusal(422, "\(error)")
    }
    var floats: [Float] = []
    let maps = explanation.attributions.map { attribution in
      let finite = attribution.map.scalars.lazy.filter(\.isFinite)
      let words = attribution.method.words
      defer { floats += attribution.map.scalars }
      return JSON.object([
        ("method", .string(attribution.method.rawValue)),
        ("title", .string(attribution.method.title)),
        ("equation", .string(words.equation)), ("meaning", .string(words.meaning)),
        ("setting", .string(attribution.setting)),
        ("shape", .integers([1] + attribution.map.shape)), ("offset", .integer(floats.count)),
        ("least", .number(finite.min() ?? 0)), ("most", .number(finite.max() ?? 0)),
        ("gap", .optional(attribution.completeness?.gap) { .number($0) }),
      ])
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    return Frame(
      header: [
        ("class", .integer(explanation.prediction.classIndex)),
        ("explained", .integer(explanation.classIndex)),
        ("name", .string(explainer.className(explanation.classIndex))),
        ("score", .optional(explanation.attributions.first?.score) { .number($0) }),
        ("milliseconds", .number((seconds * 1e5).rounded() / 100)),
        ("maps", .array(maps)),
      ], floats: floats
    ).response
  }

  /// The methods of a list; all where there is none.
  private static func methods(_ list: String?) throws -> [Attribution.Method] {
    guard let list, !list.isEmpty else { return Attribution.Method.allCases }
    let words = Set(list.split(separator: ",").map(String.init))
    let chosen = Attribution.Method.allCases.filter { words.contains($0.rawValue) }
    guard chosen.count == words.count else {
      let known = Attribution.Method.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(422, "methods: expected some of \(known), found \"\(list.prefix(80))\"")
    }
    return chosen
  }
}
