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

  @Test(arguments: 0..<4)
  func aWindowWithNaNGivesNaN(_ place: Int) {
    var x = ReferenceTensor(shape: [1, 1, 2, 2], values: [1, 2, 3, 4])
    x[place] = .nan
    for layer in [MaxPool2D(2), AveragePool2D(2), L2Pool2D(2)] as [any Layer] {
      #expect(layer.referenceForward([x], parameters: [])[0].isNaN, "\(layer.text)")
    }
    let channels = x.reshaped(to: [1, 4])
    #expect(Maxout(4).referenceForward([channels], parameters: [])[0].isNaN)
  }
}
