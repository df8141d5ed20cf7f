import Striate
import Testing

/// A matrix in Double, one inner array a row.
func matrix(_ rows: [[Double]]) -> ReferenceTensor {
  ReferenceTensor(shape: [rows.count, rows[0].count], values: rows.flatMap { $0 })
}

/// A matrix as a batch of one image of one channel.
func image(_ rows: [[Double]]) -> ReferenceTensor {
  matrix(rows).reshaped(to: [1, 1, rows.count, rows[0].count])
}

/// What one layer without parameters makes of a matrix.
func output(of layer: any Layer, for rows: [[Double]]) -> ReferenceTensor {
  let y = layer.referenceForward([image(rows)], parameters: [])
  return y.reshaped(to: Array(y.shape.suffix(2)))
}

/// What one layer without parameters passes back through a matrix.
func inputGradient(
  of layer: any Layer, for rows: [[Double]], given gradient: [[Double]]
) -> ReferenceTensor {
  let x = image(rows)
  let y = layer.referenceForward([x], parameters: [])
  let dx = layer.referenceBackward(image(gradient), inputs: [x], output: y, parameters: [])
    .inputs[0]
  return dx.reshaped(to: Array(dx.shape.suffix(2)))
}

extension Network {
  /// E for one batch, in Double.
  func error(
    _ loss: Loss, for x: ReferenceTensor, target: ReferenceTensor,
    parameters: [ReferenceTensor]? = nil
  ) -> Double {
    let values = referenceForward([x], parameters: parameters)
    return loss.referenceValue(output: values[values.count - 1], target: target)
  }

  /// The gradients of E for one batch, in Double.
  func gradients(
    _ loss: Loss, for x: ReferenceTensor, target: ReferenceTensor,
    parameters: [ReferenceTensor]? = nil
  ) -> ReferenceGradients {
    let values = referenceForward([x], parameters: parameters)
    let gradient = loss.referenceGradient(output: values[values.count - 1], target: target)
    return referenceBackward(gradient, inputs: [x], values: values, parameters: parameters)
  }

  /// Expects every gradient of E to be the slope that central differences find.
  func expectGradientsToBeSlopes(
    _ loss: Loss, for x: ReferenceTensor, target: ReferenceTensor,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = gradients(loss, for: x, target: target)
    expectClose(
      found.inputs[0], centralDifferences(at: x) { error(loss, for: $0, target: target) },
      relative: 1e-6, "∂E/∂input", sourceLocation: sourceLocation)
    let all = referenceParameters
    for (i, parameter) in parameters.enumerated() {
      let slopes = centralDifferences(at: all[i]) { moved in
        var parameters = all
        parameters[i] = moved
        return error(loss, for: x, target: target, parameters: parameters)
      }
      expectClose(
        found.parameters[i], slopes, relative: 1e-6, "∂E/∂\(parameter.name)",
        sourceLocation: sourceLocation)
    }
  }
}

/// The sigmoid as the documents print it.
func sigmoid(_ x: ReferenceTensor) -> ReferenceTensor {
  x.map(Activation.Function.sigmoid.value)
}
