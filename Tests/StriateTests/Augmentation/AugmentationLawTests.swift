import LaneKernels
import Striate
import Testing

/// What must hold without a reference, to the bit.
@Suite struct AugmentationLawTests {
  static let shapes = [[1, 1, 1], [1, 2, 3], [3, 2, 3], [4, 7, 5], [3, 32, 32]]

  /// Transforms that leave images as they are.
  static let identities = [
    "crop 0", "crop 0 reflect", "flip chance 0", "flip chance 1, flip chance 1",
    "flip vertical chance 1, crop 0, flip vertical chance 1", "rotate 0", "shift 0", "scale 1-1",
    "shear 0", "elastic 0 4", "resized-crop 1-1 1-1", "brightness 0", "color 0 0 0 0",
    "rotate 0, flip chance 1, crop 0, flip chance 1", "cutout 3 chance 0", "mixup 1 chance 0",
    "cutmix 1 chance 0", "elastic 0 1, elastic 0 2",
  ]

  @Test(arguments: identities)
  func transformsOfNothingLeaveEveryBit(_ text: String) throws {
    let augmentation = try Augmentation(text: text)
    for shape in Self.shapes where !text.hasPrefix("resized") || shape[1] == shape[2] {
      let trial = AugmentationTrial(augmentation, shape: shape, count: 18)
      let plain = AugmentationTrial(Augmentation(), shape: shape, count: 18)
      for kernels in KernelTable.runnable {
        let (found, expected) = (
          trial.run(kernels, as: UInt8.self), plain.run(kernels, as: UInt8.self)
        )
        #expect(found.images == expected.images, "\(text) of \(shape) on \(kernels.name)")
        #expect(found.targets == expected.targets)
      }
    }
  }

