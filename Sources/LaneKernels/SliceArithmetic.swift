/// What a training step does to all gradients or all parameters, over `count` Floats, a multiple of 16.

/// Σ x²: four sums, whose blocks of 16 take turns, and their total in one fixed order.
@export(implementation) @inline(__always)
func sumOfSquares<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ x: UnsafePointer<Float>
) -> Float {
  var sums = InlineArray<4, Lanes>(repeating: .zero)
  var k = 0
  while k &+ 4 &* laneCount <= count {
    for i in 0..<4 {
      let value = (x + (k &+ i &* laneCount)).load(Lanes.self)
      sums[i] = ISA.multiplyAdd(value, value, sums[i])
    }
    k &+= 4 &* laneCount
  }
  while k < count {
    let value = (x + k).load(Lanes.self)
    sums[0] = ISA.multiplyAdd(value, value, sums[0])
    k &+= laneCount
  }
  return sumOfLanes((sums[0] + sums[1]) + (sums[2] + sums[3]))
}

/// x ← factor · x.
@export(implementation) @inline(__always)
func scale<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, by factor: Float, _ x: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    (x + k).store(UnsafePointer(x + k).load(Lanes.self) * factor)
    k += laneCount
  }
}

/// x ← x held between −limit and limit; NaN stays NaN.
@export(implementation) @inline(__always)
func clamp<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, to limit: Float, _ x: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    let value = UnsafePointer(x + k).load(Lanes.self)
    let capped = select(value .> limit, limit, value)
    (x + k).store(select(capped .< -limit, -limit, capped))
    k += laneCount
  }
}

/// The running mean a ← decay·a + (1 − decay)·x, as a + (1 − decay)·(x − a): a mean that has reached x stays
/// there.
@export(implementation) @inline(__always)
func average<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, decay: Double, _ x: UnsafePointer<Float>,
  into a: UnsafeMutablePointer<Float>
) {
  let rest = Lanes(repeating: Float(1 - decay))
  var k = 0
  while k < count {
    let old = UnsafePointer(a + k).load(Lanes.self)
    (a + k).store(ISA.multiplyAdd(rest, (x + k).load(Lanes.self) - old, old))
    k += laneCount
  }
}

/// y ← b·y + a·x.
@export(implementation) @inline(__always)
func combine<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ a: Float, _ x: UnsafePointer<Float>, _ b: Float,
  into y: UnsafeMutablePointer<Float>
) {
  let factor = Lanes(repeating: a)
  var k = 0
  while k < count {
    let old = UnsafePointer(y + k).load(Lanes.self) * b
    (y + k).store(ISA.multiplyAdd(factor, (x + k).load(Lanes.self), old))
    k += laneCount
  }
}
