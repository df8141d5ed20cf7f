import Striate
import Testing

@Suite struct AugmentationTextTests {
  static let pairs: [(text: String, augmentation: Augmentation)] = [
    ("crop 4, flip", Augmentation(.crop(padding: 4), .flip())),
    ("crop 4 reflect", Augmentation(.crop(padding: 4, border: .reflect))),
    ("flip vertical", Augmentation(.flip(.vertical))),
    ("flip chance 0.25", Augmentation(steps: [.init(.flip(), chance: 0.25)])),
    ("rotate 10, shift 0.1", Augmentation(.rotate(degrees: 10), .shift(x: 0.1, y: 0.1))),
    (
      "shift 0.1 0.2, scale 0.9-1.1",
      Augmentation(.shift(x: 0.1, y: 0.2), .scale(from: 0.9, to: 1.1))
    ),
    ("shear 5 0", Augmentation(.shear(x: 5, y: 0))),
    ("elastic 34 4", Augmentation(.elastic(strength: 34, smoothness: 4))),
    (
      "resized-crop 0.08-1 0.75-1.5", Augmentation(.resizedCrop(area: 0.08...1, aspect: 0.75...1.5))
    ),
    (
      "color 0.4 0.3 0.2 0.1",
      Augmentation(.color(brightness: 0.4, contrast: 0.3, saturation: 0.2, hue: 0.1))
    ),
    (
      "cutout 8, mixup 0.2 chance 0.5, cutmix 1",
      Augmentation(steps: [
        .init(.cutout(side: 8)), .init(.mixUp(alpha: 0.2), chance: 0.5), .init(.cutMix(alpha: 1)),
      ])
    ),
    ("randaugment 2 9", Augmentation(.randAugment(operations: 2, magnitude: 9))),
    ("cutout 4, fill mean", Augmentation(.cutout(side: 4), fill: .mean)),
  ]

  @Test(arguments: pairs)
  func textAndValueAreTheSame(_ text: String, _ augmentation: Augmentation) throws {
    #expect(try Augmentation(text: text) == augmentation)
    #expect(augmentation.text == text)
  }

  @Test(arguments: Augmentation.texts)
  func whatIsWrittenIsReadAgain(_ text: String) throws {
    let augmentation = try Augmentation(text: text)
    #expect(try Augmentation(text: augmentation.text) == augmentation)
  }

  @Test func otherSpellingsMeanTheSame() throws {
    for (one, other) in [
      ("CROP 4,flip", "crop 4, flip"), ("colour 0.4 0.4 0.4 0.1", "color 0.4 0.4 0.4 0.1"),
      ("brightness 0.3", "color 0.3 0 0 0"), ("hue 0.1", "color 0 0 0 0.1"),
      ("contrast 0.3; saturation 0.2", "color 0 0.3 0 0\ncolor 0 0 0.2 0"),
      ("scale 0.5-1e-0", "scale 0.5-1"), ("translate 0.1", "shift 0.1"), ("hflip", "flip"),
      ("resized-crop", "resized-crop 0.08-1 0.75-1.3333333333333333"),
    ] {
      #expect(try Augmentation(text: one) == Augmentation(text: other))
    }
  }

  static let mistakes: [(text: String, message: String)] = [
    ("", "augmentation: expected transforms such as \"crop 4, flip\", found none"),
    (" , ;", "expected transforms such as \"crop 4, flip\", found none"),
    (
      "crop 4, rotat 10",
      "augmentation, transform 2 \"rotat 10\": unknown transform \"rotat\"; did you mean \"rotate\"? "
        + "known transforms: brightness, color, contrast, crop, cutmix,"
    ),
    ("crop", "transform 1 \"crop\": expected the padding, found the end: add it"),
    ("crop x", "expected the padding, a whole number, found \"x\": correct it"),
    (
      "crop 4 reflct",
      "unknown word \"reflct\"; did you mean \"reflect\"? known words: fill, reflect"
    ),
    ("flip 4", "unknown word \"4\"; known words: horizontal, vertical"),
    (
      "flip vertical 3",
      "expected the end of the transform, found \"3\": separate transforms with commas"
    ),
    ("rotate ten", "expected the angle in degrees, a number, found \"ten\""),
    (
      "rotate 200",
      "\"rotate 200\": expected an angle in degrees from 0 to 180, found 200: correct it"
    ),
    ("rotate nan", "expected the angle in degrees, a number, found \"nan\""),
    ("scale 1.1-0.9", "expected the factors, a range such as 0.9-1.1, found \"1.1-0.9\""),
    ("scale 1", "a range such as 0.9-1.1, found \"1\""),
    ("scale", "expected the factors, found the end"),
    ("scale 0-1", "expected a smallest factor from 0.01 to 100, found 0"),
    ("hue 0.7", "expected a hue in full circles from 0 to 0.5, found 0.7"),
    ("color 0.4 0.4", "expected the saturation, found the end"),
    ("elastic 34", "expected the smoothness σ, found the end"),
    ("elastic 34 0", "expected a smoothness σ from 0.1 to 100, found 0"),
    ("resized-crop 0-1", "expected a smallest share of the area from 0.0001 to 1, found 0"),
    ("cutout 0", "expected a side in pixels from 1 to 65535, found 0"),
    ("mixup 0", "expected an α from 0.001 to 1000, found 0"),
    ("randaugment 2 31", "expected a magnitude from 0 to 30, found 31"),
    ("randaugment 0 9", "expected a number of operations from 1 to 16, found 0"),
    ("flip chance 2", "expected a chance from 0 to 1, found 2"),
    ("flip chance", "expected a chance, found the end"),
    ("flip chance 0.5 vertical", "expected the end of the transform, found \"vertical\""),
    ("fill grey", "unknown word \"grey\"; known words: black, mean"),
    ("crop 99999999999999999999", "expected the padding, a whole number"),
  ]

  @Test(arguments: mistakes)
  func mistakesAreExplained(_ text: String, _ message: String) {
    let error = #expect(throws: InvalidAugmentation.self) { try Augmentation(text: text) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func hugeTextsAreRefused() {
    for text in [
      String(repeating: "flip, ", count: 65), String(repeating: "a", count: 100_000),
    ] {
      let error = #expect(throws: InvalidAugmentation.self) { try Augmentation(text: text) }
      #expect(error?.description.contains("expected ") == true)
      #expect((error?.description.count ?? 0) < 400)
    }
  }

  @Test func imagesThatCannotBeChangedAreRefused() {
    let reflecting = Augmentation(.flip(), .crop(padding: 4, border: .reflect))
    for (augmentation, shape, message) in [
      (
        reflecting, [1, 4, 28],
        "transform 2 \"crop 4 reflect\": expected a padding below 4, the shorter side of 4×28 pixels, "
          + "found 4: a mirror image reaches no further"
      ),
      (Augmentation(.flip()), [784], "expected images [channels, height, width], found [784]"),
      (Augmentation(.flip()), [1, 1, 1 << 22], "expected images [channels, height, width]"),
      (Augmentation(.rotate(degrees: .nan)), [1, 28, 28], "from 0 to 180, found nan"),
      (Augmentation(.scale(from: 2, to: .infinity)), [1, 28, 28], "from 2 to 100, found inf"),
    ] {
      let error = #expect(throws: InvalidAugmentation.self) {
        try augmentation.check(imageShape: shape)
      }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }
}
