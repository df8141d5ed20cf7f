/// Softmax over `channels` for each of `pixels` places: y = exp(x − max) / Σ exp(x − max).
@export(implementation) @inline(__always)
func softmax<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    let x = x + pixel &* laneCount
    let y = y + pixel &* laneCount
    var largest = x.load(Lanes.self)
    for c in 1..<max(1, channels) {
      let value = (x + c &* stride).load(Lanes.self)
      largest = select(value .> largest, value, largest)
    }
    var sum = Lanes.zero
    for c in 0..<channels {
      let value = exponential(isa, (x + c &* stride).load(Lanes.self) - largest)
      sum += value
      (y + c &* stride).store(value)
    }
    let scale = 1 / sum
    for c in 0..<channels {
      (y + c &* stride).store(UnsafePointer(y + c &* stride).load(Lanes.self) * scale)
    }
  }
}

/// dx = y · (dy − Σ dy · y).
@export(implementation) @inline(__always)
func softmaxGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    var sum = Lanes.zero
    for c in 0..<channels {
      let k = pixel &* laneCount &+ c &* stride
      sum = ISA.multiplyAdd((y + k).load(Lanes.self), (dy + k).load(Lanes.self), sum)
    }
    for c in 0..<channels {
      let k = pixel &* laneCount &+ c &* stride
      (dx + k).store((y + k).load(Lanes.self) * ((dy + k).load(Lanes.self) - sum))
    }
  }
}

/// The logarithm of softmax: y = (x − max) − ln Σ exp(x − max).
@export(implementation) @inline(__always)
func logSoftmax<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    let x = x + pixel &* laneCount
    let y = y + pixel &* laneCount
    var largest = x.load(Lanes.self)
    for c in 1..<max(1, channels) {
      let value = (x + c &* stride).load(Lanes.self)
      largest = select(value .> largest, value, largest)
    }
    var sum = Lanes.zero
    for c in 0..<channels {
      sum += exponential(isa, (x + c &* stride).load(Lanes.self) - largest)
    }
    let logarithmOfSum = select(sum .== sum, logarithm(isa, sum), sum)
    for c in 0..<channels {
      (y + c &* stride).store((x + c &* stride).load(Lanes.self) - largest - logarithmOfSum)
    }
  }
}

/// dx = dy − eʸ · Σ dy.
@export(implementation) @inline(__always)
func logSoftmaxGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    var sum = Lanes.zero
    for c in 0..<channels { sum += (dy + (pixel &* laneCount &+ c &* stride)).load(Lanes.self) }
    for c in 0..<channels {
      let k = pixel &* laneCount &+ c &* stride
      let probability = exponential(isa, (y + k).load(Lanes.self))
      (dx + k).store((dy + k).load(Lanes.self) - probability * sum)
    }
  }
}
