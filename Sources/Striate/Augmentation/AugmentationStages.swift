import Foundation

/// The passes over memory that an augmentation needs: known before any number is drawn.
///
/// Each image gets `changeCount` changes, in slots. Crops and flips in the first slots are copies of rows
/// before the images come into lanes; each later stage is one pass or a few over lanes.
package struct AugmentationStages {
  /// The slots of crops and flips at the head of the list.
  package private(set) var leading = 0..<0

  /// The slots of each later pass. Changes of place in one stage are read by one interpolation.
  package private(set) var stages: [Range<Int>] = []

  /// The slots of elastic deformations, with what each is smoothed by.
  private(set) var elastic: [Int: ElasticWeights] = [:]

  /// Whether pixels must lie between 0 and 1 while they are changed.
  private(set) var usesUnitRange = false

  private enum Kind {
    /// Mirrors the image.
    case flip
    /// Moves pixels by whole steps.
    case crop
    /// A crop of the mirrored image: interpolation knows one border at a time.
    case mirroredCrop
    case map
    case elastic
    case window
    /// Changes values; or nobody knows beforehand.
    case other
  }

  package init(_ augmentation: Augmentation, size: ImageSize) {
    var kinds: [Kind] = []
    for step in augmentation.steps {
      let transform = step.transform
      if case .elastic(_, let smoothness) = transform {
        elastic[kinds.count] = ElasticWeights(smoothness: smoothness, size: size)
      }
      switch transform {
      case .color, .randAugment: usesUnitRange = usesUnitRange || transform.changeCount > 0
      default: break
      }
      kinds += Array(repeating: Self.kind(of: transform), count: transform.changeCount)
    }
    let first =
      kinds.firstIndex { ![.flip, .crop, .mirroredCrop].contains($0) } ?? kinds.count
    leading = 0..<first
    var slot = first
    while slot < kinds.count {
      let end = Self.end(of: kinds, from: slot)
      stages.append(slot..<end)
      slot = end
    }
  }

  private static func kind(of transform: Augmentation.Transform) -> Kind {
    switch transform {
    case .flip: .flip
    case .crop(_, .fill): .crop
    case .crop(_, .reflect): .mirroredCrop
    case .rotate, .shift, .scale, .shear: .map
    case .elastic: .elastic
    case .resizedCrop: .window
    case .color, .cutout, .mixUp, .cutMix, .randAugment: .other
    }
  }

  /// The slot after the last one that goes into the stage that starts at `start`: straight maps and
  /// crops join, with one elastic deformation, up to a part of the image that is resized; only flips may follow.
  private static func end(of kinds: [Kind], from start: Int) -> Int {
    guard kinds[start] != .other, kinds[start] != .mirroredCrop else { return start + 1 }
    var (isElastic, isWindowed) = (false, false)
    for slot in start..<kinds.count {
      switch kinds[slot] {
      case .other, .mirroredCrop: return slot
      case .flip: break
      case .crop, .map: if isWindowed { return slot }
      case .elastic:
        if isWindowed || isElastic { return slot }
        isElastic = true
      case .window:
        if isWindowed { return slot }
        isWindowed = true
      }
    }
    return kinds.count
  }
}

/// A Gaussian's weights for whole distances, as far as they reach inside an image.
struct ElasticWeights {
  /// How far they reach to either side.
  let radius: Int

  /// 2 · radius + 1 weights. All weights up to 3σ add up to 1; those that reach beyond the image are left
  /// out, for they would only meet zeros.
  let values: [Float]

  init(smoothness: Double, size: ImageSize) {
    let all = Augmentation.gaussian(smoothness)
    let reach = all.count / 2
    radius = min(reach, max(size.width, size.height) - 1)
    values = all[(reach - radius)...(reach + radius)].map { Float($0) }
  }
}

extension Augmentation {
  /// e^(−k²/2σ²) for |k| ≤ ⌈3σ⌉, divided by their sum.
  package static func gaussian(_ sigma: Double) -> [Double] {
    let radius = Int((3 * sigma).rounded(.up))
    let values = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }
}
