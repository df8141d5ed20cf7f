import Foundation
import LaneKernels

/// A layer that brings elements of each image to mean 0 and variance 1.
///
///     y = (x − μ) / √(σ² + ε) · w + b,  σ² = mean (x − μ)²
///
/// The layers of this kind differ in what μ and σ² are taken over. They never look at another image, so
/// they do the same in training and in use.
///
/// ∂E/∂x = (g − mean(g) − x̂ · mean(g · x̂)) / √(σ² + ε) with g = w · ∂E/∂y and x̂ = (x − μ)/√(σ² + ε);
/// ∂E/∂w = Σ ∂E/∂y · x̂; ∂E/∂b = Σ ∂E/∂y.
public protocol Normalization: Layer {
  /// What is added to the variance before its root is taken.
  var epsilon: Double { get }

  /// Whether there are a weight and a bias.
  var affine: Bool { get }

  /// Throws `ShapeMismatch` where an image of that shape cannot be divided as the layer wants.
  func check(_ shape: [Int]) throws

  /// How the elements of one image, whose shape was checked, are divided.
  func division(of shape: [Int]) -> NormalizationDivision
}

/// How a normalisation divides the elements of an image: [group][channel][run], where a channel is what
/// has a weight and a bias, and its run are the neighbouring elements that share them.
public struct NormalizationDivision: Sendable, Equatable {
  /// The number of groups.
  public var groups: Int

  /// The channels of a group.
  public var channels: Int

  /// The elements of a channel.
  public var run: Int

  /// Whether mean and variance are taken over the channels alone, for each place of the run.
  public var isAlongRun = false

  /// The shape of weight and bias; all groups share them where they have the channels of one group.
  public var parameterShape: [Int]

  /// A division of an image's elements.
  public init(
    groups: Int, channels: Int, run: Int, isAlongRun: Bool = false, parameterShape: [Int]
  ) {
    (self.groups, self.channels, self.run) = (groups, channels, run)
    (self.isAlongRun, self.parameterShape) = (isAlongRun, parameterShape)
  }

  /// Whether every group has weights of its own.
  var hasWeightsOfGroups: Bool { parameterShape.reduce(1, *) == groups * channels }

  /// The places of the elements that have a mean and a variance together.
  fileprivate var units: [[Int]] {
    isAlongRun
      ? (0..<run).map { place in (0..<channels).map { $0 * run + place } }
      : (0..<groups).map { Array($0 * channels * run..<($0 + 1) * channels * run) }
  }

  /// The weight of an element.
  fileprivate func parameter(of element: Int) -> Int {
    element / run % (hasWeightsOfGroups ? groups * channels : channels)
  }
}

extension Normalization {
  /// The input.
  public var backwardNeeds: BackwardNeeds { .inputs }

  /// The options of the layer as they are written in a network text.
  func options(usualEpsilon: Double, usuallyAffine: Bool) -> String {
    (epsilon == usualEpsilon ? "" : " epsilon \(epsilon.short)")
      + (affine == usuallyAffine ? "" : " affine \(affine ? "yes" : "none")")
  }

