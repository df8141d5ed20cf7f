import LaneKernels

/// The stages of one block of images: what every image's changes ask of the kernels.
///
/// A kernel runs over all 16 images where at least one of them needs it; the others stay as they are.
struct StagePass {
  let kernels: AugmentationKernels
  let size: ImageSize
  /// The fill colour, one number a channel.
  let fill: [Float]
  /// Where the images are, and memory for as many.
  private(set) var current: UnsafeMutablePointer<Float>
  private var spare: UnsafeMutablePointer<Float>

  init(
    kernels: AugmentationKernels, size: ImageSize, fill: [Float],
    current: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>
  ) {
    (self.kernels, self.size, self.fill) = (kernels, size, fill)
    (self.current, self.spare) = (current, spare)
  }

  /// Runs the changes in some slots.
  mutating func run(
    _ slots: Range<Int>, in space: AugmentationSpace, elastic: [Int: ElasticWeights]
  ) {
    movePixels(slots, in: space, elastic: elastic)
    for slot in slots {
      adjustColours(slot, space)
      sharpen(slot, space)
      changeTones(slot, space)
      for lane in 0..<laneCount {
        switch space.changes[slot * laneCount + lane] {
        case .equalize: kernels.equalize(size.channels, size.area, lane, current)
        case .erase(let columns, let rows):
          kernels.erase(
            size.channels, size.height, size.width, lane, columns, rows, fill, current)
        default: break
        }
      }
    }
  }

  // MARK: Places

  private mutating func movePixels(
    _ slots: Range<Int>, in space: AugmentationSpace, elastic: [Int: ElasticWeights]
  ) {
    var pass = SamplingPass(channels: size.channels, height: size.height, width: size.width)
    var isNeeded = false
    var keys = SIMD16<UInt32>()
    var field: (slot: Int, strength: Double)?
    for lane in 0..<laneCount {
      var sum = SourcePlaces()
      for slot in slots {
        let change = space.changes[slot * laneCount + lane]
        guard change.isGeometric else { continue }
        isNeeded = true
        sum.append(change, size)
        if case .elastic(let key, let strength, _) = change {
          keys[lane] = key
          field = (slot, strength)
        }
        if case .crop(_, _, .reflect) = change { pass.reflects = true }
      }
      sum.write(to: &pass, lane: lane)
    }
    guard isNeeded else { return }
    if let field, let fields = space.fields, let weights = elastic[field.slot] {
      for (component, storage) in [fields.x, fields.y].enumerated() {
        let pass = ElasticPass(
          height: size.height, width: size.width, radius: weights.radius,
          strength: Float(field.strength), firstNumber: component * size.area)
        kernels.elasticField(pass, keys, weights.values, fields.scratch.base, storage.base)
      }
      kernels.sample(
        pass, fill, fields.x.base, fields.y.base, space.sampling.base, current, spare)
    } else {
      kernels.sample(pass, fill, nil, nil, space.sampling.base, current, spare)
    }
    swap(&current, &spare)
  }

  // MARK: Values

  private func adjustColours(_ slot: Int, _ space: AugmentationSpace) {
    var pass = ColourPass(channels: size.channels, pixels: size.area)
    var isNeeded = false
    for lane in 0..<laneCount {
      let factor: Double
      switch space.changes[slot * laneCount + lane] {
      case .brightness(let value): factor = value
      case .contrast(let value):
        factor = value
        pass.mean[lane] = 1
        pass.usesMean = true
      case .saturation(let value):
        factor = value
        pass.grey[lane] = 1
      case .hue(let share):
        pass.turn[lane] = Float(6 * share)
        pass.turns[lane] = 1
        pass.usesHue = true
        isNeeded = true
        continue
      default: continue
      }
      pass.factor[lane] = Float(factor)
      pass.blends[lane] = 1
      isNeeded = true
    }
    if isNeeded { kernels.adjustColours(pass, current) }
  }

