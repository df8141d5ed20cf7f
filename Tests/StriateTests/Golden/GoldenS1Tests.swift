import Striate
import Testing

/// The worked numbers of Mihir Patel, Convolutional Neural Networks, November 2017.
@Suite("Patel, Convolutional Neural Networks")
struct GoldenS1Tests {
  private let a = Tensor([[1, 2, 3, 1], [4, 5, 6, 1], [7, 8, 9, 1]])
  private let twos = Tensor([[2, 2], [2, 2]])
  private let bordered = Tensor([[0, 0, 0, 0], [0, 1, 2, 0], [0, 4, 5, 0], [0, 0, 0, 0]])
  private let exercise = Tensor([
    [4, 1, 2, 4, 7, 9], [0, 1, 2, 0, 2, 3], [6, 4, 5, 2, 1, 3], [8, 1, 2, 1, 3, 2],
    [5, 8, 1, 2, 0, 2],
  ])

  @Test("§2.1: a filter of width 3 over 7 inputs has 15 connections, a full layer 35")
  func oneDimensionalFilter() throws {
    let filter = Conv1D(filters: 1, kernel: 3)
    #expect(try filter.outputShape(of: [[1, 7]]) == [1, 5])
    #expect(try filter.multiplyAdds(of: [[1, 7]]) == 15)
    #expect(try Dense(5).multiplyAdds(of: [[7]]) == 35)
  }

  @Test("§3: where x is exactly 0, the derivative of ReLU is taken as 0")
  func theDerivativeOfReLUAtZeroIsZero() {
    expectClose(
      inputGradient(of: ReLU(), for: [[-1, 0, 1]], given: [[5, 5, 5]]), matrix([[0, 0, 5]]),
      relative: 0)
  }

  @Test("§4: a 2x2 kernel of twos")
  func forwardPropagation() throws {
    #expect(try crossCorrelate(a, twos) == Tensor([[24, 32, 22], [48, 56, 34]]))
  }

  @Test("§4: the top-middle value is 2·2 + 5·2 + 3·2 + 6·2")
  func topMiddleValue() throws {
    let sum: Float = [2, 5, 3, 6].map { $0 * 2 }.reduce(0, +)
    #expect(try crossCorrelate(a, twos)[0, 1] == sum)
  }

  @Test("§4: the patches as columns, in column order, turn it into a matrix product")
  func patches() throws {
    let patches = try im2col(a, kernel: 2, order: .columns)
    #expect(
      patches
        == Tensor([
          [1, 4, 2, 5, 3, 6], [4, 7, 5, 8, 6, 9], [2, 5, 3, 6, 1, 1], [5, 8, 6, 9, 1, 1],
        ]))
    let kernel = twos.reshaped(to: [4, 1])
    #expect(
      try matrixProduct(transpose(patches), kernel)
        == Tensor(shape: [6, 1], scalars: [24, 48, 32, 56, 22, 34]))
  }

  @Test("§6.3: a border of zeros in the image; stride 1 and stride 2")
  func strides() throws {
    #expect(
      try crossCorrelate(bordered, twos) == Tensor([[2, 6, 4], [10, 24, 14], [8, 18, 10]]))
    #expect(try crossCorrelate(bordered, twos, stride: 2) == Tensor([[2, 4], [8, 10]]))
  }

  @Test("§6.4: zero padding gives what the border in the image gave")
  func zeroPadding() throws {
    let x = Tensor([[1, 2], [4, 5]])
    #expect(try crossCorrelate(x, twos) == Tensor([[24]]))
    #expect(
      try crossCorrelate(x, twos, mode: .padded(1))
        == Tensor([[2, 6, 4], [10, 24, 14], [8, 18, 10]]))
  }

  private func root(_ x: Double) -> Double { x.squareRoot() }

  private let square: [[Double]] = [[1, 2, 3, 4], [8, 7, 6, 5], [0, -3, 0, 0], [-1, -4, 0, 0]]

  @Test("§7.2: maximum, average and root of the sum of squares")
  func pooling() {
    expectClose(output(of: MaxPool2D(2), for: square), matrix([[8, 6], [0, 0]]), relative: 0)
    expectClose(
      output(of: AveragePool2D(2), for: square), matrix([[4.5, 4.5], [-2, 0]]), relative: 0)
    expectClose(
      output(of: L2Pool2D(2), for: square),
      matrix([[root(118), root(86)], [root(26), 0]]), relative: 1e-15)
    #expect(output(of: MaxPool2D(4), for: square) == matrix([[8]]))
    #expect(output(of: MaxPool2D(3, stride: 1), for: square) == matrix([[8, 7], [8, 7]]))
  }

  @Test("§7.3: the error goes to the maximum, or to all alike, or in proportion")
  func backThroughPooling() {
    let error: [[Double]] = [[10, 20], [30, 40]]
    expectClose(
      inputGradient(of: MaxPool2D(2), for: square, given: error),
      matrix([[0, 0, 0, 0], [10, 0, 20, 0], [30, 0, 40, 0], [0, 0, 0, 0]]), relative: 0)
    expectClose(
      inputGradient(of: AveragePool2D(2), for: square, given: error),
      matrix([[2.5, 2.5, 5, 5], [2.5, 2.5, 5, 5], [7.5, 7.5, 10, 10], [7.5, 7.5, 10, 10]]),
      relative: 0)
    let (p, q, r) = (10 / root(118), 20 / root(86), 30 / root(26))
    expectClose(
      inputGradient(of: L2Pool2D(2), for: square, given: error),
      matrix([
        [p, 2 * p, 3 * q, 4 * q], [8 * p, 7 * p, 6 * q, 5 * q], [0, -3 * r, 0, 0],
        [-r, -4 * r, 0, 0],
      ]), relative: 1e-15)
  }

  @Test("§9, problem 1: Sobel's kernel, then ReLU")
  func firstProblem() throws {
    let sobel = Tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    let y = try crossCorrelate(exercise, sobel)
    #expect(
      Tensor(shape: y.shape, scalars: y.scalars.map { max(0, $0) })
        == Tensor([[1, 0, 1, 12], [0, 0, 0, 6], [0, 0, 0, 3]]))
  }

  @Test("§9, problem 2: stride 2 and zero padding")
  func secondProblem() throws {
    #expect(
      try crossCorrelate(exercise, Tensor([[2, 1], [1, 2]]), mode: .padded(1), stride: 2)
        == Tensor([[8, 5, 18, 9], [12, 18, 6, 9], [18, 14, 7, 6]]))
  }
}
