import Striate
import StriateData

/// The sheet about the images that excite the filters of a layer.
package struct ExcitationSheet {
  let network: Network
  let layer: Int
  let excitations: [Excitation]
  let dataset: Dataset
  let model: String
  let data: String

  package init(
    _ network: Network, layer: Int, _ excitations: [Excitation], on dataset: Dataset, model: String,
    data: String
  ) {
    (self.network, self.layer, self.excitations) = (network, layer, excitations)
    (self.dataset, self.model, self.data) = (dataset, model, data)
  }

  private var node: Network.Node { network.nodes[layer] }

  /// Throws what the source of a streamed data set throws.
  package var sheet: Sheet {
    get throws {
      let field = network.summary().rows[layer].receptiveField
      return Sheet(
        title: "What excites \(node.name)",
        facts: [
          ("model", model), ("data", "\(data), \(dataset.count.grouped) images"),
          ("layer", node.layer.text),
          ("an output sees", "\(field[0]) × \(field[1]) pixels"),
        ],
        parts: [
          Sheet.Part(
            title: "The images with the largest outputs, the frame being what that output sees",
            sections: try excitations.map { excitation in
              Sheet.Section(
                title: "\(node.name):\(excitation.filter)",
                tiles: try excitation.findings.compactMap(tile))
            })
        ])
    }
  }

  private func tile(_ finding: Excitation.Finding) throws -> Sheet.Tile? {
    let image = try dataset.image(at: finding.image)
    let name = dataset.imageName(at: finding.image) ?? "image \(finding.image)"
    let label = dataset.classNames[dataset.labels[finding.image]]
    guard
      var tile = Sheet.Tile(
        image: image, title: finding.value.short, lines: [label, name], shown: 112)
    else { return nil }
    tile.alt = "Image of \(label), output \(finding.value.short)"
    let (zoom, shrink) = (tile.zoom, Sheet.Tile.shrinking(image.shape))
    var canvas = SheetCanvas(width: tile.picture.width * zoom, height: tile.picture.height * zoom)
    canvas.draw(tile.picture, left: 0, top: 0, zoom: zoom)
    if let seen = seen(by: finding, image.shape) {
      func scaled(_ pixels: Int) -> Int { pixels * zoom / shrink }
      canvas.frame(
        left: scaled(seen.left), top: scaled(seen.top),
        width: scaled(seen.right) - scaled(seen.left),
        height: scaled(seen.bottom) - scaled(seen.top),
        thickness: 2, (230, 159, 0))
    }
    (tile.picture, tile.zoom) = (canvas.picture, 1)
    return tile
  }

  /// What an output sees, cut off at the image's borders; nil where that is everything.
  ///
  /// The middle of the maps lies on the middle of the image, as it does where padding is the same on both sides.
  package func seen(
    by finding: Excitation.Finding, _ image: [Int]
  ) -> (left: Int, top: Int, right: Int, bottom: Int)? {
    let row = network.summary().rows[layer]
    guard let jump = row.jump, node.shape.count == 3 else { return nil }
    func range(_ place: Int, _ axis: Int) -> (Int, Int) {
      let side = image[axis + 1]
      let middle =
        Double(side) / 2 + (Double(place) - Double(node.shape[axis + 1] - 1) / 2)
        * Double(jump[axis])
      let half = Double(row.receptiveField[axis]) / 2
      let start = max(0, Int((middle - half).rounded()))
      return (min(start, side - 1), min(side, max(start + 1, Int((middle + half).rounded()))))
    }
    let ((top, bottom), (left, right)) = (range(finding.row, 0), range(finding.column, 1))
    return (left, top, right, bottom)
  }

  /// A line for every filter.
  package func text(width: Int) -> String {
    let rows = excitations.map { excitation in
      ["\(node.name):\(excitation.filter)"]
        + excitation.findings.prefix(4).map { finding in
          "\(dataset.imageName(at: finding.image) ?? "\(finding.image)") "
            + "(\(dataset.classNames[dataset.labels[finding.image]])) \(finding.value.short)"
        }
    }
    let room = max(16, (width - 16) / 4)
    let table = TextTable(
      rows: rows.map { $0.map { $0.printable.shortened(toColumns: room) } }, leading: 5)
    return "images (class) and outputs, the strongest first\n" + table.text
  }

  /// An object for every filter.
  package var json: [JSON] {
    excitations.map { excitation in
      .object([
        ("layer", .string(node.name)), ("filter", .integer(excitation.filter)),
        (
          "images",
          .array(
            excitation.findings.map { finding in
              .object([
                ("index", .integer(finding.image)),
                ("image", .optional(dataset.imageName(at: finding.image)) { .string($0) }),
                ("class", .string(dataset.classNames[dataset.labels[finding.image]])),
                ("output", .number(finding.value)), ("row", .integer(finding.row)),
                ("column", .integer(finding.column)),
              ])
            })
        ),
      ])
    }
  }
}
