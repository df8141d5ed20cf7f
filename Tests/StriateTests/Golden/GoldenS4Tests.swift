import Striate
import Testing

/// The worked numbers and formulas of the tutorial "Introduction To CNN" (no author named).
@Suite("Introduction To CNN")
struct GoldenS4Tests {
  @Test("§1: W_out = (W − F + 2P) / S + 1, rounded down")
  func outputSize() throws {
    for (w, f, s, p) in [(28, 5, 1, 0), (28, 5, 2, 2), (227, 11, 4, 0), (7, 3, 2, 1), (8, 3, 2, 0)]
    {
      let network = try Network(
        text: "conv 6 \(f) stride \(s) padding \(p)", input: [3, w, w], seed: 1)
      let size = (w - f + 2 * p) / s + 1
      #expect(network.outputShape == [6, size, size])
    }
  }

  @Test("§2: the rectifier")
  func rectifier() {
    #expect(
      output(of: ReLU(), for: [[-478, 494], [460, -477]]) == matrix([[0, 494], [460, 0]]))
  }

  @Test("§3: a 26x26x32 volume becomes 13x13x32")
  func pooling() throws {
    #expect(try MaxPool2D(2, stride: 2).outputShape(of: [[32, 26, 26]]) == [32, 13, 13])
  }

  @Test("§4: Z = WᵀX + b with four inputs and two neurons")
  func fullyConnected() throws {
    // The document's W is [4, 2]; the layer keeps its transpose [2, 4].
    let w = try transpose(Tensor([[1, 5], [2, 6], [3, 7], [4, 8]]))
    let z = Dense(2).referenceForward(
      [matrix([[1, 0, -1, 2]])],
      parameters: [ReferenceTensor(w), ReferenceTensor(Tensor([0.5, -0.5]))])
    #expect(z == matrix([[1 - 3 + 8 + 0.5, 5 - 7 + 16 - 0.5]]))
  }

  @Test("chain rule: f = (x + y)·z at x = −2, y = 5, z = −4")
  func chainRule() throws {
    let network = try Network(inputs: [("x", [1]), ("y", [1]), ("z", [1])], seed: 0) { value in
      Multiply()(Add()(value[0], value[1]), value[2])
    }
    let inputs = [-2.0, 5, -4].map { matrix([[$0]]) }
    let values = network.referenceForward(inputs)
    #expect(values.map { $0[0] } == [3, -12])
    let gradients = network.referenceBackward(matrix([[1]]), inputs: inputs, values: values)
    #expect(gradients.inputs.map { $0[0] } == [-4, -4, 3])
    let product = Multiply().referenceBackward(
      matrix([[1]]), inputs: [values[0], inputs[2]], output: values[1], parameters: [])
    #expect(product.inputs.map { $0[0] } == [-4, 3])  // ∂f/∂q = z, ∂f/∂z = q
  }

  @Test("backward: ∂E/∂W and ∂E/∂f by the chain rule; a step against them makes E smaller")
  func backward() throws {
    let network = try Network(
      text: "conv 1 3x3 bias none, sigmoid, flatten, dense 1, sigmoid", input: [1, 5, 5], seed: 8)
    let x = Fixture.formula([1, 1, 5, 5], salt: Fixture.Salt.input)
    let target = matrix([[1]])
    let loss = Loss.halfSquaredError
    let values = network.referenceForward([x])
    let found = network.gradients(loss, for: x, target: target)
    let (a, o) = (values[1], values[4][0])
    let delta = -(1 - o) * o * (1 - o)  // ∂E/∂O · ∂O/∂Z₂
    expectClose(
      found.parameters[1].values, a.values.map { delta * $0 }, relative: 1e-12, "∂E/∂W")
    // ∂E/∂Z₁ = ∂E/∂Z₂ · W · A₁(1 − A₁), and ∂E/∂f is X correlated with it.
    let w = network.referenceParameters[1]
    let slope = ReferenceTensor(
      shape: [3, 3], values: a.values.indices.map { delta * w[$0] * a[$0] * (1 - a[$0]) })
    var filter = ReferenceTensor(zeros: [1, 1, 3, 3])
    for u in 0..<3 {
      for v in 0..<3 {
        for i in 0..<3 {
          for j in 0..<3 { filter[0, 0, u, v] += slope[i, j] * x[0, 0, i + u, j + v] }
        }
      }
    }
    expectClose(found.parameters[0], filter, relative: 1e-12, "∂E/∂f")
    network.expectGradientsToBeSlopes(loss, for: x, target: target)

    var parameters = network.referenceParameters
    var errors = [network.error(loss, for: x, target: target)]
    for _ in 0..<20 {
      let gradients = network.gradients(loss, for: x, target: target, parameters: parameters)
      for p in parameters.indices {
        for i in 0..<parameters[p].count { parameters[p][i] -= 0.5 * gradients.parameters[p][i] }
      }
      errors.append(network.error(loss, for: x, target: target, parameters: parameters))
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
  }
}
