import Striate
import Testing

@Suite struct StudyTests {
  private let image = Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])

  @Test func sameKeepsTheSizeForOddAndEvenKernels() throws {
    let ones = Tensor(repeating: 1, shape: [3, 3])
    let y = try crossCorrelate(image, ones, mode: .same)
    #expect(y == Tensor([[12, 21, 16], [27, 45, 33], [24, 39, 28]]))
    let even = try crossCorrelate(image, Tensor([[1, 10], [100, 1000]]), mode: .same)
    #expect(even == Tensor([[5421, 6532, 603], [8754, 9865, 906], [87, 98, 9]]))
  }

  @Test func channelsAndKernelsAreSummedAsConv2DDoes() throws {
    let x = Fixture.formula([1, 2, 5, 6], salt: Fixture.Salt.input)
    let network = try Network(
      text: "conv 3 3x2 stride 2x1 padding 1,0,2,1 bias none", input: [2, 5, 6], seed: 1)
    let y = try crossCorrelate(
      Tensor(shape: [2, 5, 6], scalars: x.values.map { Float($0) }),
      network.parameters[0].tensor,
      mode: .padded(Padding(top: 1, left: 0, bottom: 2, right: 1)), stride: Extent(2, 1))
    let expected = network.referenceForward([x])[0]
    expectClose(y, expected.reshaped(to: network.outputShape), relative: 1e-6)
  }

  @Test func patchesTimesKernelsAreTheConvolution() throws {
    let x = Tensor(
      shape: [2, 4, 5],
      scalars: Fixture.formula([40], salt: Fixture.Salt.input).values.map { Float($0) })
    let k = Tensor(
      shape: [3, 2, 3, 2],
      scalars: Fixture.formula([36], salt: Fixture.Salt.weight).values.map { Float($0) })
    let patches = try im2col(x, kernel: Extent(3, 2), stride: Extent(1, 2), padding: 1)
    let product = try matrixProduct(k.reshaped(to: [3, 12]), patches)
    let y = try crossCorrelate(x, k, mode: .padded(1), stride: Extent(1, 2))
    expectClose(product.reshaped(to: y.shape), y, relative: 1e-6)
  }

  @Test func shapesThatDoNotGoTogetherAreRefused() {
    func message(_ body: () throws -> Tensor) -> String {
      do {
        return "\(try body().shape)"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { try crossCorrelate(image, Tensor([1, 2])) }
        == "expected a matrix and a matrix, or [C, H, W] and [O, C, K, K], found [3, 3] and [2]: "
        + "reshape one of them")
    #expect(
      message { try crossCorrelate(image, Tensor(repeating: 1, shape: [4, 4])) }
        == "expected an image of at least 4x4, found 3x3: use a smaller kernel or more padding")
    #expect(
      message { try crossCorrelate(image, image, stride: 0) }
        == "expected kernel, stride and dilation from 1 to 65536, found kernel 3, stride 0, "
        + "dilation 1: choose numbers in that range")
    #expect(
      message { try im2col(Tensor([1, 2]), kernel: 1) }
        == "expected [H, W] or [C, H, W], found [2]: reshape it")
    #expect(
      message { try hadamard(image, Tensor([[1]])) }
        == "expected two tensors of one shape, found [3, 3] and [1, 1]: "
        + "the Hadamard product has no broadcasting")
    #expect(
      message { try matrixProduct(image, Tensor([[1]])) }
        == "expected matrices [I, K] and [K, J], found [3, 3] and [1, 1]: transpose one of them")
  }

  @Test func descentStopsWhereANumberIsNoLongerFinite() {
    let path = gradientDescent(from: [1], learningRate: 1e200, steps: 100) { [$0[0]] }
    #expect(path.count < 5)
    #expect(path.last?[0].isFinite == false)
  }

  @Test func thePerceptronCountsItsRounds() {
    var unit = Perceptron(weights: [1, 1], bias: -1.5)
    let examples = [(inputs: [1.0, 1], target: 1.0), (inputs: [0.0, 1], target: 0.0)]
    #expect(unit.train(on: examples) == 1)
    #expect(unit == Perceptron(weights: [1, 1], bias: -1.5))
  }
}
