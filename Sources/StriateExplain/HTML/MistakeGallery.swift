import Striate
import StriateData

/// The mistakes of which the network was surest, as pictures.
struct MistakeGallery {
  let report: EvaluationReport

  /// Pictures with a longer side are made smaller; those with shorter sides are shown larger, their pixels
  /// as squares.
  private static let (limit, shown) = (256, 112)

  /// The pictures; nil where there are no mistakes.
  var html: String? {
    let mistakes = report.evaluation.mistakes(first: report.mistakeCount)
    guard !mistakes.isEmpty else { return nil }
    return """
      <ol class="gallery">
      \(mistakes.map { item($0) }.joined(separator: "\n"))
      </ol>
      """
  }

  private func item(_ mistake: Evaluation.Mistake) -> String {
    let (label, said) = (report.name(mistake.label), report.name(mistake.prediction))
    let name = report.images?.imageName(at: mistake.image) ?? "image \(mistake.image)"
    let probability = Double(mistake.probability).percentage
    return """
      <li>\(picture(mistake, "Image of \(label), taken for \(said)"))
      <p><b>\(HTML.escape(label))</b> taken for <b>\(HTML.escape(said))</b><br>\
      \(probability) sure<br><span class="note name">\(HTML.escape(name))</span></p></li>
      """
  }

  private func picture(_ mistake: Evaluation.Mistake, _ words: String) -> String {
    guard let image = try? report.images?.image(at: mistake.image),
      let picture = Picture(image, limit: Self.limit), let address = picture.dataAddress
    else { return "" }
    let factor = max(1, Self.shown / max(picture.width, picture.height))
    return """
      <img\(factor > 1 ? " class=\"pixels\"" : "") src="\(address)" width="\(picture.width * factor)" \
      height="\(picture.height * factor)" alt="\(HTML.escape(words))" loading="lazy">
      """
  }
}
