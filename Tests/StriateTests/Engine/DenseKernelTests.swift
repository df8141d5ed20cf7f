import LaneKernels
import Striate
import Testing

/// A dense layer's kernels where a task has many blocks of images.
@Suite struct DenseKernelTests {
  /// Few blocks read the weights as they lie, many a copy; more than are taken at once; panels that end with a half.
  @Test(arguments: [1, 2, 7, 8, 9, 33]) func inputGradient(blocks: Int) {
    let (inputs, outputs) = (45, 261)
    let pass = DensePass(inputs: inputs, outputs: outputs, blocks: blocks, limits: .none)
    func numbers(_ count: Int, _ salt: Int) -> [Float] {
      (0..<count).map { Float(($0 * 1237 + salt) % 2003 - 1001) / 1001 }
    }
    let weights = numbers(inputs * outputs, 7)
    let gradient = numbers(blocks * outputs * laneCount, 389)
    let expected = (0..<blocks * inputs * laneCount).map { place in
      let (block, rest) = place.quotientAndRemainder(dividingBy: inputs * laneCount)
      let (i, lane) = rest.quotientAndRemainder(dividingBy: laneCount)
      return (0..<outputs).reduce(0.0) { sum, o in
        sum + Double(weights[o * inputs + i])
          * Double(gradient[(block * outputs + o) * laneCount + lane])
      }
    }
    for kernels in KernelTable.runnable {
      let (w, dy) = (LaneMemory(weights), LaneMemory(gradient))
      let (dx, spare) = (LaneMemory(count: expected.count), LaneMemory(count: DensePass.panelSpare))
      for panels in [0..<3, 3..<6] {
        kernels.denseInputGradient(pass, panels, dy.base, w.base, spare.base, dx.base)
      }
      #expect(relativeError(dx.values, expected) < 2e-6, "\(kernels.name)")
      #expect(dx.isGuarded && spare.isGuarded)
    }
  }
}
