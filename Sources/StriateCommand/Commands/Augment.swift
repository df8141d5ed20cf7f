import Striate
import StriateData
import StriateExplain

/// The size of a sheet of samples.
private let (usualImages, usualCount) = (8, 8)

extension Command {
  static let augment = Command(
    name: "augment",
    summary: "Show what random changes make of training images.",
    usage: ["DATA --augment TEXT --preview OUT.png [options]"],
    details: """
      Writes a sheet of training images: each row begins with an image as it is and goes on with what
      training would make of it in one epoch after the other. DATA is as for striate train, and TEXT
      is what striate train --augment takes: transforms separated by commas, in their order.

        crop 4 | crop 4 reflect            a cut out of the image with so many pixels around it
        flip | flip vertical               every second image mirrored
        rotate 10, shift 0.1, scale 0.9-1.1, shear 5
                                           degrees, shares of the sides, factors, degrees
        elastic 34 4                       random displacements: strength, smoothness (pixels)
        resized-crop 0.08-1 0.75-1.33      a part of so much area and such an aspect ratio, enlarged
        color 0.4 0.4 0.4 0.1              brightness, contrast, saturation, hue; each also by name
        cutout 8                           a square of so many pixels erased
        mixup 0.2, cutmix 1                two images and their targets mixed
        randaugment 2 9                    two of fourteen changes, magnitude 0 to 30
        fill black | fill mean             what lies outside an image (black if grey, else the mean)

      "chance 0.3" after a transform says how often it happens.
      """,
    options: [
      augmentation,
      Option("preview", "OUT.png", "where the sheet goes"),
      Option("count", "N", "changed images in a row (\(usualCount))"),
      Option("images", "N", "rows (\(usualImages))"),
      Option("seed", "N", "what the changes depend on, as in striate train (0)"),
    ] + DataSource.options + DataSource.pictureOptions + [.threads, .json, .quiet],
    examples: [
      "striate augment digits --augment \"rotate 10, shift 0.1, elastic 34 4\" --preview sheet.png",
      "striate augment mnist --augment \"crop 2, cutout 8, mixup 0.2\" --preview sheet.png --count 4",
    ],
    operands: ("DATA", 1...1),
    run: { arguments in
      let source = try DataSource(arguments)
      let classes = try source.classes()
      guard let augmentation = try arguments.augmentation() else {
        throw Usage.Mistake("expected --augment TEXT such as \"crop 4, flip\", found none")
      }
      guard let out = try arguments.text("preview") else {
        throw Usage.Mistake("expected --preview OUT.png, found none")
      }
      guard out.lowercased().hasSuffix(".png") else {
        throw arguments.mistake("preview", "a file name that ends with .png", out)
      }
      let count = try arguments.integer("count", in: 1...100) ?? usualCount
      let images = try arguments.integer("images", in: 1...100) ?? usualImages
      let seed = try arguments.seed()
      try AtomicFile.checkWritable(out)
      let training = try source.loadSamples(
        classes: classes, count: images, quiet: arguments.has("quiet"))
      let sheet = try SampleSheet(
        of: training, augmentation: augmentation, images: images, count: count, seed: seed)
      try sheet.picture.writePNG(to: out)
      let (width, height) = (sheet.picture.width, sheet.picture.height)
      if arguments.has("json") {
        Console.output(
          JSON.object([
            ("out", .string(out)), ("data", .string(source.name)),
            ("augment", .string(augmentation.text)), ("images", .integer(sheet.rows)),
            ("count", .integer(count)), ("seed", .natural(seed)),
            ("width", .integer(width)), ("height", .integer(height)),
          ]).text)
      } else {
        Console.output(
          "\(out): \(sheet.rows) images of \(source.name), each as it is and in \(count) epochs, "
            + "\(width)×\(height) pixels")
      }
      return .success
    })

  /// The option that `train` and `augment` share.
  static let augmentation = Option(
    "augment", "TEXT",
    "random changes of training images such as \"crop 4, flip\", or none\n"
      + "(striate augment --help lists them)")
}

extension Arguments {
  /// The augmentation of `--augment`, an empty one for "none"; nil where the option is not there.
  func augmentation() throws -> Augmentation? {
    guard let text = try text("augment") else { return nil }
    guard text.lowercased() != "none" else { return Augmentation() }
    do {
      return try Augmentation(text: text)
    } catch let error as InvalidAugmentation {
      throw Usage.Mistake("option --augment: \(error)")
    }
  }
}
