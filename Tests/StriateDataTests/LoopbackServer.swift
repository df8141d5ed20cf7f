import Foundation
import Synchronization

/// A small HTTP server on 127.0.0.1 that answers as well or as badly as it is told to.
final class LoopbackServer: Sendable {
  /// What one path answers.
  enum Answer: Sendable {
    /// All of the file.
    case file([UInt8])
    /// An error page.
    case status(Int)
    /// The file, said to be longer than it is; then the connection closes.
    case truncated([UInt8], announced: Int)
    /// The file without its length; the end of the connection is the end of the file.
    case unmeasured([UInt8])
    /// Bytes without an end and without a length.
    case endless
    /// Nothing, on an open connection.
    case silence
    /// A part of the file; then nothing, on an open connection.
    case stalled([UInt8], announced: Int)
    /// The head of an answer and a byte from time to time, for ever.
    case trickle
    /// Look elsewhere.
    case redirect(String)
  }

  /// The port that the system chose.
  let port: UInt16

  private let log: Log

  private final class Log: Sendable {
    let requests = Mutex<[String]>([])
    /// The open connections; nil when the server is over.
    let connections = Mutex<[Int32]?>([])
  }

  init(_ answers: [String: Answer]) throws {
    let fd = socket(AF_INET, streamSocket, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, length) == 0 && listen(fd, 16) == 0 && getsockname(fd, $0, &length) == 0
      }
    }
    guard isListening else {
      close(fd)
      throw CocoaError(.fileReadUnknown)
    }
    port = UInt16(bigEndian: address.sin_port)
    log = Log()
    Thread { [log] in
      // This thread alone closes the listener: a number closed elsewhere could be given to another
      // server while this one still accepts on it.
      defer { close(fd) }
      while log.connections.withLock({ $0 != nil }) {
        var state = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, 20) > 0 else { continue }
        let connection = accept(fd, nil, nil)
        guard connection >= 0 else { continue }
        let isOpen = log.connections.withLock {
          $0?.append(connection)
          return $0 != nil
        }
        guard isOpen else {
          close(connection)
          return
        }
        Thread { Self.serve(connection, answers, log) }.start()
      }
    }.start()
  }

  deinit {
    log.connections.withLock { connections in
      for connection in connections ?? [] { shutdown(connection, both) }
      connections = nil
    }
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  /// The first line and the headers of each request so far.
  var requests: [String] { log.requests.withLock { $0 } }

  private static func serve(_ connection: Int32, _ answers: [String: Answer], _ log: Log) {
    defer {
      log.connections.withLock { $0?.removeAll { $0 == connection } }
      close(connection)
    }
    var request: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while !request.contains(Array("\r\n\r\n".utf8)) {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return }
      request += piece.prefix(count)
    }
    let text = String(decoding: request, as: UTF8.self)
    log.requests.withLock { $0.append(text) }
    let path = text.split(separator: " ").dropFirst().first.map { String($0) } ?? ""
    func head(_ status: Int, _ fields: String...) {
      let lines = ["HTTP/1.1 \(status) Whatever", "Connection: close"] + fields + ["", ""]
      _ = sendAll(connection, Array(lines.joined(separator: "\r\n").utf8))
    }
    switch answers[path] ?? .status(404) {
    case .file(let bytes):
      head(200, "Content-Length: \(bytes.count)")
      _ = sendAll(connection, bytes)
    case .status(let status):
      head(status, "Content-Length: 4")
      _ = sendAll(connection, Array("oops".utf8))
    case .truncated(let bytes, let announced):
      head(200, "Content-Length: \(announced)")
      _ = sendAll(connection, bytes)
    case .unmeasured(let bytes):
      head(200)
      _ = sendAll(connection, bytes)
    case .endless:
      head(200)
      while sendAll(connection, [UInt8](repeating: 7, count: 1 << 16)) {}
    case .silence:
      _ = recv(connection, &piece, piece.count, 0)
    case .stalled(let bytes, let announced):
      head(200, "Content-Length: \(announced)")
      _ = sendAll(connection, bytes)
      _ = recv(connection, &piece, piece.count, 0)
    case .trickle:
      head(200)
      while sendAll(connection, [7]) { usleep(20_000) }
    case .redirect(let location):
      head(302, "Location: \(location)", "Content-Length: 0")
    }
    // The client may still send; closing with unread bytes would cut off what it has not read.
    shutdown(connection, both)
  }

  private static func sendAll(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, noSignal) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

#if canImport(Glibc)
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
  private let both = Int32(SHUT_RDWR)
  private let noSignal = Int32(MSG_NOSIGNAL)
#else
  private let streamSocket = SOCK_STREAM
  private let both = SHUT_RDWR
  private let noSignal: Int32 = 0
#endif
