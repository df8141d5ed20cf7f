import CMicroHTTPD
import Foundation

/// Server-sent events on their way: libmicrohttpd asks for bytes whenever the reader has room for more.
final class EventStream {
  private let source: any EventSource
  private let server: HTTPServer
  private var rest: ArraySlice<UInt8> = []
  private var silence = 0

  /// Seconds after which a reader is told that the connection lives.
  private static let heartbeat = 5

  private init(_ source: any EventSource, _ server: HTTPServer) {
    (self.source, self.server) = (source, server)
  }

  static func response(_ source: any EventSource, _ server: HTTPServer) -> OpaquePointer? {
    let stream = Unmanaged.passRetained(EventStream(source, server))
    let response = MHD_create_response_from_callback(
      .max, 32 << 10,
      { stream, _, buffer, size in
        guard let stream, let buffer else { return -1 }
        return Unmanaged<EventStream>.fromOpaque(stream).takeUnretainedValue()
          .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
      }, stream.toOpaque(),
      { stream in
        if let stream { Unmanaged<EventStream>.fromOpaque(stream).release() }
      })
    if response == nil { stream.release() }
    return response
  }

  /// The next bytes; -1 at the end.
  private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while rest.isEmpty {
      if server.isStopping.load(ordering: .relaxed) { return -1 }
      guard let event = source.next(within: 1) else {
        silence += 1
        if silence >= Self.heartbeat {
          silence = 0
          rest = ArraySlice(": still here\n\n".utf8)
        }
        continue
      }
      if event.isEmpty { return -1 }
      silence = 0
      rest = ArraySlice(event.utf8)
    }
    let count = min(rest.count, buffer.count)
    buffer.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }
}
