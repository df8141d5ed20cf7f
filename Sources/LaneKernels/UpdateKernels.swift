/// The kernels of what follows the gradients in a training step: an optimizer's rules, what they are made of, and what is done to
/// gradients before.
@frozen
public struct UpdateKernels: Sendable {
  public typealias Source = UnsafePointer<Float>
  public typealias Target = UnsafeMutablePointer<Float>

  public let sgd:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ momentum: Target?,
      _ learningRate: Float, _ factor: Float, _ weightDecay: Float, _ nesterov: Bool,
      _ isFirst: Bool
    ) -> Void
  public let rmsProp:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target,
      _ momentum: Target?, _ learningRate: Float, _ smoothing: Double, _ epsilon: Float,
      _ factor: Float, _ weightDecay: Float
    ) -> Void
  public let adam:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ epsilon: Float,
      _ weightDecay: Float, _ isDecoupled: Bool, _ correction1: Float, _ correction2: Float
    ) -> Void
  public let adagrad:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target,
      _ learningRate: Float, _ initial: Float, _ epsilon: Float, _ weightDecay: Float
    ) -> Void
  public let adadelta:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ square: Target, _ change: Target,
      _ learningRate: Float, _ smoothing: Double, _ epsilon: Float, _ weightDecay: Float
    ) -> Void
  public let nAdam:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ gradientFactor: Float, _ meanFactor: Float, _ beta1: Double, _ beta2: Double,
      _ epsilon: Float, _ weightDecay: Float, _ keep: Float, _ correction2: Float
    ) -> Void
  public let lion:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ momentum: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ keep: Float
    ) -> Void
  public let lamb:
    @Sendable (
      _ count: Int, _ weights: Target, _ gradient: Source, _ mean: Target, _ square: Target,
      _ learningRate: Float, _ beta1: Double, _ beta2: Double, _ epsilon: Float,
      _ weightDecay: Float, _ correction1: Float, _ correction2: Float
    ) -> Void
  public let momentum:
    @Sendable (
      _ count: Int, _ gradient: Source, _ momentum: Target, _ direction: Target,
      _ factor: Double, _ nesterov: Bool
    ) -> Void
  public let matrixProduct:
    @Sendable (
      _ pass: MatrixPass, _ left: Source, _ right: Source, _ addend: Source?, _ result: Target
    ) -> Void
  public let copyMatrix:
    @Sendable (
      _ rows: Int, _ columns: Int, _ factor: Float, _ x: Source, _ stride: Int, _ y: Target,
      _ targetStride: Int
    ) -> Void
  public let transposeMatrix:
    @Sendable (
      _ rows: Int, _ columns: Int, _ factor: Float, _ x: Source, _ stride: Int, _ y: Target,
      _ targetStride: Int
    ) -> Void
  public let sumOfSquares: @Sendable (_ count: Int, _ x: Source) -> Float
  public let scale: @Sendable (_ count: Int, _ factor: Float, _ x: Target) -> Void
  public let clamp: @Sendable (_ count: Int, _ limit: Float, _ x: Target) -> Void
  public let average: @Sendable (_ count: Int, _ decay: Double, _ x: Source, _ a: Target) -> Void
  public let combine:
    @Sendable (_ count: Int, _ a: Float, _ x: Source, _ b: Float, _ y: Target) -> Void

  /// The kernels of one instruction set.
  @export(implementation) @inline(__always)
  public init<ISA: InstructionSet>(_ isa: ISA.Type) {
    sgd = {
      LaneKernels.updateSGD(
        isa, count: $0, weights: $1, gradient: $2, momentum: $3, learningRate: $4, factor: $5,
        weightDecay: $6, nesterov: $7, isFirst: $8)
    }
    rmsProp = {
      LaneKernels.updateRMSprop(
        isa, count: $0, weights: $1, gradient: $2, square: $3, momentum: $4, learningRate: $5,
        smoothing: $6, epsilon: $7, factor: $8, weightDecay: $9)
    }
    adam = {
      LaneKernels.updateAdam(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, learningRate: $5,
        beta1: $6, beta2: $7, epsilon: $8, weightDecay: $9, isDecoupled: $10, correction1: $11,
        correction2: $12)
    }
    adagrad = {
      LaneKernels.updateAdagrad(
        isa, count: $0, weights: $1, gradient: $2, square: $3, learningRate: $4, initial: $5,
        epsilon: $6, weightDecay: $7)
    }
    adadelta = {
      LaneKernels.updateAdadelta(
        isa, count: $0, weights: $1, gradient: $2, square: $3, change: $4, learningRate: $5,
        smoothing: $6, epsilon: $7, weightDecay: $8)
    }
    nAdam = {
      LaneKernels.updateNAdam(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, gradientFactor: $5,
        meanFactor: $6, beta1: $7, beta2: $8, epsilon: $9, weightDecay: $10, keep: $11,
        correction2: $12)
    }
    lion = {
      LaneKernels.updateLion(
        isa, count: $0, weights: $1, gradient: $2, momentum: $3, learningRate: $4, beta1: $5,
        beta2: $6, keep: $7)
    }
    lamb = {
      LaneKernels.updateLAMB(
        isa, count: $0, weights: $1, gradient: $2, mean: $3, square: $4, learningRate: $5,
        beta1: $6, beta2: $7, epsilon: $8, weightDecay: $9, correction1: $10, correction2: $11)
    }
    momentum = {
      LaneKernels.updateMomentum(
        isa, count: $0, gradient: $1, momentum: $2, direction: $3, factor: $4, nesterov: $5)
    }
    matrixProduct = { LaneKernels.matrixProduct(isa, $0, $1, $2, $3, $4) }
    copyMatrix = {
      LaneKernels.copyMatrix(
        isa, rows: $0, columns: $1, factor: $2, from: $3, stride: $4, to: $5, targetStride: $6)
    }
    transposeMatrix = {
      LaneKernels.transposeMatrix(
        isa, rows: $0, columns: $1, factor: $2, from: $3, stride: $4, to: $5, targetStride: $6)
    }
    sumOfSquares = { LaneKernels.sumOfSquares(isa, count: $0, $1) }
    scale = { LaneKernels.scale(isa, count: $0, by: $1, $2) }
    clamp = { LaneKernels.clamp(isa, count: $0, to: $1, $2) }
    average = { LaneKernels.average(isa, count: $0, decay: $1, $2, into: $3) }
    combine = { LaneKernels.combine(isa, count: $0, $1, $2, $3, into: $4) }
  }
}