  private mutating func sharpen(_ slot: Int, _ space: AugmentationSpace) {
    var (factor, changes) = (Lanes(repeating: 1), Lanes.zero)
    var isNeeded = false
    for lane in 0..<laneCount {
      guard case .sharpness(let value) = space.changes[slot * laneCount + lane] else { continue }
      factor[lane] = Float(value)
      changes[lane] = 1
      isNeeded = true
    }
    guard isNeeded else { return }
    kernels.sharpen(
      size.channels, size.height, size.width, factor, changes, current, spare)
    swap(&current, &spare)
  }

  /// Posterize, solarize and autocontrast.
  private func changeTones(_ slot: Int, _ space: AugmentationSpace) {
    var (threshold, step) = (Lanes(repeating: .infinity), Lanes.zero)
    var stretches = Lanes.zero
    var (isToned, isStretched) = (false, false)
    for lane in 0..<laneCount {
      switch space.changes[slot * laneCount + lane] {
      case .solarize(let value):
        threshold[lane] = Float(value)
        isToned = true
      case .posterize(let bits):
        step[lane] = Float(1 << (8 - bits))
        isToned = true
      case .autocontrast:
        stretches[lane] = 1
        isStretched = true
      default: continue
      }
    }
    if isToned { kernels.changeTones(size.count, threshold, step, current) }
    if isStretched { kernels.stretch(size.channels, size.area, stretches, current) }
  }
}

/// Where the pixels of a result lie in the source, after several changes of place.
private struct SourcePlaces {
  /// One coordinate of the part of the image that is resized to the whole.
  private struct Window {
    var scale = 1.0
    var offset = 0.0
    var low = -Double.infinity
    var high = Double.infinity

    /// `count` pixels from `start` on become `whole` pixels; nothing beyond them is seen.
    init(start: Int, count: Int, whole: Int) {
      scale = Double(count) / Double(whole)
      offset = 0.5 * scale - 0.5 + Double(start)
      (low, high) = (Double(start), Double(start + count - 1))
    }

    init() {}

    mutating func flip(_ count: Int) {
      offset += scale * Double(count - 1)
      scale = -scale
    }

    func write(to window: inout SamplingPass.Window, lane: Int) {
      window.scale[lane] = Float(scale)
      window.offset[lane] = Float(offset)
      window.low[lane] = Float(low)
      window.high[lane] = Float(high)
    }
  }

  private var map = PlaneMap.identity
  private var columns = Window()
  private var rows = Window()
  private var isWindowed = false
  /// What turns a displacement of the result into one of the source; nil for no displacement.
  private var field: PlaneMap?

  /// Adds a change to those that come before it.
  mutating func append(_ change: ImageChange, _ size: ImageSize) {
    switch change {
    case .crop(let left, let top, _):
      map = map.after(PlaneMap(x: Double(left), y: Double(top))).bounded
    case .flip(.horizontal):
      if isWindowed {
        columns.flip(size.width)
      } else {
        map = map.after(PlaneMap(xx: -1, x: Double(size.width - 1)))
      }
    case .flip(.vertical):
      if isWindowed {
        rows.flip(size.height)
      } else {
        map = map.after(PlaneMap(yy: -1, y: Double(size.height - 1)))
      }
    case .map(let next): map = map.after(next).bounded
    case .window(let left, let top, let width, let height):
      columns = Window(start: left, count: width, whole: size.width)
      rows = Window(start: top, count: height, whole: size.height)
      isWindowed = true
    case .elastic: field = map
    default: break
    }
  }

  func write(to pass: inout SamplingPass, lane: Int) {
    columns.write(to: &pass.columns, lane: lane)
    rows.write(to: &pass.rows, lane: lane)
    (pass.xx[lane], pass.xy[lane], pass.x[lane]) = (Float(map.xx), Float(map.xy), Float(map.x))
    (pass.yx[lane], pass.yy[lane], pass.y[lane]) = (Float(map.yx), Float(map.yy), Float(map.y))
    guard let field else { return }
    (pass.fieldXX[lane], pass.fieldXY[lane]) = (Float(field.xx), Float(field.xy))
    (pass.fieldYX[lane], pass.fieldYY[lane]) = (Float(field.yx), Float(field.yy))
  }
}
