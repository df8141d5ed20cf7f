import Foundation
import Striate
import StriateData
import Testing

@Suite struct AugmentTests {
  static let everything = """
    crop 2, flip, flip vertical, rotate 10, shift 0.1, scale 0.9-1.1, shear 5, elastic 20 4, \
    resized-crop 0.8-1, color 0.2 0.2 0.2 0.1, randaugment 2 9, cutout 6, mixup 0.2, cutmix 1
    """

  @Test func theNumberOfThreadsChangesNoBit() throws {
    let lines = try [1, 2, 3].map { threads in
      try #require(
        striate(
          "train", "digits", "--model", "numpy-cnn", "--epochs", "1", "--count", "300", "--batch",
          "35", "--augment", Self.everything, "--threads", "\(threads)", "--json", "--quiet"
        ).objects.last)
    }
    #expect(Set(lines.map { $0["parameters_sha256"] as? String }).count == 1)
    #expect(lines[0]["augment"] as? String == (try Augmentation(text: Self.everything)).text)
    let plain = try #require(
      striate(
        "train", "digits", "--model", "numpy-cnn", "--epochs", "1", "--count", "300", "--batch",
        "35", "--json", "--quiet"
      ).objects.last)
    #expect(plain["augment"] is NSNull)
    #expect(plain["parameters_sha256"] as? String != lines[0]["parameters_sha256"] as? String)
  }

  @Test func theIntroductionTellsWhatChangesTheImages() throws {
    let result = try striate(
      "train", "digits", "--model", "perceptron", "--epochs", "1", "--count", "50", "--augment",
      "Rotate 10,shift .1")
    #expect(result.status == 0)
    #expect(result.error.contains("50 images of digits, changed by \"rotate 10, shift 0.1\", "))
  }

  @Test func aSheetShowsImagesAndWhatBecomesOfThem() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("sheet.png")
    let result = try striate(
      "augment", "digits", "--augment", "flip chance 1", "--preview", out, "--count", "2",
      "--images", "3", "--json")
    #expect(result.status == 0)
    let object = try #require(try result.objects.first)
    let sheet = try Picture(contentsOf: out)
    #expect(object["width"] as? Int == sheet.width && object["height"] as? Int == sheet.height)
    #expect(object["augment"] as? String == "flip chance 1")
    #expect(object["images"] as? Int == 3 && object["count"] as? Int == 2)
    #expect(sheet.channels == 1)
    // Tiles of 28 · 3 pixels: the first as it is, the others its mirror image, grey around them.
    let data = try Digits.builtIn(count: 10_000, seed: 1)
    for row in 0..<3 {
      let image = try data.image(at: row * 10_000 / 3).scalars
      for (column, left) in [4, 4 + 84 + 14, 4 + 84 + 14 + 84 + 4].enumerated() {
        for y in 0..<28 {
          for x in 0..<28 {
            let expected = image[y * 28 + (column == 0 ? x : 27 - x)] * 255
            let place = (4 + row * 88 + 3 * y) * sheet.width + left + 3 * x
            guard sheet.bytes[place] == UInt8(expected.rounded()) else {
              Issue.record("row \(row), column \(column): pixel \(x), \(y)")
              return
            }
          }
        }
        #expect(sheet.bytes[(5 + row * 88) * sheet.width + left - 1] == 128)
      }
    }
    #expect(sheet.width == 4 + 84 + 14 + 84 + 4 + 84 + 4 && sheet.height == 4 + 3 * 88)
  }

  @Test func theSameSeedGivesTheSameSheet() throws {
    let folder = try TemporaryFolder()
    var files: [[UInt8]] = []
    for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
      let out = folder.path("\(name).png")
      let result = try striate(
        "augment", "digits", "--augment", Self.everything, "--preview", out, "--seed", seed,
        "--classes", "3,8")
      #expect(result.status == 0)
      #expect(
        result.output.hasPrefix("\(out): 8 images of digits, each as it is and in 8 epochs, "))
      files.append(try Picture(contentsOf: out).bytes)
    }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
  }

  static let mistakes: [(words: [String], message: String)] = [
    (
      ["augment", "digits", "--preview", "a.png"],
      "expected --augment TEXT such as \"crop 4, flip\", found none"
    ),
    (["augment", "digits", "--augment", "flip"], "expected --preview OUT.png, found none"),
    (
      ["augment", "digits", "--augment", "flip", "--preview", "a.jpg"],
      "option --preview: expected a file name that ends with .png, found \"a.jpg\""
    ),
    (
      ["augment", "digits", "--augment", "rotat 3", "--preview", "a.png"],
      "option --augment: augmentation, transform 1 \"rotat 3\": unknown transform \"rotat\"; "
        + "did you mean \"rotate\"?"
    ),
    (["augment", "digits", "--count", "0"], "expected --augment TEXT"),
    (
      ["augment", "digits", "--augment", "flip", "--preview", "a.png", "--count", "0"],
      "option --count: expected a whole number from 1 to 100, found \"0\""
    ),
    (
      ["train", "digits", "--model", "mlp", "--augment", "cutout"],
      "option --augment: augmentation, transform 1 \"cutout\": expected the side in pixels"
    ),
    (["augment", "digit", "--augment", "flip"], "did you mean \"digits\"?"),
    (["augmnt", "digits"], "did you mean \"augment\"?"),
  ]

  @Test(arguments: mistakes)
  func wrongUsageIsExplained(words: [String], message: String) throws {
    let result = try CommandProcess(words).result()
    #expect(result.status == 2)
    #expect(result.error.contains(message), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  @Test func whatCannotBeDoneIsAFailure() throws {
    let folder = try TemporaryFolder()
    for (words, message) in [
      (
        ["--augment", "crop 28 reflect", "--preview", folder.path("a.png")],
        "striate augment: augmentation, transform 1 \"crop 28 reflect\": expected a padding below 28"
      ),
      (
        ["--augment", "flip", "--preview", folder.path("none/a.png")],
        "striate augment: cannot write"
      ),
    ] {
      let result = try CommandProcess(["augment", "digits"] + words).result()
      #expect(result.status == 1)
      #expect(result.error.contains(message), "\(result.error)")
    }
    let training = try striate(
      "train", "digits", "--model", "mlp", "--augment", "crop 28 reflect")
    #expect(training.status == 1)
    #expect(training.error.contains("expected a padding below 28, the shorter side of 28×28"))
  }
}
