import StriateExplain

/// JSON and numbers in one answer: the length of the JSON as 4 bytes, little endian; the JSON, filled up with
/// spaces to a multiple of 4; Floats of 4 bytes, little endian; and then bytes.
struct Frame {
  var header: [(String, JSON)]
  var floats: [Float] = []
  var bytes: [UInt8] = []

  var response: Response {
    var text = Array(
      JSON.object(
        header + [("floats", .integer(floats.count)), ("bytes", .integer(bytes.count))]
      ).text.utf8)
    while text.count % 4 != 0 { text.append(0x20) }
    var result = [UInt8]()
    result.reserveCapacity(4 + text.count + 4 * floats.count + bytes.count)
    withUnsafeBytes(of: UInt32(text.count).littleEndian) { result += $0 }
    result += text
    #if _endian(little)
      floats.withUnsafeBytes { result += $0 }
    #else
      for value in floats {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { result += $0 }
      }
    #endif
    result += bytes
    return Response(type: "application/octet-stream", bytes: result)
  }
}
