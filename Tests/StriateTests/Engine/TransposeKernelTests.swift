import LaneKernels
import Striate
import Testing

/// Images into lanes and back, and the order of packed weights.
@Suite struct TransposeKernelTests {
  static let counts = [1, 2, 15, 16, 17, 31, 32, 33, 48, 49, 784]

  @Test(arguments: counts)
  func rowsBecomeLanesAndLanesBecomeRows(_ count: Int) {
    let rows = LaneMemory((0..<16 * count).map { Float($0) })
    for kernels in KernelTable.runnable {
      let lanes = LaneMemory(count: count * laneCount)
      let addresses = (0..<16).map { UnsafePointer(rows.base + $0 * count) }
      kernels.rowsToLanes(count, count, addresses, [2], [1], lanes.base)
      for i in 0..<count {
        for n in 0..<16 {
          #expect(lanes.base[i * 16 + n] == 2 * rows.base[n * count + i] + 1)
        }
      }
      // Rows further apart than they are long keep what lies between them.
      let back = LaneMemory(count: 16 * (count + 3), filledWith: -1)
      kernels.lanesToRows(count, lanes.base, back.base, count + 3)
      for n in 0..<16 {
        for i in 0..<count + 3 {
          let expected = i < count ? 2 * rows.base[n * count + i] + 1 : -1
          #expect(back.base[n * (count + 3) + i] == expected)
        }
      }
      #expect(lanes.isGuarded && back.isGuarded, "\(kernels.name)")
    }
  }

  @Test(arguments: [1, 5, 16, 17, 25, 40])
  func everyChannelHasItsOwnScaleAndShift(_ channelSize: Int) {
    let count = 3 * channelSize
    let (scale, shift): ([Float], [Float]) = ([1, 2, -3], [0, 10, 0.5])
    let bytes = (0..<16 * count).map { UInt8(($0 * 37 + 11) % 256) }
    let floats = LaneMemory(bytes.map(Float.init))
    for kernels in KernelTable.runnable {
      let (fromBytes, fromFloats) = (
        LaneMemory(count: count * laneCount), LaneMemory(count: count * laneCount)
      )
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        kernels.bytesToLanes(
          count, channelSize, (0..<16).map { base + $0 * count }, scale, shift, fromBytes.base)
      }
      kernels.rowsToLanes(
        count, channelSize, (0..<16).map { UnsafePointer(floats.base + $0 * count) }, scale,
        shift, fromFloats.base)
      let expected = (0..<count * 16).map { k -> Float in
        let (i, n) = k.quotientAndRemainder(dividingBy: 16)
        return Float(bytes[n * count + i]) * scale[i / channelSize] + shift[i / channelSize]
      }
      #expect(fromBytes.values == expected, "\(kernels.name)")
      #expect(fromFloats.values == expected, "\(kernels.name)")
      #expect(fromBytes.isGuarded && fromFloats.isGuarded, "\(kernels.name)")
    }
  }

  @Test(arguments: 1...19)
  func packedWeightsAreTheWeightsInTheOrderOfTheTiles(_ filters: Int) {
    let (channels, taps) = (3, [4, 0, 5])
    let source = LaneMemory((0..<filters * channels * 6).map { Float($0) })
    for kernels in KernelTable.runnable {
      let pass = ConvolutionPass(
        channels: channels, channelStride: 0, taps: taps, tapCount: taps.count, filters: filters,
        filterStride: 0, width: 1, height: 1, inputRowStep: 0, inputColumnStep: 0,
        outputRowStep: 0, outputColumnStep: 0, biasFilterStride: 0, biasPixelStride: 0,
        limits: .none)
      let packed = LaneMemory(count: pass.weightCount)
      taps.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        kernels.packWeights(
          pass, WeightPacking(filterStride: channels * 6, channelStride: 6, taps: base),
          source.base, packed.base)
      }
      var expected: [Float] = []
      var first = 0
      while first < filters {
        var height = kernels.tileHeight
        while height > filters - first { height /= 2 }
        for c in 0..<channels {
          for tap in taps {
            for o in first..<first + height { expected.append(Float((o * channels + c) * 6 + tap)) }
          }
        }
        first += height
      }
      #expect(packed.values == expected, "\(kernels.name)")
      #expect(packed.isGuarded, "\(kernels.name)")
    }
  }
}
