import CMicroHTTPD
import Foundation

/// A request that is coming in and the response that goes out. libmicrohttpd calls it from one thread.
final class Exchange {
  private let server: HTTPServer
  private let descriptor: Int32
  private var request: Request
  /// Why it is refused; what is left of the body is read all the same.
  private var refusal: Refusal?

  private init(_ server: HTTPServer, _ descriptor: Int32, _ request: Request) {
    (self.server, self.descriptor, self.request) = (server, descriptor, request)
  }

  /// The response has gone, or the connection.
  static func end(_ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
    guard let pointer = exchange?.pointee else { return }
    exchange?.pointee = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
    exchange.server.connections.set(.waiting, exchange.descriptor)
  }

  /// The head of a request has come.
  static func begin(
    _ server: HTTPServer, _ connection: OpaquePointer, method: String, path: String
  ) -> (exchange: Exchange, answersNow: Bool) {
    let descriptor = striate_socket_of_connection(connection)
    server.connections.set(.receiving, descriptor)
    // HEAD is answered as GET; libmicrohttpd leaves out the body.
    let exchange = Exchange(
      server, descriptor,
      Request(
        method: method == "HEAD" ? "GET" : method, path: path, query: query(of: connection)))
    return (exchange, exchange.check(connection))
  }

  /// Finds out whether the request is refused; true where the answer cannot wait for the body.
  private func check(_ connection: OpaquePointer) -> Bool {
    func header(_ name: String) -> String? {
      MHD_lookup_connection_value(connection, .HEADER_KIND, name).map { String(cString: $0) }
    }
    do {
      try server.rules.check(method: request.method, path: request.path, header: header)
    } catch {
      refusal = error as? Refusal
    }
    guard header("Transfer-Encoding") == nil else {
      refusal =
        refusal ?? Refusal(411, "body: expected its length in Content-Length, found none")
      return true
    }
    let length = header("Content-Length").flatMap { Int($0) } ?? 0
    if length > server.limits.body {
      refusal =
        refusal
        ?? Refusal(
          413,
          "body: expected at most \(server.limits.body) bytes, found \(length): make the "
            + "picture smaller")
    }
    if refusal == nil { request.body.reserveCapacity(length) }
    return length > server.limits.drained
  }

  func take(_ bytes: UnsafePointer<CChar>, count: Int) {
    guard refusal == nil, request.body.count + count <= server.limits.body else { return }
    request.body.append(
      contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
  }

  func respond(_ connection: OpaquePointer) -> MHD_Result {
    server.connections.set(.computing, descriptor)
    let answer: Response
    do {
      if let refusal { throw refusal }
      answer = try server.handler(request)
    } catch let refusal as Refusal {
      answer = refusal.response
    } catch {
      answer = Refusal(422, "\(error)").response
    }
    request.body = []
    return send(answer, connection)
  }

  private func send(_ answer: Response, _ connection: OpaquePointer) -> MHD_Result {
    var answer = answer
    if case .events = answer.body, server.connections.streamCount >= server.limits.streams {
      answer = Refusal(503, "events: expected at most \(server.limits.streams) readers").response
    }
    let response: OpaquePointer?
    switch answer.body {
    case .bytes(let bytes):
      server.connections.set(.sending, descriptor)
      response = bytes.withUnsafeBytes {
        MHD_create_response_from_buffer(
          $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .events(let source):
      server.connections.set(.streaming, descriptor)
      response = EventStream.response(source, server)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    for (name, value) in HTTPServer.securityHeaders + [("Content-Type", answer.type)]
      + answer.headers
    {
      MHD_add_response_header(response, name, value)
    }
    return MHD_queue_response(connection, UInt32(answer.status), response)
  }

  private static func query(of connection: OpaquePointer) -> [String: String] {
    var query: [String: String] = [:]
    withUnsafeMutablePointer(to: &query) { query in
      _ = MHD_get_connection_values(
        connection, .GET_ARGUMENT_KIND,
        { query, _, name, value in
          guard let query, let name else { return .YES }
          query.assumingMemoryBound(to: [String: String].self).pointee[String(cString: name)] =
            value.map { String(cString: $0) } ?? ""
          return .YES
        }, query)
    }
    return query
  }
}

/// What libmicrohttpd calls when the head of a request has come, for each part of its body, and at its end.
func answer(
  own: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, data: UnsafePointer<CChar>?,
  size: UnsafeMutablePointer<Int>?, state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let own, let connection, let url, let method, let size, let state else { return .NO }
  if let pointer = state.pointee {
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    guard size.pointee > 0 else { return exchange.respond(connection) }
    if let data { exchange.take(data, count: size.pointee) }
    size.pointee = 0
    return .YES
  }
  let server = Unmanaged<HTTPServer>.fromOpaque(own).takeUnretainedValue()
  let (exchange, answersNow) = Exchange.begin(
    server, connection, method: String(cString: method), path: String(cString: url))
  state.pointee = Unmanaged.passRetained(exchange).toOpaque()
  return answersNow ? exchange.respond(connection) : .YES
}

extension HTTPServer {
  /// The page may load what this server sends and nothing else, and no other page may hold it.
  static let securityHeaders: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
  ]
}
