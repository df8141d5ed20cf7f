import CMicroHTTPD
import Foundation
import Synchronization

/// A small HTTP/1.1 server: libmicrohttpd reads and writes, a thread for each connection; `handler` answers.
package final class HTTPServer: Sendable {
  /// What the server takes and how long it waits.
  package struct Limits: Sendable {
    /// Bytes of a body.
    package var body = 16 << 20
    /// Bytes of a body that is refused and yet read to its end, so that the answer is read.
    package var drained = 64 << 20
    package var connections = 320
    package var streams = 32
    /// Seconds: see `Connections.Patience`.
    package var receiving = 20.0
    package var sending = 60.0
    package var idle = 30.0

    package init() {}
  }

  package typealias Handler = @Sendable (Request) throws -> Response

  package let port: UInt16
  let rules: AccessRules
  let limits: Limits
  let connections: Connections
  let handler: Handler
  let isStopping = Atomic<Bool>(false)
  private let daemon = Mutex<Daemon?>(nil)

  /// libmicrohttpd's own object, which any thread may use.
  private struct Daemon: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// Listens from now on. Throws where it cannot: the port is taken, or the address is not this machine's.
  package init(
    host: String, port: UInt16, limits: Limits = Limits(), handler: @escaping Handler
  ) throws {
    let listener = try ListeningSocket(host: host, port: port)
    self.port = listener.port
    self.limits = limits
    self.handler = handler
    rules = AccessRules(host: host, port: listener.port)
    connections = Connections(
      .init(receiving: limits.receiving, sending: limits.sending, idle: limits.idle))
    guard let pointer = start(on: listener.descriptor) else {
      close(listener.descriptor)
      throw ListeningSocket.Failure(description: "libmicrohttpd did not start")
    }
    daemon.withLock { $0 = Daemon(pointer: pointer) }
    startThread { [weak self] in
      while let server = self, !server.isStopping.load(ordering: .relaxed) {
        server.connections.endLate()
        usleep(250_000)
      }
    }
  }

  /// Answers what is under way, ends the streams and all connections.
  package func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    let daemon = daemon.withLock { daemon in
      defer { daemon = nil }
      return daemon
    }
    if let daemon { MHD_stop_daemon(daemon.pointer) }
  }

  deinit { stop() }

  private func start(on descriptor: Int32) -> OpaquePointer? {
    let own = Unmanaged.passUnretained(self).toOpaque()
    let completed: MHD_RequestCompletedCallback = { _, _, exchange, _ in
      Exchange.end(exchange)
    }
    let notified: MHD_NotifyConnectionCallback = { own, connection, _, code in
      guard let own, let connection else { return }
      let server = Unmanaged<HTTPServer>.fromOpaque(own).takeUnretainedValue()
      let descriptor = striate_socket_of_connection(connection)
      if code == .CONNECTION_NOTIFY_STARTED {
        server.connections.open(descriptor)
      } else {
        server.connections.close(descriptor)
      }
    }
    func item(_ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil)
      -> MHD_OptionItem
    {
      MHD_OptionItem(option: option, value: value, ptr_value: pointer)
    }
    var options = [
      item(.LISTEN_SOCKET, Int(descriptor)),
      item(.CONNECTION_LIMIT, limits.connections),
      item(.CONNECTION_TIMEOUT, Int(limits.idle.rounded(.up))),
      item(.CONNECTION_MEMORY_LIMIT, 32 << 10),
      // A network's text may nest deeply, and Foundation's JSON too.
      item(.THREAD_STACK_SIZE, 2 << 20),
      item(.NOTIFY_COMPLETED, unsafeBitCast(completed, to: Int.self), own),
      item(.NOTIFY_CONNECTION, unsafeBitCast(notified, to: Int.self), own),
      item(.END, 0),
    ]
    let flags =
      MHD_USE_THREAD_PER_CONNECTION.rawValue | MHD_USE_INTERNAL_POLLING_THREAD.rawValue
      | MHD_USE_POLL.rawValue | MHD_USE_ITC.rawValue
    return options.withUnsafeMutableBufferPointer { options -> OpaquePointer? in
      guard let base = options.baseAddress else { return nil }
      let arguments: [any CVarArg] = [
        Int32(truncatingIfNeeded: MHD_OPTION.ARRAY.rawValue), OpaquePointer(base),
        Int32(truncatingIfNeeded: MHD_OPTION.END.rawValue),
      ]
      return withVaList(arguments) {
        MHD_start_daemon_va(flags, 0, nil, nil, answer, own, $0)
      }
    }
  }
}
