import CZlib

/// The files of a zip archive, stored or deflated.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10, §4.3; the deflated ones are RFC 1951's.
package enum Zip {
  /// A file inside an archive.
  package struct Entry {
    var name: String
    var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
  }

  /// The most files of an archive.
  static let entryLimit = 1 << 16

  /// The files of an archive in memory, in the order of its directory; errors call it `source`.
  static func decode(_ bytes: [UInt8], source: String) throws(InvalidArrayFile) -> [Entry] {
    var reader = ZipReader(bytes, source: source)
    return try reader.entries()
  }

  /// An archive of stored files without times, so that equal files give equal archives.
  ///
  /// Throws where a file or all together have 4 GiB or more.
  package static func encode(_ entries: [Entry], source: String) throws(InvalidArrayFile) -> [UInt8]
  {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      guard entries.count < 0xFFFF, archive.count + entry.bytes.count < 0xFFFF_0000,
        entry.name.utf8.count < 1 << 12
      else {
        throw InvalidArrayFile(
          source, "zip: expected files of less than 4 GiB together, found more: write .npy files")
      }
      let size = UInt32(entry.bytes.count)
      let name = Array(entry.name.utf8)
      // Version 2.0, names in UTF-8, stored, 1 January 1980.
      let common =
        little(UInt16(20)) + little(UInt16(0x0800)) + little(UInt16(0)) + little(UInt16(0))
        + little(UInt16(0x21)) + little(checksum(entry.bytes)) + little(size) + little(size)
        + little(UInt16(name.count)) + little(UInt16(0))
      directory +=
        little(UInt32(0x0201_4B50)) + little(UInt16(20)) + common + little(UInt16(0))
        + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + little(UInt32(archive.count))
        + name
      archive += little(UInt32(0x0403_4B50)) + common + name + entry.bytes
    }
    let count = UInt16(entries.count)
    let end =
      little(UInt32(0x0605_4B50)) + little(UInt32(0)) + little(count) + little(count)
      + little(UInt32(directory.count)) + little(UInt32(archive.count)) + little(UInt16(0))
    return archive + directory + end
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// CRC-32.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = crc32(0, nil, 0)
    bytes.withUnsafeBufferPointer { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = min(buffer.count - offset, 1 << 30)
        sum = crc32(sum, buffer.baseAddress.map { $0 + offset }, UInt32(count))
        offset += count
      }
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}
