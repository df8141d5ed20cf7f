import Foundation
import Striate
import StriateData
import StriateExplain
import Testing

@Suite struct SheetTests {
  private static let setting: ExplanationSetting = {
    var setting = ExplanationSetting()
    (setting.samples, setting.steps) = (3, 4)
    return setting
  }()

  /// A sheet about images of a small network.
  private func sheet(
    _ text: String = "conv 4 3x3 padding 1, relu, maxpool 2, flatten, dense 12", input: [Int],
    images: Int = 1, classNames: [String] = [], truth: Int? = nil
  ) throws -> ExplanationSheet {
    var network = try Network(text: text, input: input, seed: 5)
    network.preprocessing.classNames = classNames
    let explainer = try Explainer(network)
    var setting = Self.setting
    if explainer.mapLayers.isEmpty { setting.methods.removeAll { $0 == .gradCAM } }
    let shown = try network.showingEveryLayer()
    let size = input.reduce(1, *)
    var sheet = ExplanationSheet(explainer, layer: nil, model: "m.safetensors")
    for number in 0..<images {
      let pixels = (0..<size).map { Float(($0 * 37 + number * 11) % 256) / 255 }
      sheet.add(
        try explainer.explanation(
          of: Tensor(shape: input, scalars: pixels), name: "picture \(number)", truth: truth,
          setting, shown: shown))
    }
    return sheet
  }

  private static let methods = [
    "Saliency", "SmoothGrad", "Integrated gradients", "Grad-CAM", "Occlusion",
  ]

  @Test(arguments: [[1, 28, 28], [3, 20, 26], [2, 9, 7], [3, 300, 280]])
  func aPageHoldsEverythingAndNeedsNothingElse(_ input: [Int]) throws {
    let html = try sheet(input: input).sheet.html
    let page = Page(html)
    page.expectBalanced()
    #expect(page.count("h1") == 1 && page.count("h2") == 1 && page.count("h3") == 4)
    for method in Self.methods {
      #expect(html.contains("<figcaption>\(method)</figcaption>"))
    }
    // The input, five methods, the filters and four layers (the flattened one is left out); seven to ten have
    // scales.
    #expect(page.count("figure") == 1 + 5 + 1 + 4)
    let sources = page.values(of: "src")
    #expect(sources.count >= 11 && sources.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    #expect(!html.contains("http") || !html.contains("src=\"http"))
    #expect(page.values(of: "alt").count == sources.count)
    #expect(html == (try sheet(input: input).sheet.html))
  }

  @Test func picturesOfAPageAreThoseOfTheMaps() throws {
    let sheet = try sheet(input: [1, 28, 28]).sheet
    let tile = try #require(sheet.parts[0].sections[1].tiles.first { $0.title == "Occlusion" })
    // The map, a gap of a pixel, and the map over the picture.
    #expect(tile.picture.width == 28 + 1 + 28 && tile.picture.height == 28)
    let explanation = try self.sheet(input: [1, 28, 28]).explanations[0]
    let map = try #require(explanation.attributions.last).map
    let colours = MapColours(over: map.scalars)
    #expect(tile.colours == colours)
    for (row, column) in [(0, 0), (13, 5), (27, 27)] {
      let place = (row * 57 + column) * 3
      #expect(Array(tile.picture.bytes[place..<place + 3]) == colours.bytes(map[row, column]))
    }
  }

  @Test(arguments: [[1, 28, 28], [3, 20, 26], [3, 300, 280]])
  func aPosterIsAPictureThatCanBeReadAgain(_ input: [Int]) throws {
    let poster = try sheet(input: input).sheet.poster()
    #expect(poster.width == 1200 && poster.height > 800 && poster.channels == 3)
    #expect(try Picture(decoding: poster.png(), name: "poster") == poster)
    #expect(poster == (try sheet(input: input).sheet.poster()))
    // It is neither empty nor full: its lowest lines are paper.
    #expect(poster.bytes.suffix(1200 * 3 * 20).allSatisfy { $0 == 255 })
    #expect(poster.bytes.count { $0 != 255 } > 100_000)
    // Letters stand at the left margin, at the top.
    let title = (32..<56).contains { row in
      (32..<300).contains { poster.bytes[(row * 1200 + $0) * 3] == 27 }
    }
    #expect(title)
  }

  @Test func aPosterThatWouldBeTooLargeIsRefused() throws {
    var sheet = try sheet(input: [1, 28, 28]).sheet
    sheet.parts = Array(repeating: sheet.parts[0], count: 100)
    let error = #expect(throws: PosterTooLarge.self) { try sheet.poster() }
    #expect(error?.description.contains("expected at most 64 megapixels") == true)
    #expect(error?.description.contains("write a page of HTML") == true)
  }

