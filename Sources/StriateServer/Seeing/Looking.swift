import Foundation
import Striate
import StriateData
import StriateExplain

/// A picture that a request brings, and what a network makes of it.
struct Looking {
  let seen: SeenNetwork
  let pixels: [UInt8]

  /// The body is a PNG or JPEG file (`as=picture`), a drawing's bytes row by row (`as=drawing`, with `width`,
  /// `height` and `channels`), or the very input (`as=pixels`, [C, H, W]).
  init(_ request: Request, _ seen: SeenNetwork) throws {
    self.seen = seen
    let entrance = seen.entrance
    switch request.query["as"] ?? "picture" {
    case "pixels":
      let expected = entrance.shape.reduce(1, *)
      guard request.body.count == expected else {
        throw Refusal(
          422,
          "pixels: expected \(expected) bytes for \(entrance.shape), found "
            + "\(request.body.count)")
      }
      pixels = request.body
    case "drawing":
      let sides = try ["width", "height", "channels"].map { name in
        guard let side = request.query[name].flatMap({ Int($0) }), (1...1024).contains(side) else {
          throw Refusal(
            422,
            "\(name): expected a whole number from 1 to 1024, found "
              + "\"\((request.query[name] ?? "").prefix(40))\"")
        }
        return side
      }
      guard [1, 3].contains(sides[2]), request.body.count == sides[0] * sides[1] * sides[2] else {
        throw Refusal(
          422,
          "drawing: expected \(sides[0])×\(sides[1]) pixels of \(sides[2]) (1 or 3) bytes, "
            + "found \(request.body.count) bytes")
      }
      pixels = try entrance.pixels(
        of: Picture(
          width: sides[0], height: sides[1], channels: sides[2], bytes: request.body))
    case "picture":
      let name = String((request.query["name"] ?? "picture").prefix(100))
      pixels = try entrance.pixels(of: Picture(decoding: request.body, name: name))
    default:
      throw Refusal(422, "as: expected picture, drawing or pixels")
    }
  }

  /// The class that a request names by number; nil where it names none.
  func label(_ request: Request) throws -> Int? {
    guard let word = request.query["label"], !word.isEmpty else { return nil }
    guard let label = Int(word), seen.classNames.indices.contains(label) else {
      throw Refusal(
        422,
        "label: expected a class from 0 to \(seen.classNames.count - 1), found "
          + "\"\(word.prefix(40))\"")
    }
    return label
  }

  /// Floats of layers that one answer holds; others are asked for by name.
  private static let mostFloats = 1_500_000

  /// Probabilities and every layer's values, or with `gradient=1` the loss's derivative by each of them.
  func answer(_ request: Request) throws -> Response {
    let began = ContinuousClock.now
    let entrance = seen.entrance.tensor(pixels)
    let input = seen.network.preprocessed(entrance)
    let values = try seen.shown.layerValues(of: input, threads: 1)
    guard case .node(let last) = seen.network.outputs[0] else {
      throw Refusal(422, "network: expected a layer as output")
    }
    let probabilities = seen.network.probabilities(values[last].scalars)
    let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
    let label = try label(request)
    var layers: [(name: String, text: String, tensor: Tensor, inputs: [String])] = []
    var loss: Double?
    let names = seen.network.nodes.map(\.name)
    let inputName = seen.network.inputs[0].name
    func sources(_ node: Network.Node) -> [String] {
      node.inputs.map { if case .node(let i) = $0 { names[i] } else { inputName } }
    }
    let shownInput: Tensor
    let shownValues: [Tensor]
    if request.query["gradient"] == "1" {
      let gradients = try seen.shown.layerGradients(
        of: input, target: seen.network.target(label ?? best), loss: seen.network.usualLoss,
        threads: 1)
      (loss, shownInput, shownValues) = (gradients.loss, gradients.input, gradients.layers)
    } else {
      (shownInput, shownValues) = (input, values)
    }
    layers.append((inputName, "input", shownInput, []))
    for (node, value) in zip(seen.network.nodes, shownValues) {
      layers.append((node.name, node.layer.text, value, sources(node)))
    }
    let wanted = request.query["layers"].map { Set($0.split(separator: ",").map(String.init)) }
    var floats: [Float] = []
    let list = layers.map { layer in
      var offset = JSON.null
      if wanted?.contains(layer.name) ?? true,
        floats.count + layer.tensor.count <= Self.mostFloats || wanted?.count == 1
      {
        offset = .integer(floats.count)
        floats += layer.tensor.scalars
      }
      let finite = layer.tensor.scalars.lazy.filter(\.isFinite)
      return JSON.object([
        ("name", .string(layer.name)), ("layer", .string(layer.text)),
        ("shape", .integers(Array(layer.tensor.shape.dropFirst()))),
        ("inputs", .strings(layer.inputs)), ("offset", offset),
        ("least", .number(finite.min() ?? 0)), ("most", .number(finite.max() ?? 0)),
      ])
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    return Frame(
      header: [
        ("classes", .strings(seen.classNames)),
        ("probabilities", .array(probabilities.map { .number($0) })),
        ("class", .integer(best)),
        ("label", .integer(label ?? best)),
        ("loss", .optional(loss) { .number($0) }),
        ("milliseconds", .number((seconds * 1e5).rounded() / 100)),
        ("layers", .array(list)),
      ], floats: floats, bytes: pixels
    ).response
  }
}
