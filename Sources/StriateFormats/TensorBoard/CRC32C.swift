/// Castagnoli's cyclic redundancy check, which the records of event files carry.
///
/// Source: Castagnoli, Bräuer & Herrmann 1993, doi:10.1109/26.231911; RFC 3720, appendix B.4.
package enum CRC32C {
  /// What each byte does to an empty remainder; the polynomial 0x1EDC6F41, its bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
    }
  }

  /// The check of some bytes.
  package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { remainder, byte in
      remainder >> 8 ^ table[Int((remainder ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// The check as it stands in a record: turned, and a constant added, so that the check of a text that
  /// holds checks is a check still.
  package static func masked(of bytes: some Sequence<UInt8>) -> UInt32 {
    let check = of(bytes)
    return (check >> 15 | check << 17) &+ 0xA282_EAD8
  }
}
