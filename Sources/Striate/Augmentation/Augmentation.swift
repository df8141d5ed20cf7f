/// Random changes of training images: a list that every image goes through, with random numbers of its own.
///
/// ```swift
/// var trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: SGD(), batchSize: 128)
/// trainer.augmentation = try Augmentation(text: "crop 4, flip, cutout 8")
/// ```
///
/// What happens to an image follows from the trainer's seed, the epoch and the image's position in the
/// epoch alone. Changes come in the order of the list; MixUp and CutMix come last. What leads to new
/// places between pixels (rotation, elastic deformation and so on) is read by one bilinear
/// interpolation where such changes follow one another.
public struct Augmentation: Sendable, Equatable {
  /// The changes, in order.
  public var steps: [Step]

  /// What stands where a change shows what lies outside the image, and where a part is erased; nil for
  /// black in images of one channel and the mean in others.
  public var fill: Fill?

  /// A list of changes.
  public init(steps: [Step], fill: Fill? = nil) {
    (self.steps, self.fill) = (steps, fill)
  }

  /// A list of changes, each with its usual chance.
  public init(_ transforms: Transform..., fill: Fill? = nil) {
    self.init(steps: transforms.map { Step($0) }, fill: fill)
  }

  /// One entry of the list.
  public struct Step: Sendable, Equatable {
    /// What is done.
    public var transform: Transform

    /// The share of the images to which it is done.
    public var chance: Double

    /// A change and how often it happens.
    public init(_ transform: Transform, chance: Double? = nil) {
      self.transform = transform
      self.chance = chance ?? transform.usualChance
    }
  }

  /// The colour of what is not part of the image.
  public enum Fill: String, Sendable, Equatable, CaseIterable {
    /// The value 0.
    case black
    /// The mean of each channel as the network's preprocessing has it: 0 in what the network sees.
    case mean
  }

  /// What lies beyond the border of an image.
  public enum Border: String, Sendable, Equatable, CaseIterable {
    /// The fill colour.
    case fill
    /// The image's own mirror image, without repeating the pixels at the border.
    case reflect
  }

  /// Which way an image is mirrored.
  public enum Direction: String, Sendable, Equatable, CaseIterable {
    /// Left becomes right.
    case horizontal
    /// Above becomes below.
    case vertical
  }

  /// One kind of random change. Every number is drawn evenly from its range.
  public enum Transform: Sendable, Equatable {
    /// A cut of the image's own size out of the image with `padding` pixels around it.
    ///
    /// Source: He et al. 2016, arXiv:1512.03385 §4.2.
    case crop(padding: Int, border: Border = .fill)

    /// The mirror image.
    case flip(Direction = .horizontal)

    /// A rotation about the centre by −degrees to degrees.
    case rotate(degrees: Double)

    /// A move by up to a share of the width and of the height, in either direction.
    case shift(x: Double, y: Double)

    /// A magnification about the centre by a factor from `from` to `to`.
    case scale(from: Double, to: Double)

    /// A shear about the centre by −x to x degrees along rows and −y to y degrees along columns.
    case shear(x: Double, y: Double)

    /// A displacement of every pixel by a random field: numbers from −1 to 1, smoothed by a Gaussian of
    /// standard deviation `smoothness` (σ) pixels, times `strength` (α) pixels.
    ///
    /// Source: Simard, Steinkraus & Platt 2003, doi:10.1109/ICDAR.2003.1227801.
    case elastic(strength: Double, smoothness: Double)

    /// A part of the image, of a share of its area and of an aspect ratio, enlarged to the whole.
    ///
    /// Source: Szegedy et al. 2015, arXiv:1409.4842 §6; torchvision's RandomResizedCrop.
    case resizedCrop(area: ClosedRange<Double>, aspect: ClosedRange<Double>)

    /// Brightness, contrast and saturation multiplied by factors from 1 − b to 1 + b, and the hue turned by −hue to hue
    /// full circles, in random order. Pixels are values from 0 to 1; saturation and hue are of
    /// images with three channels.
    ///
    /// Source: torchvision's ColorJitter.
    case color(brightness: Double, contrast: Double, saturation: Double, hue: Double)

    /// A square erased around a random pixel; what lies outside the image is cut off.
    ///
    /// Source: DeVries & Taylor 2017, arXiv:1708.04552.
    case cutout(side: Int)

    /// The weighted mean of two images and of their targets, the weight from Beta(α, α).
    ///
    /// Source: Zhang et al. 2018, arXiv:1710.09412.
    case mixUp(alpha: Double)

    /// A rectangle of another image in place of the image's own, its area from Beta(α, α), and targets in the
    /// proportion of the areas.
    ///
    /// Source: Yun et al. 2019, arXiv:1905.04899.
    case cutMix(alpha: Double)

    /// Several changes one after the other, each drawn from fourteen kinds, all of one magnitude from 0
    /// to 30.
    ///
    /// Source: Cubuk et al. 2020, arXiv:1909.13719; the list and the meaning of magnitudes as in torchvision.
    case randAugment(operations: Int, magnitude: Double)

    /// The chance of a step that does not say otherwise: a flip happens to every second image, all else to
    /// every one.
    public var usualChance: Double {
      if case .flip = self { return 0.5 }
      return 1
    }
  }
}

/// An augmentation that cannot be: what was expected, what was found.
public struct InvalidAugmentation: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String

  init(description: String) { self.description = description }
}
