/// Random bits that depend on a key and a place alone (the finalizer of MurmurHash3 by A. Appleby).
@inlinable @inline(__always)
public func randomBits(key: UInt32, place: UInt32) -> UInt32 {
  var h = key ^ (place &* 0x9E37_79B9)
  h = (h ^ (h >> 16)) &* 0x85EB_CA6B
  h = (h ^ (h >> 13)) &* 0xC2B2_AE35
  return h ^ (h >> 16)
}

/// The same for sixteen keys.
@inlinable @inline(__always)
func randomBits(keys: SIMD16<UInt32>, place: UInt32) -> SIMD16<UInt32> {
  var h = keys ^ SIMD16<UInt32>(repeating: place &* 0x9E37_79B9)
  h = (h ^ (h &>> 16)) &* SIMD16<UInt32>(repeating: 0x85EB_CA6B)
  h = (h ^ (h &>> 13)) &* SIMD16<UInt32>(repeating: 0xC2B2_AE35)
  return h ^ (h &>> 16)
}

/// y = x · scale where the random bits of its unit reach `threshold`, 0 elsewhere. Units of `unit`
/// neighbouring pixels are kept or dropped together; `first` is the first unit's place.
@export(implementation) @inline(__always)
func dropOut<ISA: InstructionSet>(
  _ isa: ISA.Type, units: Int, unit: Int, first: Int, keys: UnsafePointer<UInt32>,
  threshold: UInt32, scale: Float, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  let keys = UnsafeRawPointer(keys).loadUnaligned(as: SIMD16<UInt32>.self)
  let limit = SIMD16<UInt32>(repeating: threshold)
  for u in 0..<units {
    let bits = randomBits(keys: keys, place: UInt32(truncatingIfNeeded: first &+ u))
    let factor = select(bits .>= limit, Lanes(repeating: scale), Lanes.zero)
    for p in 0..<unit {
      let k = (u &* unit &+ p) &* laneCount
      (y + k).store((x + k).load(Lanes.self) * factor)
    }
  }
}