  /// The shape of the input.
  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard epsilon >= 1e-12, epsilon <= 1 else {
      throw ShapeMismatch(
        expected: "an epsilon from 1e-12 to 1", found: epsilon.short,
        advice: "choose a number in that range")
    }
    try check(shape)
    let division = division(of: shape)
    guard (division.isAlongRun ? 1 : division.run) * division.channels > 1 else {
      throw ShapeMismatch(
        expected: "at least two numbers that are normalised together", found: "one",
        advice: "normalise more together, or leave the layer out")
    }
    return shape
  }

  /// A weight of 1 and a bias of 0 for each channel, or nothing.
  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    guard affine else { return [] }
    let shape = division(of: inputs[0]).parameterShape
    return [
      ParameterDescription(name: "weight", shape: shape, initializer: .constant(1)),
      ParameterDescription(name: "bias", shape: shape, initializer: .constant(0)),
    ]
  }

  // MARK: Reference

  /// Normalises every unit.
  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    forEachUnit(of: inputs[0]) { elements in
      let (normalized, _) = referenceNormalized(inputs[0], elements.map(\.place))
      for (value, element) in zip(normalized, elements) {
        y[element.place] =
          affine
          ? value * parameters[0][element.parameter] + parameters[1][element.parameter] : value
      }
    }
    return y
  }

  /// The gradients of every unit, and those of weight and bias.
  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let dy = gradient
    var dx = dy
    var dw = parameters.map { ReferenceTensor(zeros: $0.shape) }
    forEachUnit(of: inputs[0]) { elements in
      let (normalized, scale) = referenceNormalized(inputs[0], elements.map(\.place))
      let g = elements.map { dy[$0.place] * (affine ? parameters[0][$0.parameter] : 1) }
      let count = Double(elements.count)
      let mean = g.reduce(0, +) / count
      let slope = zip(g, normalized).reduce(0) { $0 + $1.0 * $1.1 } / count
      for (k, element) in elements.enumerated() {
        dx[element.place] = (g[k] - mean - normalized[k] * slope) * scale
        if affine {
          dw[0][element.parameter] += dy[element.place] * normalized[k]
          dw[1][element.parameter] += dy[element.place]
        }
      }
    }
    return ReferenceGradients(inputs: [dx], parameters: dw)
  }

  /// What an element of one image [1, …] is normalised with: μ, 1/√(σ² + ε), and the place of its weight and
  /// bias.
  package func referenceStatistics(
    of element: Int, in x: ReferenceTensor
  ) -> (mean: Double, scale: Double, parameter: Int) {
    let division = division(of: Array(x.shape.dropFirst()))
    let unit = division.units.first { $0.contains(element) } ?? []
    let mean = unit.reduce(0) { $0 + x[$1] } / Double(unit.count)
    return (mean, referenceNormalized(x, unit).scale, division.parameter(of: element))
  }

  /// x̂ of some elements, and 1/√(σ² + ε).
  private func referenceNormalized(
    _ x: ReferenceTensor, _ places: [Int]
  ) -> (values: [Double], scale: Double) {
    let count = Double(places.count)
    let mean = places.reduce(0) { $0 + x[$1] } / count
    let variance = places.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / count
    let scale = 1 / (variance + epsilon).squareRoot()
    return (places.map { (x[$0] - mean) * scale }, scale)
  }

  /// Calls `body` for every unit of every image, with the places of its elements and their weights.
  private func forEachUnit(
    of x: ReferenceTensor,
    _ body: ([(place: Int, parameter: Int)]) -> Void
  ) {
    let division = division(of: Array(x.shape.dropFirst()))
    let size = x.count / x.shape[0]
    for n in 0..<x.shape[0] {
      for unit in division.units {
        body(unit.map { (n * size + $0, division.parameter(of: $0)) })
      }
    }
  }
}

// MARK: Engine

extension Normalization {
  public func compile(into site: inout LayerSite) {
    let division = division(of: site.inputs[0].shape)
    let pass = division.pass(affine: affine, epsilon: epsilon, blocks: site.blocks)
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let statistics = site.allocateOverwritten(site.blocks * pass.statisticsStride)
    let one = site.allocate(1)
    one.base.pointee = 1
    let weights = affine ? site.parameters[0].values : one
    let biases = affine ? site.parameters[1].values : site.allocate(1)
    site.forEachPart(of: pass.units) { block, units in
      kernels.normalization.normalize(
        pass, units, input.values + block * input.blockStride, weights + 0, biases + 0,
        statistics + block * pass.statisticsStride, output.values + block * output.blockStride)
    }
    guard site.isTraining, let dy = output.gradient else { return }
    site.begin(.back)
    if affine, site.parameters.contains(where: { $0.gradient != nil }) {
      let count = division.parameterShape.reduce(1, *)
      // What is frozen has no gradient: its numbers go where nobody reads them.
      let dw = site.parameters[0].gradient ?? site.allocateOverwritten(count)
      let db = site.parameters[1].gradient ?? site.allocateOverwritten(count)
      let parts = min(count, LayerSite.fewestTasks)
      site.add(.back, tasks: parts, reach: .parameters) { part in
        kernels.normalization.normalizationParameterGradients(
          pass, count * part / parts..<count * (part + 1) / parts, input.values + 0,
          statistics + 0, dy + 0, dw + 0, db + 0)
      }
    }
    guard let dx = input.gradient else { return }
    let parts = site.parts(of: pass.units)
    site.add(.back, tasks: site.blocks * parts, reach: .block) { task in
      let (block, part) = task.quotientAndRemainder(dividingBy: parts)
      kernels.normalization.normalizationGradient(
        pass, pass.units * part / parts..<pass.units * (part + 1) / parts,
        input.values + block * input.blockStride, statistics + block * pass.statisticsStride,
        weights + 0, dy + block * output.blockStride, dx + block * input.blockStride)
    }
  }

  /// The statistics.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    let pass = division(of: output).pass(affine: affine, epsilon: epsilon, blocks: blocks)
    return Double(pass.units) * Double(NormalizationPass.statisticsSize) * Double(blocks)
  }
}

extension NormalizationDivision {
  fileprivate func pass(affine: Bool, epsilon: Double, blocks: Int) -> NormalizationPass {
    NormalizationPass(
      groups: groups, channels: channels, run: run, isAlongRun: isAlongRun,
      channelStep: affine ? 1 : 0, groupStep: affine && hasWeightsOfGroups ? channels : 0,
      epsilon: Float(epsilon), blocks: blocks)
  }
}
