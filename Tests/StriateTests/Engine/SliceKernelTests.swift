import LaneKernels
import Striate
import Testing

/// What a training step does to all gradients or parameters, on every instruction set.
@Suite struct SliceKernelTests {
  static let counts = [16, 48, 64, 80, 256, 4096]

  private func numbers(_ count: Int, salt: Int) -> [Float] {
    Fixture.formula([count], salt: salt, scale: 3).values.map(Float.init)
  }

  @Test(arguments: counts) func theSumOfSquaresAgrees(_ count: Int) {
    let x = numbers(count, salt: 1)
    let expected = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    for kernels in KernelTable.runnable {
      let memory = LaneMemory(x)
      let found = kernels.updates.sumOfSquares(count, memory.base)
      #expect(relativeError([found], [expected]) < 1e-6, "\(kernels.name)")
      #expect(memory.values == x)
    }
  }

  @Test(arguments: counts) func aSliceIsScaled(_ count: Int) {
    let x = numbers(count, salt: 2)
    for kernels in KernelTable.runnable {
      let memory = LaneMemory(x)
      kernels.updates.scale(count, 0.3, memory.base)
      #expect(memory.values == x.map { $0 * 0.3 })
      #expect(memory.isGuarded)
    }
  }

  @Test(arguments: counts) func aSliceIsHeldBetweenTheLimits(_ count: Int) {
    var x = numbers(count, salt: 3)
    (x[1], x[2], x[3]) = (.infinity, -.infinity, -0.75)
    for kernels in KernelTable.runnable {
      let memory = LaneMemory(x)
      kernels.updates.clamp(count, 0.75, memory.base)
      #expect(memory.values == x.map { max(-0.75, min(0.75, $0)) })
      memory.base[5] = .nan
      kernels.updates.clamp(count, 0.75, memory.base)
      #expect(memory.base[5].isNaN && memory.isGuarded)
    }
  }

  @Test(arguments: counts) func theRunningMeanAgrees(_ count: Int) {
    let (x, start) = (numbers(count, salt: 4), numbers(count, salt: 5))
    for kernels in KernelTable.runnable {
      for decay in [0.9, 0.9999, 0, 1] {
        let (source, mean) = (LaneMemory(x), LaneMemory(start))
        var expected = start.map(Double.init)
        for _ in 0..<20 {
          kernels.updates.average(count, decay, source.base, mean.base)
          for i in expected.indices {
            expected[i] = decay * expected[i] + (1 - decay) * Double(x[i])
          }
        }
        #expect(relativeError(mean.values, expected) < 1e-6, "\(decay) on \(kernels.name)")
        #expect(mean.isGuarded && source.values == x)
      }
    }
  }

  @Test func aRunningMeanThatHasArrivedStays() {
    let x = numbers(64, salt: 6)
    for kernels in KernelTable.runnable {
      let (source, mean) = (LaneMemory(x), LaneMemory(x))
      for _ in 0..<100 { kernels.updates.average(64, 0.9999, source.base, mean.base) }
      #expect(mean.values == x)
    }
  }

  @Test(arguments: counts) func aSumWithFactorsAgrees(_ count: Int) {
    let (x, y) = (numbers(count, salt: 7), numbers(count, salt: 8))
    let expected = zip(x, y).map { -0.3 * Double($0) + 0.9 * Double($1) }
    for kernels in KernelTable.runnable {
      let (source, target) = (LaneMemory(x), LaneMemory(y))
      kernels.updates.combine(count, -0.3, source.base, 0.9, target.base)
      #expect(relativeError(target.values, expected) < 1e-6, "\(kernels.name)")
      #expect(target.isGuarded && source.values == x)
    }
  }
}