  @Test func severalPicturesShareTheFilters() throws {
    let sheet = try sheet(input: [1, 12, 12], images: 3).sheet
    #expect(
      sheet.parts.map { $0.title.prefix(9) } == ["picture 0", "picture 1", "picture 2", "Filters"])
    let page = Page(sheet.html)
    page.expectBalanced()
    #expect(page.values(of: "href") == ["#part0", "#part1", "#part2", "#part3"])
  }

  @Test func aNetworkOfDenseLayersHasASheet() throws {
    let sheet = try sheet("flatten, dense 700, relu, dense 3", input: [1, 12, 12]).sheet
    #expect(sheet.parts[0].sections.map(\.tiles.count) == [1, 4, 3])
    Page(sheet.html).expectBalanced()
    _ = try sheet.poster()
  }

  @Test func ofManyLayersFewerMapsAreShown() throws {
    func tiles(_ layers: Int) throws -> [Sheet.Tile] {
      let text =
        "conv 40 3x3 padding 1, " + String(repeating: "relu, ", count: layers)
        + "flatten, dense 3"
      return try #require(sheet(text, input: [1, 12, 12]).sheet.parts[0].sections.last).tiles
    }
    let (few, many) = try (tiles(3), tiles(30))
    #expect(few.count == 5 && many.count == 32)
    #expect(few[0].lines == ["40 × 12 × 12"])
    #expect(many[0].lines == ["40 × 12 × 12, the first 16 maps"])
    #expect(few[0].picture.height > 2 * many[0].picture.height)
  }

  @Test func namesAreNoMarkupAndMayBeLong() throws {
    let names = (0..<12).map { "<b>&\"\($0) " + String(repeating: "数x", count: 60) }
    let sheet = try sheet(input: [1, 12, 12], classNames: names, truth: 3)
    let html = sheet.sheet.html
    Page(html).expectBalanced()
    #expect(!html.contains("<b>&") && html.contains("&lt;b&gt;&amp;&quot;"))
    _ = try sheet.sheet.poster()
    let text = sheet.explanations[0].text(sheet.explainer, width: 80)
    #expect(text.contains("integrated gradients add up to"))
  }

  @Test func lettersLoseTheirMarksAndSignsBecomeWords() {
    #expect(String(PixelFont.letters("Café Größe Łódź − “×” ∂S")) == "Cafe Grosse Lodz - \"x\" ∂S")
    #expect(String(PixelFont.letters("e\u{301}")) == "e")
    let box = PixelFont.rows(of: "数")
    #expect(PixelFont.rows(of: "A") != box && PixelFont.rows(of: "∂") != box)
    // Every letter of ASCII has a form of its own.
    let forms = (0x21..<0x7F).map { PixelFont.rows(of: Character(UnicodeScalar(UInt8($0)))) }
    #expect(Set(forms).count == forms.count && !forms.contains(box))
    #expect(forms.allSatisfy { $0.count == 8 })
  }

  @Test func coloursTellSignAndSize() {
    let colours = MapColours(over: [-2, 0, 1, .nan, .infinity])
    #expect(colours.reach == 2 && colours.isSigned)
    let (below, zero, above) = (colours.bytes(-2), colours.bytes(0), colours.bytes(2))
    #expect(below == [196, 78, 0] && zero == [246, 246, 243] && above == [0, 92, 158])
    #expect(colours.bytes(.nan) == zero && colours.bytes(.infinity) == above)
    #expect(colours.bytes(-9) == below)
    let blues = stride(from: Float(0), through: 2, by: 0.1).map { colours.bytes($0)[0] }
    #expect(zip(blues, blues.dropFirst()).allSatisfy(>))
    let unsigned = MapColours(over: [0, 3])
    #expect(!unsigned.isSigned && unsigned.ends == (least: "0", most: "3.00"))
    #expect(MapColours(over: []).reach == 1)
    #expect(unsigned.bar.bytes.prefix(3) == [246, 246, 243])
    #expect(Array(colours.bar.bytes.prefix(3)) == below)
  }

  static let numbers: [(Float, String)] = [
    (0, "0"), (1.234, "1.23"), (-12.34, "−12.3"), (0.5, "0.500"), (0.0456, "0.0456"),
    (123.4, "123"), (1.5e-5, "1.5e−5"), (2.5e7, "2.5e7"), (.nan, "·"), (.infinity, "∞"),
  ]

  @Test(arguments: numbers) func numbersHaveThreeDigits(number: Float, text: String) {
    #expect(number.short == text)
  }

  @Test func theFrameShowsWhatAnOutputSees() throws {
    let network = try Network(
      text: "conv 2 3x3, maxpool 2, flatten, dense 2", input: [1, 10, 10], seed: 1)
    let data = try Dataset(
      imageShape: [1, 10, 10], pixels: .bytes((0..<600).map { UInt8($0 * 41 % 256) }),
      labels: [0, 1, 0, 1, 0, 1], classNames: ["a", "b"])
    let explainer = try Explainer(network)
    let found = try explainer.excitations(of: 1, filters: 0..<2, on: data, count: 3)
    let sheet = ExcitationSheet(
      network, layer: 1, found, on: data, model: "m.safetensors", data: "d")
    // Output (i, j) of the pooling sees rows 2i to 2i + 3.
    for finding in found.flatMap(\.findings) {
      let seen = try #require(sheet.seen(by: finding, [1, 10, 10]))
      #expect(seen.top == 2 * finding.row && seen.bottom == 2 * finding.row + 4)
      #expect(seen.left == 2 * finding.column && seen.right == 2 * finding.column + 4)
    }
    let page = try sheet.sheet
    #expect(page.parts[0].sections.map(\.tiles.count) == [3, 3])
    Page(page.html).expectBalanced()
    _ = try page.poster()
    #expect(sheet.json.count == 2)
  }
}
