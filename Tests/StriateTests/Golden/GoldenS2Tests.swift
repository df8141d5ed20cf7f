import Foundation
import Striate
import Testing

/// The worked numbers and formulas of the draft on convolutional networks and the Numpy-CNN network
/// (five chapters, 33 numbered equations, no author named).
@Suite("Draft on convolutional networks and Numpy-CNN")
struct GoldenS2Tests {
  @Test("eq 16 and 17: softmax, and the logarithm of the right class's probability")
  func softmaxAndLikelihood() {
    let scores = matrix([[1, 2, 3], [0, 0, 0]])
    let probabilities = Softmax().referenceForward([scores], parameters: [])
    let sum = exp(1.0) + exp(2.0) + exp(3.0)
    expectClose(
      probabilities,
      matrix([[exp(1.0) / sum, exp(2.0) / sum, exp(3.0) / sum], [1 / 3.0, 1 / 3.0, 1 / 3.0]]),
      relative: 1e-14)
    let target = matrix([[0, 0, 1], [1, 0, 0]])
    let cost = -(3 - log(sum)) + log(3.0)
    let likelihood = Loss(.negativeLogLikelihood, reduction: .sum)
    expectClose(
      likelihood.referenceValue(output: probabilities, target: target), cost, relative: 1e-14)
    let both = Loss(.softmaxCrossEntropy, reduction: .sum)
    expectClose(both.referenceValue(output: scores, target: target), cost, relative: 1e-14)
    var difference = probabilities
    for k in 0..<6 { difference[k] -= target[k] }
    expectClose(
      both.referenceGradient(output: scores, target: target), difference, relative: 1e-14)
  }

  @Test("eq 18: what the text calls Hadamard product is the sum of one")
  func hadamardProduct() throws {
    let product = try hadamard(Tensor([[1, 2], [3, 4]]), Tensor([[5, 6], [7, 8]]))
    #expect(product == Tensor([[5, 12], [21, 32]]))
    #expect(product.scalars.reduce(0, +) == 70)
    #expect(
      try crossCorrelate(Tensor([[1, 2], [3, 4]]), Tensor([[5, 6], [7, 8]])) == Tensor([[70]]))
  }

  @Test("eq 19: the size of the output is input − kernel + 1")
  func outputSize() throws {
    #expect(try Window(kernel: Extent(5, 3)).outputSize(of: Extent(28, 28)) == Extent(24, 26))
  }

  @Test("eq 30 and 31: convolution flips the kernel on both axes, and commutes")
  func trueConvolution() throws {
    let m = Tensor([[1, 6, 2], [5, 3, 1], [7, 0, 4]])
    let k = Tensor([[1, 2, 0], [-1, 0, 3]])
    let s = try convolve(m, k, mode: .full)
    #expect(s.shape == [4, 5])
    for x in 0..<4 {
      for y in 0..<5 {
        var sum: Float = 0
        for i in 0..<2 {
          for j in 0..<3 where (0..<3).contains(x - i) && (0..<3).contains(y - j) {
            sum += k[i, j] * m[x - i, y - j]
          }
        }
        #expect(s[x, y] == sum)
      }
    }
    #expect(s == (try convolve(k, m, mode: .full)))
    #expect(s == (try crossCorrelate(m, Tensor([[3, 0, -1], [0, 2, 1]]), mode: .full)))
  }

  @Test("eq 32 and 33: several channels, two strides, and the bias once a map")
  func stridesAndChannels() throws {
    let network = try Network(text: "conv 2 3x2 stride 2x3", input: [3, 7, 8], seed: 4)
    let m = Fixture.formula([1, 3, 7, 8], salt: Fixture.Salt.input)
    let (k, b) = (network.referenceParameters[0], network.referenceParameters[1])
    var f = ReferenceTensor(zeros: [1, 2, 3, 3])
    for map in 0..<2 {
      for y in 0..<3 {
        for x in 0..<3 {
          var sum = 0.0
          for c in 0..<3 {
            for v in 0..<3 {
              for u in 0..<2 { sum += k[map, c, v, u] * m[0, c, y * 2 + v, x * 3 + u] }
            }
          }
          f[0, map, y, x] = sum + b[map]
        }
      }
    }
    expectClose(network.referenceForward([m])[0], f, relative: 1e-14)
  }

  @Test("§4: the Numpy-CNN network has 105,634 parameters")
  func numpyCNN() throws {
    let network = try NamedModel(named: "numpy-cnn").network(seed: 1)
    #expect(
      network.nodes.map(\.shape) == [
        [8, 24, 24], [8, 24, 24], [8, 20, 20], [8, 20, 20], [8, 10, 10], [800], [128], [128],
        [10],
      ])
    let counts = network.summary().rows.map(\.parameters).filter { $0 > 0 }
    #expect(counts == [208, 1608, 102_528, 1290])
    #expect(network.parameterCount == 105_634)
  }

  @Test("§4.3: where pooling windows overlap, the gradients of one maximum add")
  func overlappingPooling() {
    let x: [[Double]] = [[0, 0, 0], [0, 9, 0], [0, 0, 0]]
    #expect(
      inputGradient(of: MaxPool2D(2, stride: 1), for: x, given: [[1, 2], [3, 4]])
        == matrix([[0, 0, 0], [0, 10, 0], [0, 0, 0]]))
  }
}
