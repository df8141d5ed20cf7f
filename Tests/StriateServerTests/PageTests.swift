import Foundation
import Striate
import StriateData
import StriateExplain
import Testing

/// The page in a real browser.
@Suite(
  .serialized,
  .enabled(if: Browser.isAvailable, "needs chromium and chromedriver: scripts/install-dependencies")
)
struct PageTests {
  /// The strokes of a 3.
  static let three: [(x: Double, y: Double)] = [
    (0.30, 0.25), (0.40, 0.17), (0.55, 0.16), (0.66, 0.25), (0.64, 0.38), (0.55, 0.47),
    (0.46, 0.49), (0.58, 0.51), (0.68, 0.60), (0.67, 0.74), (0.55, 0.84), (0.40, 0.83),
    (0.29, 0.75),
  ]

  private func served(data: String? = nil) throws -> ServedProcess {
    try ServedProcess(models: [#require(TrainedDigits.path)], data: data)
  }

  private func button(_ text: String, in section: String) -> String {
    "[...document.querySelectorAll('#\(section) button')].find(b => b.textContent === '\(text)')"
  }

  /// What the pixels of a canvas are, as one number.
  private func fingerprint(_ selector: String) -> String {
    "const c = document.querySelector('\(selector)');"
      + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
      + "let h = 0; for (const v of d) h = (h * 31 + v) | 0; return String(h);"
  }

  @Test func aThreeThatIsDrawnIsReadAsThree() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served)
    try browser.draw("#pad", Self.three)
    try browser.wait("return document.querySelector('#draw .verdict').dataset.class === '3'")
    #expect(try browser.run("return document.querySelectorAll('#draw .layer').length") as? Int == 9)
    #expect(
      try browser.text("return document.querySelector('#draw .best .name').textContent") == "3")
    // The maps hold what was drawn: they are not of one colour.
    #expect(
      try browser.run(
        """
        const c = document.querySelector('#draw [data-layer=conv1] canvas.maps');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        return new Set([...d].filter((_, i) => i % 4 === 0)).size > 20
        """) as? Bool == true)
    try browser.screenshot("draw-1280-light")
    try browser.run("\(button("Clear", in: "draw")).click()")
    try browser.wait("return document.querySelector('#draw .verdict').textContent === ''")
    #expect(try browser.complaints() == [])
  }

  @Test func aDigitCanBeDrawnWithTheKeyboard() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served)
    try browser.run("document.getElementById('pad').focus()")
    // A stroke down: Space lowers the pen, arrows move it.
    let (up, down) = ("\u{E013}", "\u{E015}")
    try browser.type(
      String(repeating: up, count: 8) + " " + String(repeating: down, count: 16) + " ")
    try browser.wait("return document.querySelector('#draw .verdict').dataset.class === '1'")
    #expect(try browser.complaints() == [])
  }

  @Test func aTrainingShowsItsCurveItsFiltersAndItsMistakes() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served, "#train")
    try browser.run(
      "const s = [...document.querySelectorAll('#train select')]"
        + ".find(s => s.options[0].textContent.startsWith('as fast')); s.value = '30';"
        + "\(button("Start", in: "train")).click()")
    try browser.wait("return Boolean(document.querySelector('#filters canvas.maps'))")
    let curve = "return document.querySelector('#train .line.training').getAttribute('d')"
    let (first, filters) = (
      try browser.text(curve), try browser.text(fingerprint("#filters canvas.maps"))
    )
    try browser.wait(
      "return \(curve.dropFirst(7)).length > \(first.count + 40)")
    try browser.wait(
      "return (() => { \(fingerprint("#filters canvas.maps")) })() !== '\(filters)'")
    try browser.screenshot("train-1280-light")
    // The rest as fast as it goes.
    try browser.run(
      "const s = [...document.querySelectorAll('#train select')]"
        + ".find(s => s.options[0].textContent.startsWith('as fast')); s.value = '';"
        + "s.dispatchEvent(new Event('change'))")
    try browser.wait(
      "return Number(document.getElementById('training-state').dataset.accuracy) >= 0.95")
    try browser.wait(
      "return document.getElementById('training-state').dataset.phase === 'finished'")
    #expect(
      try browser.run("return document.querySelectorAll('#train .norms li').length") as? Int == 4)
    // A cell of the confusion matrix opens its pictures, and a picture its maps.
    try browser.wait(
      "return document.querySelectorAll('#train .confusion tbody button').length === 100")
    try browser.run("document.querySelectorAll('#train .confusion tbody button')[0].click()")
    try browser.wait("return document.querySelectorAll('#train .pictures canvas').length > 10")
    try browser.run("document.querySelector('#train .pictures li button').click()")
    try browser.wait("return document.querySelector('#sample .verdict').dataset.class === '0'")
    #expect(
      try browser.run("return !document.querySelector('#train a[download]').hidden") as? Bool
        == true)
    try browser.screenshot("train-confusion-1280-light")
    // What was trained can be drawn for.
    try browser.run("location.hash = 'draw'")
    try browser.wait(
      "return [...document.getElementById('draw-model').options].some(o => o.value === 'training')")
    #expect(try browser.complaints() == [])
  }

  @Test func aShapeErrorIsNamedWhereItIsAndCanBeMended() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served, "#train")
    try browser.wait("return document.querySelectorAll('#train .parts li').length === 9")
    // Remove "flatten", as a reader would.
    try browser.click("#train .parts li:nth-child(6) .tool[aria-label^=Remove]")
    try browser.wait("return !document.getElementById('network-error').hidden")
    let error = try browser.text("return document.getElementById('network-error').textContent")
    #expect(error.contains("dense 128") && error.contains("put Flatten() before it"), "\(error)")
    #expect(
      try browser.text("return document.querySelector('#train .parts .wrong code').textContent")
        == "dense 128")
    #expect(
      try browser.text("return document.getElementById('network').getAttribute('aria-invalid')")
        == "true")
    #expect(try browser.run("return \(button("Start", in: "train")).disabled") as? Bool == true)
    try browser.screenshot("shape-error-1280-light")
    // Write it again, by keyboard.
    try browser.run(
      "const t = document.getElementById('network'); t.focus();"
        + "const i = t.value.indexOf('dense 128'); t.setSelectionRange(i, i)")
    try browser.type("flatten, ")
    try browser.wait("return document.getElementById('network-error').hidden")
    #expect(try browser.run("return \(button("Start", in: "train")).disabled") as? Bool == false)
    // A network that is only a text trains too.
    try browser.run(
      "const t = document.getElementById('network'); t.value = 'flatten, dense 10';"
        + "t.dispatchEvent(new Event('input'))")
    try browser.wait("return document.querySelectorAll('#train .parts li').length === 2")
    try browser.run("\(button("Start", in: "train")).click()")
    try browser.wait(
      "return document.getElementById('training-state').dataset.phase === 'finished'")
    #expect(try browser.complaints() == [])
  }

  @Test func aNumberOfAMapIsTakenApartAndWalkedBackToTheInput() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served)
    try browser.draw("#pad", Self.three)
    try browser.wait("return document.querySelectorAll('#draw .layer').length === 9")
    // Between the fourth map and the fifth there is nothing: a place inside the third.
    try browser.draw("#draw [data-layer=conv1] canvas.maps", [(0.31, 0.5)])
    let panel = "document.querySelector('#draw .trace-content')"
    try browser.wait("return (\(panel).dataset.cell ?? '').startsWith('conv1[')")
    // Products and weights of a window, and the bias.
    #expect(
      try browser.run("return \(panel).querySelectorAll('button.number').length") as? Int == 51)
    let cell = try browser.text("return \(panel).dataset.cell")
    // The same number as the map shows where it was clicked.
    let told = try browser.text(
      "return document.querySelector('#draw [data-layer=conv1] .readout').textContent")
    #expect(told.hasPrefix(cell + " = "), "\(told)")
    let network = try Network(contentsOf: #require(TrainedDigits.path))
    let pixels = try #require(
      try browser.run(
        """
        const c = document.querySelector('#draw .seen');
        const d = c.getContext('2d').getImageData(0, 0, 28, 28).data;
        return [...d].filter((_, i) => i % 4 === 0)
        """) as? [Int])
    let image = network.preprocessed(
      Tensor(shape: [1, 1, 28, 28], scalars: pixels.map { Float($0) / 255 }))
    let value = try #require(Double(try browser.text("return \(panel).dataset.value")))
    #expect(try value == Trace(network, image: image).number(CellAddress(cell)).value)
    try browser.screenshot("trace-1280-light")
    // A term leads back to the input, and from there nowhere.
    try browser.run("\(panel).querySelectorAll('.matrix')[2].querySelector('button').click()")
    try browser.wait("return \(panel).dataset.cell.startsWith('input[')")
    #expect(try browser.run("return \(panel).querySelectorAll('.number').length") as? Int == 0)
    #expect(
      try browser.run("return document.querySelectorAll('#draw .trail .step').length") as? Int == 2)
    // The same for gradients.
    try browser.run("document.querySelector('#draw input[value=gradient]').click()")
    try browser.wait("return \(panel).textContent.includes('∂loss/∂input')")
    try browser.wait("return \(panel).querySelectorAll('button.number').length > 8")
    try browser.screenshot("trace-gradient-1280-light")
    let found = try browser.run(AccessibilityRules.script) as? [String] ?? ["no answer"]
    #expect(found == [])
    #expect(try browser.complaints() == [])
  }

  /// Drops a picture of a digit, as a reader would from a folder.
  private func drop(_ png: [UInt8], _ browser: Browser) throws {
    try browser.run(
      """
      const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }));
      document.getElementById('drop').dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      """, Data(png).base64EncodedString())
  }

  @Test func aPictureThatIsDroppedIsLookedInto() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served, "#look")
    let digits = try Digits.builtIn(count: 20, seed: 9)
    let index = try #require(digits.labels.firstIndex(of: 7))
    let pixels = try digits.image(at: index).scalars.map { UInt8($0 * 255) }
    try drop(Picture(width: 28, height: 28, channels: 1, bytes: pixels).png(), browser)
    try browser.wait("return document.querySelector('#look .verdict').dataset.class === '7'")
    #expect(try browser.run("return document.querySelectorAll('#look .layer').length") as? Int == 9)
    try browser.screenshot("look-1280-light")
    // What is no picture is told, and the page goes on.
    try drop([1, 2, 3], browser)
    try browser.wait("return !document.querySelector('#look .error').hidden")
    #expect(
      try browser.text("return document.querySelector('#look .error').textContent")
        .contains("dropped.png"))
  }

  /// By the keyboard, on a narrow page and on a wide one.
  @Test(arguments: [(400, false), (1280, true)])
  func theLookTabTellsWhy(width: Int, isDark: Bool) throws {
    let (served, browser) = (try served(), try Browser(width: width, isDark: isDark))
    try browser.open(served, "#look")
    let pixels = try Digits.builtIn(count: 1, seed: 9).image(at: 0).scalars.map { UInt8($0 * 255) }
    try drop(Picture(width: 28, height: 28, channels: 1, bytes: pixels).png(), browser)
    try browser.wait("return !document.querySelector('#look .why').hidden")
    let maps = "document.querySelectorAll('#look .why .layer')"
    #expect(try browser.run("return \(maps).length") as? Int == 0)
    try browser.run("document.querySelector('#look .why summary').focus()")
    try browser.type("\u{E007}")
    try browser.wait("return \(maps).length === 5")
    let status = "document.querySelector('#look .why [role=status]').textContent"
    try browser.wait("return \(status).startsWith('Blue counts for')")
    let before = try browser.text(fingerprint("#look .why [data-method=occlusion] canvas.maps"))
    try browser.run(
      """
      const choice = document.querySelector('#look .why select');
      choice.value = '3';
      choice.dispatchEvent(new Event('change'));
      """)
    try browser.wait("return \(status).includes('“3”')")
    #expect(
      try browser.text(fingerprint("#look .why [data-method=occlusion] canvas.maps")) != before)
    usleep(300_000)
    let found =
      try browser.run(AccessibilityRules.script) as? [String] ?? ["the rules did not run"]
    #expect(found == [])
    try browser.screenshot("why-\(width)-\(isDark ? "dark" : "light")")
    #expect(try browser.complaints() == [])
  }

  @Test func aNetworkOfThreeChannelsIsServedByTheSamePage() throws {
    var network = try Network(
      text:
        "conv 8 3x3 padding 1, batchnorm, relu, residual(conv 8 3x3 padding 1, batchnorm, relu), "
        + "maxpool 2, globalavgpool, flatten, dense 10", input: [3, 32, 32], seed: 4)
    network.preprocessing.classNames = NamedDataset.cifar10.classNames
    let path = NSTemporaryDirectory() + "/striate-cifar-\(UUID()).safetensors"
    try network.save(to: path)
    defer { unlink(path) }
    let (served, browser) = (try ServedProcess(models: [path]), try Browser())
    try browser.open(served)
    try browser.run("document.querySelector('#draw input[type=color]').value = '#ff8000'")
    try browser.draw("#pad", Self.three)
    try browser.wait("return document.querySelectorAll('#draw .layer').length === 12")
    #expect(
      try browser.text(
        "return document.querySelector('#draw [data-layer=input] .shape').textContent")
        == "3 × 32 × 32")
    #expect(
      try browser.run("return document.querySelectorAll('#draw .bars li').length") as? Int == 10)
    try browser.screenshot("cifar-1280-light")
    #expect(try browser.complaints() == [])
  }

  @Test func aLessonIsFinished() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served, "#lessons/1")
    try browser.wait("return document.querySelectorAll('#lessons .exercise').length === 2")
    func answer(_ exercise: Int, _ text: String) throws {
      try browser.click("#answer-1-\(exercise)")
      try browser.run("document.getElementById('answer-1-\(exercise)').value = ''")
      try browser.type("\(text)\u{E007}")
    }
    let verdict = "document.querySelectorAll('#lessons .exercise [role=status]')"
    try answer(1, "1 1 1 1")
    try browser.wait("return \(verdict)[0].className === 'error'")
    try answer(1, "0 1 0 1")
    try browser.wait("return \(verdict)[0].className === 'right'")
    try answer(2, "1 1 1")
    try browser.wait("return \(verdict)[1].className === 'right'")
    #expect(
      try browser.text("return document.querySelector('[data-lesson=\"1\"] .done').textContent")
        == "✓")
    try browser.screenshot("lesson-1280-light")
    #expect(try browser.complaints() == [])
  }

  @Test(arguments: [(400, false), (400, true), (1280, false), (1280, true)])
  func everyPartCanBeReadByEveryone(width: Int, isDark: Bool) throws {
    let (served, browser) = (try served(), try Browser(width: width, isDark: isDark))
    try browser.open(served)
    try browser.draw("#pad", Self.three)
    try browser.wait("return document.querySelectorAll('#draw .layer').length === 9")
    let theme = isDark ? "dark" : "light"
    func check(_ part: String) throws {
      usleep(300_000)
      let found =
        try browser.run(AccessibilityRules.script) as? [String] ?? ["the rules did not run"]
      #expect(found == [], "\(part), \(width) pixels, \(theme)")
      try browser.screenshot("\(part)-\(width)-\(theme)")
    }
    try check("draw")
    try browser.run("location.hash = 'train'; \(button("Start", in: "train")).click()")
    try browser.wait(
      "return document.getElementById('training-state').dataset.phase === 'finished'")
    try browser.wait("return document.querySelectorAll('#sample .layer').length > 5")
    try check("train")
    try browser.run("location.hash = 'look'")
    try check("look")
    try browser.run("location.hash = 'lessons/7'")
    try browser.wait("return document.querySelectorAll('#lessons .exercise').length > 0")
    try check("lessons")
    #expect(try browser.complaints() == [])
  }

  @Test func thePageIsUsableWithinASecondAndAsksNoOtherServer() throws {
    let (served, browser) = (try served(), try Browser())
    try browser.open(served)
    let loads = try #require(
      try browser.run(
        "return performance.getEntriesByType('resource').map(e => e.name)") as? [String])
    #expect(loads.count > 10)
    #expect(loads.allSatisfy { $0.hasPrefix("http://127.0.0.1:\(served.port)/") }, "\(loads)")
    let size = try #require(
      try browser.run(
        "return performance.getEntriesByType('resource').reduce((s, e) => s + e.encodedBodySize, 0)"
      )
        as? Int)
    #expect(size > 0 && size < 500_000)
    #expect(try browser.complaints() == [])
  }
}
