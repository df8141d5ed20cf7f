import CZlib

/// Walks through an archive in memory.
struct ZipReader {
  private let bytes: [UInt8]
  private let source: String

  init(_ bytes: [UInt8], source: String) { (self.bytes, self.source) = (bytes, source) }

  private func refuse(_ message: String) -> InvalidArrayFile {
    InvalidArrayFile(source, "zip: \(message)")
  }

  /// A number of `size` bytes.
  private func number(at place: Int, _ size: Int) throws(InvalidArrayFile) -> Int {
    guard place >= 0, place <= bytes.count - size else {
      throw refuse("the archive is cut off or damaged at byte \(place)")
    }
    let value = bytes[place..<place + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value), number < 1 << 48 else {
      throw refuse("expected a size, found \(value)")
    }
    return number
  }

  mutating func entries() throws(InvalidArrayFile) -> [Zip.Entry] {
    var (count, place) = try directory()
    guard count <= Zip.entryLimit else {
      throw refuse("expected at most \(Zip.entryLimit) files, found \(count)")
    }
    var entries: [Zip.Entry] = []
    var (total, storedTotal) = (0, 0)
    for _ in 0..<count {
      guard try number(at: place, 4) == 0x0201_4B50 else {
        throw refuse("expected an entry of the directory at byte \(place), found something else")
      }
      let (flags, method) = (try number(at: place + 8, 2), try number(at: place + 10, 2))
      let sum = try number(at: place + 16, 4)
      let (nameLength, extraLength) = (
        try number(at: place + 28, 2), try number(at: place + 30, 2)
      )
      let commentLength = try number(at: place + 32, 2)
      var sizes = [
        try number(at: place + 24, 4), try number(at: place + 20, 4), try number(at: place + 42, 4),
      ]
      let nameStart = place + 46
      let end = nameStart + nameLength + extraLength + commentLength
      guard end <= bytes.count else { throw refuse("the directory is cut off") }
      let name = String(decoding: bytes[nameStart..<nameStart + nameLength], as: UTF8.self)
      try widen(&sizes, extra: nameStart + nameLength, extraLength)
      guard flags & 1 == 0 else { throw refuse("\"\(name)\": expected no encryption") }
      let data = try stored(at: sizes[2], size: sizes[1])
      // Files that lie over one another would make many large ones of a small archive.
      storedTotal += data.count
      guard storedTotal <= bytes.count else {
        throw refuse("\"\(name)\": expected files behind one another, found them over others")
      }
      total += sizes[0]
      guard total <= 1100 * bytes.count else {
        throw refuse("\"\(name)\": expected at most 1100 times the archive's size, found more")
      }
      let content = try content(data, method: method, size: sizes[0], name: name)
      guard Int(Zip.checksum(content)) == sum else {
        throw refuse("\"\(name)\": expected its checksum, found another: the archive is damaged")
      }
      entries.append(Zip.Entry(name: name, bytes: content))
      place = end
    }
    return entries
  }

  /// The number of files, and where the directory begins.
  private func directory() throws(InvalidArrayFile) -> (count: Int, place: Int) {
    let tail = max(0, bytes.count - 22 - 0xFFFF)
    let ends = stride(from: bytes.count - 22, through: tail, by: -1)
    guard let end = ends.first(where: { bytes[$0...].starts(with: [0x50, 0x4B, 5, 6]) }) else {
      throw refuse("expected a directory at the end of the archive, found none: it is cut off")
    }
    let (count, place) = (try number(at: end + 10, 2), try number(at: end + 16, 4))
    guard count == 0xFFFF || place == 0xFFFF_FFFF, end >= 20,
      try number(at: end - 20, 4) == 0x0706_4B50
    else { return (count, place) }
    let wide = try number(at: end - 12, 8)
    guard try number(at: wide, 4) == 0x0606_4B50 else {
      throw refuse("expected the directory of a large archive, found something else")
    }
    return (try number(at: wide + 32, 8), try number(at: wide + 48, 8))
  }

  /// Takes the size, the stored size and the offset that are too large for 32 bits from the extra field.
  private func widen(
    _ sizes: inout [Int], extra: Int, _ length: Int
  ) throws(InvalidArrayFile) {
    guard sizes.contains(0xFFFF_FFFF) else { return }
    var place = extra
    while place + 4 <= extra + length {
      let (id, size) = (try number(at: place, 2), try number(at: place + 2, 2))
      if id == 1 {
        var field = place + 4
        for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
          sizes[index] = try number(at: field, 8)
          field += 8
        }
        return
      }
      place += 4 + size
    }
  }

  /// The bytes of a file as they lie in the archive.
  private func stored(at header: Int, size: Int) throws(InvalidArrayFile) -> ArraySlice<UInt8> {
    guard try number(at: header, 4) == 0x0403_4B50 else {
      throw refuse("expected a file at byte \(header), found something else")
    }
    let (name, extra) = (try number(at: header + 26, 2), try number(at: header + 28, 2))
    let start = header + 30 + name + extra
    guard start <= bytes.count, size <= bytes.count - start else {
      throw refuse("the file at byte \(header) is cut off")
    }
    return bytes[start..<start + size]
  }

  private func content(
    _ data: ArraySlice<UInt8>, method: Int, size: Int, name: String
  ) throws(InvalidArrayFile) -> [UInt8] {
    switch method {
    case 0:
      guard data.count == size else {
        throw refuse("\"\(name)\": expected \(size) bytes, found \(data.count)")
      }
      return Array(data)
    case 8:
      // Deflate makes at most 1032 bytes of one.
      guard size <= 1032 * data.count + 64, let result = inflated(data, size: size) else {
        throw refuse("\"\(name)\": expected \(size) deflated bytes, found others: it is damaged")
      }
      return result
    default:
      throw refuse("\"\(name)\": expected a stored or deflated file, found method \(method)")
    }
  }

  /// The bytes that were deflated; nil where they are not exactly `size`.
  private func inflated(_ data: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    guard size < 1 << 32, data.count < 1 << 32 else { return nil }
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    var status = Z_OK
    var written = 0
    let result = data.withUnsafeBufferPointer { input in
      // One byte more, so that zlib can say that there is no more.
      [UInt8](unsafeUninitializedCapacity: size + 1) { output, initialized in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(size)
        status = inflate(&stream, Z_FINISH)
        written = size - Int(stream.avail_out)
        initialized = written
      }
    }
    return status == Z_STREAM_END && written == size && stream.avail_in == 0 ? result : nil
  }
}
