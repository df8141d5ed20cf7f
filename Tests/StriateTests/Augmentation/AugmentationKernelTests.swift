import LaneKernels
import Striate
import Testing

/// The engine on every instruction set against the reference.
@Suite struct AugmentationKernelTests {
  static let shapes = [[1, 1, 1], [3, 2, 3], [4, 5, 7], [1, 19, 16], [3, 9, 33]]

  /// 21 images: a block and a short one.
  @Test(arguments: Augmentation.texts)
  func everyTransformAgreesWithTheReference(_ text: String) throws {
    let augmentation = try Augmentation(text: text)
    for shape in Self.shapes {
      guard (try? augmentation.check(imageShape: shape)) != nil else { continue }
      let trial = AugmentationTrial(augmentation, shape: shape, count: 21)
      let fromBytes = trial.reference(bytes: true, epoch: 3, position: 40)
      let fromFloats = trial.reference(bytes: false, epoch: 3, position: 40)
      for kernels in KernelTable.runnable {
        for (found, expected) in [
          (trial.run(kernels, as: UInt8.self, epoch: 3, position: 40), fromBytes),
          (trial.run(kernels, as: Float.self, epoch: 3, position: 40), fromFloats),
        ] {
          let error = relativeError(
            found.images.flatMap { $0 }, expected.images.flatMap { $0 })
          #expect(error < 1e-4, "\(text) of \(shape) on \(kernels.name)")
          let targetError = relativeError(
            found.targets.flatMap { $0 }, expected.targets.flatMap { $0 })
          #expect(targetError < 1e-6, "\(text), targets on \(kernels.name)")
        }
      }
    }
  }

  /// Operations with steps (posterize, equalize) can fall on either side of a step after others: most
  /// pixels agree all the same.
  @Test(arguments: ["randaugment 2 9", "randaugment 3 15, cutout 4, flip"])
  func severalOperationsComeInTheirOrder(_ text: String) throws {
    let trial = AugmentationTrial(try Augmentation(text: text), shape: [3, 17, 12], count: 40)
    let expected = trial.reference(bytes: true).images.flatMap { $0 }
    for kernels in KernelTable.runnable {
      let found = trial.run(kernels, as: UInt8.self).images.flatMap { $0 }
      let wrong = zip(found, expected).count { !(abs(Double($0) - $1) < 1e-3) }
      #expect(wrong < expected.count / 100, "\(text) on \(kernels.name)")
    }
  }

  /// Every operation of RandAugment happens among 21 images of a magnitude.
  @Test func randAugmentDrawsAllItsOperations() throws {
    let augmentation = try Augmentation(text: "randaugment 1 15")
    var kinds: Set<String> = []
    for position in 0..<400 {
      augmentation.drawChanges(
        seed: 1, epoch: 1, position: position, size: ImageSize(channels: 3, height: 8, width: 8)
      ) { change in
        var kind = "\(change)".prefix { $0 != "(" }.description
        if case .map(let map) = change {
          let isTurned = map.xx != 1
          kind = isTurned ? "rotate" : "\(map.xy != 0) \(map.yx != 0) \(map.x != 0) \(map.y != 0)"
        }
        kinds.insert(kind)
      }
    }
    #expect(kinds.count == 14, "\(kinds)")
  }
}
