/// y = clamp(factor · x + (1 − factor) · s(x), 0, 1) where `changes` is 1, else x. s is the mean of a
/// pixel, five times, and its eight neighbours; the pixels at the border stay as they are.
@export(implementation) @inline(__always)
func sharpen<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, height: Int, width: Int, factor: Lanes, changes: Lanes,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  let rest = (1 - factor) * (1 / Float(13))
  let mask = changes .> 0
  let rowLength = width &* laneCount
  for c in 0..<channels {
    for row in 0..<height {
      let isInnerRow = row > 0 && row < height &- 1
      for column in 0..<width {
        let place = (c &* height &+ row) &* rowLength &+ column &* laneCount
        let centre = (x + place).load(Lanes.self)
        guard isInnerRow, column > 0, column < width &- 1 else {
          (y + place).store(centre)
          continue
        }
        var sum = centre * 4
        for dy in -1...1 {
          let line = x + (place &+ dy &* rowLength)
          sum += (line - laneCount).load(Lanes.self)
          sum += line.load(Lanes.self)
          sum += (line + laneCount).load(Lanes.self)
        }
        let value = clampedToUnit(ISA.multiplyAdd(factor, centre, rest * sum))
        (y + place).store(select(mask, value, centre))
      }
    }
  }
}

/// Values from the threshold on become their negative, 1 − x. Then values are cut down to multiples of
/// `step` 255ths where that is not 0. `count` pixels of lanes.
@export(implementation) @inline(__always)
func changeTones<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, threshold: Lanes, step: Lanes, in x: UnsafeMutablePointer<Float>
) {
  let cuts = step .> 0
  let size = select(cuts, step, 1)
  let share = 1 / size
  for i in 0..<count {
    var value = UnsafePointer(x + i &* laneCount).load(Lanes.self)
    value = select(value .>= threshold, 1 - value, value)
    let byte = roundedToNearest(clampedToUnit(value) * 255)
    let cut = roundedDown(byte * share) * size * (1 / Float(255))
    (x + i &* laneCount).store(select(cuts, cut, value))
  }
}

/// Stretches each channel to reach from 0 to 1 where `changes` is 1; a channel of one value stays.
@export(implementation) @inline(__always)
func stretch<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, changes: Lanes, in x: UnsafeMutablePointer<Float>
) {
  for c in 0..<channels {
    let plane = x + c &* pixels &* laneCount
    var least = UnsafePointer(plane).load(Lanes.self)
    var largest = least
    for p in 0..<pixels {
      let value = UnsafePointer(plane + p &* laneCount).load(Lanes.self)
      least = select(value .< least, value, least)
      largest = select(value .> largest, value, largest)
    }
    let mask = (largest .> least) .& (changes .> 0)
    let scale = 1 / select(mask, largest - least, 1)
    for p in 0..<pixels {
      let value = UnsafePointer(plane + p &* laneCount).load(Lanes.self)
      (plane + p &* laneCount).store(
        select(mask, clampedToUnit((value - least) * scale), value))
    }
  }
}

/// A value from 0 to 1 as a byte.
@inlinable @inline(__always)
func byte(_ value: Float) -> Int {
  let unit: Float = value > 0 ? (value < 1 ? value : 1) : 0
  return Int(unit * 255 + 0.5)
}

/// Makes all bytes of each channel of one image equally frequent, as near as whole bytes allow.
///
///     step = ⌊(N − frequency of the largest byte) / 255⌋      (0: the channel stays)
///     byte v → ⌊(⌊step/2⌋ + number of bytes below v) / step⌋
@export(implementation) @inline(__always)
func equalize<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, lane: Int, in x: UnsafeMutablePointer<Float>
) {
  for c in 0..<channels {
    let plane = x + (c &* pixels &* laneCount &+ lane)
    var frequency = InlineArray<256, Int32>(repeating: 0)
    var largest = 0
    for p in 0..<pixels {
      let value = byte(plane[p &* laneCount])
      frequency[value] &+= 1
      if value > largest { largest = value }
    }
    let step = (pixels &- Int(frequency[largest])) / 255
    guard step > 0 else { continue }
    var below = step / 2
    var table = InlineArray<256, Float>(repeating: 0)
    for value in 0..<256 {
      table[value] = Float(min(below / step, 255)) * (1 / Float(255))
      below &+= Int(frequency[value])
    }
    for p in 0..<pixels { plane[p &* laneCount] = table[byte(plane[p &* laneCount])] }
  }
}

/// y = x · scale[c] + shift[c]; y may be x.
@export(implementation) @inline(__always)
func rescale<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, scale: UnsafePointer<Float>,
  shift: UnsafePointer<Float>, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  for c in 0..<channels {
    let (a, b) = (Lanes(repeating: scale[c]), Lanes(repeating: shift[c]))
    for p in (c &* pixels)..<(c &* pixels &+ pixels) {
      (y + p &* laneCount).store(
        ISA.multiplyAdd((x + p &* laneCount).load(Lanes.self), a, b))
    }
  }
}
