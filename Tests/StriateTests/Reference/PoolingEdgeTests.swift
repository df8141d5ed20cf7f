import Striate
import Testing

/// Ties, zeros and NaN in windows.
@Suite struct PoolingEdgeTests {
  private func gradient(_ layer: any Layer, of x: ReferenceTensor) -> [Double] {
    let y = layer.referenceForward([x], parameters: [])
    return layer.referenceBackward(
      y.map { _ in 1 }, inputs: [x], output: y, parameters: []
    ).inputs[0].values
  }

  @Test func theFirstOfSeveralMaximaTakesTheGradient() {
    let x = ReferenceTensor(shape: [1, 1, 2, 2], values: [1, 3, 3, 3])
    #expect(gradient(MaxPool2D(2), of: x) == [0, 1, 0, 0])
    let channels = ReferenceTensor(shape: [1, 3], values: [5, 5, 5])
    #expect(gradient(Maxout(3), of: channels) == [1, 0, 0])
  }

  @Test func whereWindowsOverlapTheGradientsAdd() {
    let x = ReferenceTensor(shape: [1, 1, 3, 3], values: [0, 0, 0, 0, 9, 0, 0, 0, 0])
    #expect(gradient(MaxPool2D(2, stride: 1), of: x) == [0, 0, 0, 0, 4, 0, 0, 0, 0])
    #expect(
      gradient(AveragePool2D(2, stride: 1), of: x) == [
        0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0.25,
      ])
  }

  @Test func aWindowOfZerosHasNoDirection() {
    let x = ReferenceTensor(zeros: [1, 1, 2, 2])
    #expect(gradient(L2Pool2D(2), of: x) == [0, 0, 0, 0])
  }

  @Test func whereWindowsShareAMaximumTheLastNumberStaysAndTheOthersHaveNoGradient() {
    let x = ReferenceTensor(shape: [1, 1, 1, 3], values: [0, 9, 0])
    let y = ReferenceTensor(shape: [1, 1, 1, 2], values: [5, 7])
    let layer = MaxUnpool2D(Extent(1, 2), stride: 1)
    let z = layer.referenceForward([y, x], parameters: [])
    #expect(z.values == [0, 7, 0])
    let gradients = layer.referenceBackward(
      z.map { _ in 3 }, inputs: [y, x], output: z, parameters: [])
    #expect(gradients.inputs.map(\.values) == [[0, 3], [0, 0, 0]])
  }

  /// In floor mode the last column would begin in the padding; in ceil mode PyTorch drops it too.
  @Test func aWindowThatWouldBeginBehindTheImageIsDropped() throws {
    for (ceilMode, width) in [(false, 2), (true, 3)] {
      let layer = MaxPool2D(1, stride: 2, padding: 0, ceilMode: ceilMode)
      #expect(try layer.outputShape(of: [[1, 5, 5]]) == [1, 3, 3])
      let padded = MaxPool2D(2, stride: 2, padding: 1, ceilMode: ceilMode)
      #expect(try padded.outputShape(of: [[1, 3, 3]])[2] == 2)
      #expect(try padded.outputShape(of: [[1, 4, 4]])[2] == 3)
      let rest = MaxPool2D(2, stride: 2, ceilMode: ceilMode)
      #expect(try rest.outputShape(of: [[1, 5, 5]])[2] == width)
    }
  }

  @Test func theEngineKeepsNaNInPairsToo() throws {
    let network = try Network(input: [1, 2, 2], seed: 1, layers: [MaxPool2D(2)])
    for place in 0..<4 {
      var x = Tensor(repeating: 1, shape: [1, 1, 2, 2])
      x.scalars[place] = .nan
      #expect(try network(x).scalars[0].isNaN)
      x.scalars[place] = .infinity
      x.scalars[(place + 1) % 4] = -.infinity
      #expect(try network(x).scalars == [.infinity])
    }
  }

  @Test(arguments: 0..<4)
  func aWindowWithNaNGivesNaN(_ place: Int) {
    var x = ReferenceTensor(shape: [1, 1, 2, 2], values: [1, 2, 3, 4])
    x[place] = .nan
    for layer in [
      MaxPool2D(2), AveragePool2D(2), L2Pool2D(2), LpPool2D(power: 3, 2), GlobalMaxPool2D(),
      GlobalAveragePool2D(),
    ] as [any Layer] {
      #expect(layer.referenceForward([x], parameters: [])[0].isNaN, "\(layer.text)")
    }
    let channels = x.reshaped(to: [1, 4])
    #expect(Maxout(4).referenceForward([channels], parameters: [])[0].isNaN)
  }
}
