import LaneKernels

/// A layer that computes something else while a network is trained than afterwards: dropout, batch
/// normalisation.
///
/// `referenceForward` and `referenceBackward` say what it computes afterwards; these say what it
/// computes in a training step. In the engine `LayerSite.step` tells the two apart.
public protocol TrainingDependent: Layer {
  /// The output of a training step in Double.
  func referenceTrainingForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceTensor

  /// The gradients of a training step in Double, given ∂E/∂output.
  func referenceTrainingBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceGradients

  /// All parameters after the forward pass of a training step, which changes those that are not learned.
  func referenceTrained(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> [ReferenceTensor]
}

extension TrainingDependent {
  /// The parameters as they were.
  public func referenceTrained(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> [ReferenceTensor] { parameters }
}

/// What the random numbers of one training step depend on: never on the thread that draws them.
///
/// A number belongs to an image of the batch and a place in it. Source: the finalizer of MurmurHash3 by
/// A. Appleby; SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195).
public struct RandomKey: Sendable, Equatable {
  /// 64 bits that were mixed well.
  public let value: UInt64

  /// The key of a seed.
  public init(seed: UInt64) { value = RandomKey.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) }

  /// The key of one of many uses of this key: a step, a layer, an image.
  public func derived(_ index: Int) -> RandomKey {
    RandomKey(seed: value ^ RandomKey.mixed(UInt64(truncatingIfNeeded: index) &+ 1))
  }

  /// The 32 bits that stand for an image of the batch.
  func bits(image: Int) -> UInt32 { UInt32(truncatingIfNeeded: derived(image).value >> 32) }

  /// 32 random bits for a place in an image of the batch.
  public func bits(image: Int, place: Int) -> UInt32 {
    randomBits(key: bits(image: image), place: UInt32(truncatingIfNeeded: place))
  }

  private static func mixed(_ seed: UInt64) -> UInt64 {
    var z = seed
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
