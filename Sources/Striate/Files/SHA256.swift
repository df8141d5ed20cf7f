/// The SHA-256 hash of a sequence of bytes, fed in pieces of any length.
///
/// Each block of 64 bytes is expanded to W[0 … 63] and mixed into eight words a … h:
///
///     W[t] = σ1(W[t−2]) + W[t−7] + σ0(W[t−15]) + W[t−16]                for t ≥ 16
///     T1 = h + Σ1(e) + Ch(e,f,g) + K[t] + W[t]        T2 = Σ0(a) + Maj(a,b,c)
///
/// Source: NIST 2015, FIPS PUB 180-4, section 6.2, doi:10.6028/NIST.FIPS.180-4.
public struct SHA256: Sendable {
  private var state: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  /// Bytes that do not fill a block yet; always fewer than 64.
  private var pending: [UInt8] = []

  /// The number of bytes fed so far.
  private var length: UInt64 = 0

  /// The hash of no bytes yet.
  public init() {
    pending.reserveCapacity(64)
  }

  /// Appends bytes to the hashed sequence.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    update(bytes.span.bytes)
  }

  /// Appends the bytes of memory to the hashed sequence; for numbers in this machine's byte order
  /// (little endian everywhere Striate runs).
  public mutating func update(_ bytes: RawSpan) {
    length += UInt64(bytes.byteCount)
    var offset = 0
    if !pending.isEmpty {
      offset = min(64 - pending.count, bytes.byteCount)
      appendPending(bytes, from: 0, to: offset)
      guard pending.count == 64 else { return }
      let block = pending
      mix(block.span.bytes)
      pending.removeAll(keepingCapacity: true)
    }
    while bytes.byteCount - offset >= 64 {
      mix(bytes.extracting(offset..<offset + 64))
      offset += 64
    }
    appendPending(bytes, from: offset, to: bytes.byteCount)
  }

  /// The hash of everything fed: 32 bytes.
  public consuming func finish() -> [UInt8] {
    let bits = length &* 8
    let zeros = (119 - pending.count) % 64
    update([0x80] + Array(repeating: 0, count: zeros))
    update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
    var digest: [UInt8] = []
    for i in state.indices {
      for shift in [24, 16, 8, 0] { digest.append(UInt8(truncatingIfNeeded: state[i] >> shift)) }
    }
    return digest
  }

  /// The hash of everything fed as 64 lower-case hexadecimal digits.
  public consuming func hexadecimal() -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = finish().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The hash of `bytes` as 64 lower-case hexadecimal digits.
  public static func hexadecimal(of bytes: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }

  private mutating func appendPending(_ bytes: RawSpan, from start: Int, to end: Int) {
    for i in start..<end {
      pending.append(bytes.unsafeLoadUnaligned(fromByteOffset: i, as: UInt8.self))
    }
  }

  /// Mixes one block of 64 bytes into the state. Every load is checked against the span's bounds.
  private mutating func mix(_ block: RawSpan) {
    var w = InlineArray<16, UInt32>(repeating: 0)
    for t in 0..<16 {
      let word = block.unsafeLoadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)
      w[t] = UInt32(bigEndian: word)
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    let constants = Self.constants

    /// One round; instead of moving eight words along, the caller renames them.
    @inline(__always) func round(
      _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
      _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ t: Int
    ) {
      let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let t1 = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ constants[t] &+ w[t & 15]
      let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      d &+= t1
      h = t1 &+ sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
    }
    for t in stride(from: 0, to: 64, by: 8) {
      if t >= 16 {
        for i in t..<t + 8 {  // w[i mod 16] holds W[i − 16] until it becomes W[i]
          let (x, y) = (w[(i + 1) & 15], w[(i + 14) & 15])
          let sigma0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >> 3)
          let sigma1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >> 10)
          w[i & 15] = w[i & 15] &+ sigma0 &+ w[(i + 9) & 15] &+ sigma1
        }
      }
      round(a, b, c, &d, e, f, g, &h, t)
      round(h, a, b, &c, d, e, f, &g, t + 1)
      round(g, h, a, &b, c, d, e, &f, t + 2)
      round(f, g, h, &a, b, c, d, &e, t + 3)
      round(e, f, g, &h, a, b, c, &d, t + 4)
      round(d, e, f, &g, h, a, b, &c, t + 5)
      round(c, d, e, &f, g, h, a, &b, t + 6)
      round(b, c, d, &e, f, g, h, &a, t + 7)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

private func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 {
  (x >> count) | (x << (32 - count))
}
