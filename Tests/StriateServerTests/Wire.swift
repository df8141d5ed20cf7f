import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A connection to a server on this machine, byte by byte.
final class Wire {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What came back.
  struct Answer {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    func object() throws -> [String: Any] {
      guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
        throw Failure(description: "expected a JSON object, found \(text.prefix(200))")
      }
      return object
    }

    /// The header of an answer of JSON and numbers, with its Floats and bytes.
    func frame() throws -> (header: [String: Any], floats: [Float], bytes: [UInt8]) {
      guard body.count >= 4 else { throw Failure(description: "expected a frame, found \(text)") }
      let length = body.prefix(4).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
      let header = try JSONSerialization.jsonObject(with: Data(body[4..<4 + length]))
      let object = header as? [String: Any] ?? [:]
      let count = object["floats"] as? Int ?? 0
      let floats = (0..<count).map { i in
        let start = 4 + length + 4 * i
        return Float(
          bitPattern: (0..<4).reduce(UInt32(0)) {
            $0 | UInt32(body[start + $1]) << (8 * UInt32($1))
          })
      }
      return (object, floats, Array(body[(4 + length + 4 * count)...]))
    }
  }

  let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: UInt16, patience: Double = 20) throws {
    #if canImport(Darwin)
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var time = timeval()
    time.tv_sec = Int(patience)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw Failure(description: "cannot connect to port \(port): \(reason)")
    }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      #if canImport(Darwin)
        let flags: Int32 = 0
      #else
        let flags = Int32(MSG_NOSIGNAL)
      #endif
      let count = rest.withUnsafeBytes {
        #if canImport(Glibc)
          Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
        #elseif canImport(Musl)
          Musl.send(descriptor, $0.baseAddress, $0.count, flags)
        #else
          Darwin.send(descriptor, $0.baseAddress, $0.count, flags)
        #endif
      }
      guard count > 0 else {
        throw Failure(description: "cannot send: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// More bytes; false at the end of the connection.
  func receive() throws -> Bool {
    var part = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &part, part.count, 0)
    guard count >= 0 else {
      throw Failure(description: "nothing came: \(String(cString: strerror(errno)))")
    }
    buffer += part.prefix(count)
    return count > 0
  }

  /// A line of an endless answer, without its end.
  func line() throws -> String {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line.last == "\r" ? String(line.dropLast()) : line
      }
      guard try receive() else { throw Failure(description: "the connection ended") }
    }
  }

  /// The status and the headers of an answer.
  func head() throws -> Answer {
    var answer = Answer()
    let first = try line().split(separator: " ")
    answer.status = first.count > 1 ? Int(first[1]) ?? 0 : 0
    while true {
      let line = try line()
      if line.isEmpty { return answer }
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        answer.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
  }

  /// A whole answer whose length is told.
  func answer(hasBody: Bool = true) throws -> Answer {
    var answer = try head()
    guard hasBody else { return answer }
    let length = answer.headers["content-length"].flatMap { Int($0) } ?? 0
    while buffer.count < length {
      guard try receive() else { throw Failure(description: "the connection ended in the body") }
    }
    answer.body = Array(buffer.prefix(length))
    buffer.removeFirst(length)
    return answer
  }

  /// Sends a request and waits for the answer; the connection stays.
  func ask(
    _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = [],
    port: UInt16
  ) throws -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\n"
    var all = headers
    if all["Host"] == nil { all["Host"] = "127.0.0.1:\(port)" }
    if all["Host"] == "" { all["Host"] = nil }
    if !body.isEmpty || method != "GET" {
      all["Content-Length"] = all["Content-Length"] ?? "\(body.count)"
    }
    for (name, value) in all { head += "\(name): \(value)\r\n" }
    try send(Array((head + "\r\n").utf8) + body)
    return try answer(hasBody: method != "HEAD")
  }
}