  /// The same moves as copies of rows and, behind a rotation of nothing, as places to read.
  @Test(arguments: [
    "flip chance 1", "flip vertical chance 1", "flip chance 1, flip vertical chance 1",
  ])
  func copiesAndReadPlacesGiveTheSameBits(_ text: String) throws {
    let (copied, read) = try (
      Augmentation(text: text), Augmentation(text: "rotate 0, " + text)
    )
    for shape in [[1, 2, 3], [3, 6, 5]] {
      for kernels in KernelTable.runnable {
        let expected = AugmentationTrial(copied, shape: shape, count: 16)
          .run(kernels, as: UInt8.self).images
        let found = AugmentationTrial(read, shape: shape, count: 16)
          .run(kernels, as: UInt8.self).images
        #expect(found == expected, "\(text) on \(kernels.name)")
        #expect(
          found
            != AugmentationTrial(Augmentation(), shape: shape, count: 16)
            .run(kernels, as: UInt8.self).images)
      }
    }
  }

  @Test func anImageDoesNotDependOnTheOthersOfItsBatch() throws {
    let text =
      "crop 2, flip, rotate 20, elastic 5 2, color 0.4 0.4 0.4 0.1, randaugment 2 9, cutout 3"
    let augmentation = try Augmentation(text: text)
    let all = AugmentationTrial(augmentation, shape: [3, 6, 5], count: 40)
    for kernels in KernelTable.runnable {
      let expected = all.run(kernels, as: UInt8.self).images
      for start in [0, 1, 7, 16, 39] {
        let some = AugmentationTrial(all, from: start)
        #expect(
          some.run(kernels, as: UInt8.self, position: start).images == Array(expected[start...]))
      }
    }
  }

  /// Numbers that no Float and, in the end, no Double holds: everything lies outside, or mirrored somewhere in the
  /// image.
  @Test(
    arguments: [21, 60], ["", ", crop 1 reflect", ", elastic 8 2, flip", ", rotate 40, shear 10"])
  func mapsWithoutBoundsReadInsideTheImage(_ count: Int, _ end: String) throws {
    for scale in ["scale 0.01-0.01", "scale 100-100"] {
      let text = Array(repeating: scale, count: count).joined(separator: ", ") + end
      let trial = AugmentationTrial(try Augmentation(text: text), shape: [2, 6, 5], count: 16)
      for kernels in KernelTable.runnable {
        let found = trial.run(kernels, as: UInt8.self).images
        #expect(found.allSatisfy { $0.allSatisfy(\.isFinite) }, "\(count) × \(scale)\(end)")
      }
    }
  }

  @Test func seedsEpochsAndPositionsGiveOtherChanges() throws {
    let augmentation = try Augmentation(text: "rotate 20, cutout 3, mixup 1")
    let trial = AugmentationTrial(augmentation, shape: [1, 8, 8], count: 16)
    let other = AugmentationTrial(augmentation, shape: [1, 8, 8], count: 16, seed: 2)
    let kernels = KernelTable.best
    let first = trial.run(kernels, as: UInt8.self)
    #expect(first == trial.run(kernels, as: UInt8.self))
    #expect(first.images != trial.run(kernels, as: UInt8.self, epoch: 2).images)
    #expect(first.targets != trial.run(kernels, as: UInt8.self, position: 16).targets)
    #expect(first.targets != other.run(kernels, as: UInt8.self).targets)
  }

  @Test func theMeanFillIsZeroForTheNetwork() throws {
    let augmentation = try Augmentation(text: "cutout 9, fill mean")
    let images = AugmentationTrial(augmentation, shape: [3, 5, 5], count: 16)
      .run(.best, as: UInt8.self).images
    #expect(images.contains { $0.count { $0 == 0 } >= 3 * 25 })
    let black = try Augmentation(text: "cutout 9, fill black")
    let trial = AugmentationTrial(black, shape: [3, 5, 5], count: 16)
    let least = -trial.preprocessing.mean[0] / trial.preprocessing.standardDeviation[0]
    #expect(
      trial.run(.best, as: UInt8.self).images.contains { $0[..<25].allSatisfy { $0 == least } })
  }

  @Test func mixedTargetsAddUpToOne() throws {
    let augmentation = try Augmentation(text: "mixup 0.4, cutmix 1")
    let trial = AugmentationTrial(augmentation, shape: [1, 8, 8], count: 37)
    for kernels in KernelTable.runnable {
      let targets = trial.run(kernels, as: UInt8.self).targets
      for target in targets { #expect(abs(target.reduce(0, +) - 1) < 1e-6) }
      #expect(targets.contains { $0.contains { $0 > 0.1 && $0 < 0.9 } })
    }
  }

  @Test func anImageAloneIsMixedWithNothing() throws {
    let augmentation = try Augmentation(text: "mixup 1, cutmix 1")
    for shape in [[1, 1, 1], [3, 4, 4]] {
      let trial = AugmentationTrial(augmentation, shape: shape, count: 1)
      let plain = AugmentationTrial(Augmentation(), shape: shape, count: 1)
      let found = trial.run(.best, as: Float.self)
      expectClose(
        found.images[0].map { Double($0) },
        plain.run(.best, as: Float.self).images[0].map { Double($0) },
        relative: 1e-6)
      #expect(abs(found.targets[0][0] - 1) < 1e-6)
    }
  }

  @Test func theBatchOfAPreviewIsThatOfTraining() throws {
    let data = try Dataset(
      imageShape: [1, 4, 4],
      pixels: .bytes((0..<320).map { UInt8($0 % 251) }), labels: (0..<20).map { $0 % 3 },
      classNames: ["a", "b", "c"])
    let plain = try Augmentation().batch(of: data, at: Array(0..<20))
    #expect(plain.images.shape == [20, 1, 4, 4])
    #expect(plain.targets.shape == [20, 3])
    for n in 0..<20 {
      #expect(Array(plain.images.scalars[n * 16..<(n + 1) * 16]) == (try data.image(at: n)).scalars)
      #expect(plain.targets[n, n % 3] == 1)
    }
    let flipped = try Augmentation(text: "flip chance 1").batch(of: data, at: [5])
    #expect(flipped.images.scalars[0..<4] == plain.images.scalars[80..<84].reversed()[...])
    #expect(throws: InvalidAugmentation.self) {
      try Augmentation(text: "crop 4 reflect").batch(of: data, at: [0])
    }
  }
}

extension AugmentationTrial {
  /// The images from one on.
  init(_ other: AugmentationTrial, from start: Int) {
    (augmentation, shape, seed) = (other.augmentation, other.shape, other.seed)
    (preprocessing, images) = (other.preprocessing, Array(other.images[start...]))
  }
}
