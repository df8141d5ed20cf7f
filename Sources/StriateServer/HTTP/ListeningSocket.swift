import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A socket that waits for connections.
struct ListeningSocket {
  let descriptor: Int32
  let port: UInt16

  /// Why the server cannot listen.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameters:
  ///   - host: An address of this machine, IPv4 or IPv6, or a name of it.
  ///   - port: 0 for any that is free.
  init(host: String, port: UInt16) throws {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_family = AF_UNSPEC
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard status == 0, let found = list?.pointee else {
      throw Failure(
        description: "--host: expected an address of this machine such as 127.0.0.1, found "
          + "\"\(host.prefix(80))\"")
    }
    let descriptor = socket(found.ai_family, found.ai_socktype, found.ai_protocol)
    guard descriptor >= 0 else { throw Self.failure(host, port, errno) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    guard bind(descriptor, found.ai_addr, found.ai_addrlen) == 0, listen(descriptor, 256) == 0
    else {
      let error = errno
      close(descriptor)
      throw Self.failure(host, port, error)
    }
    self.descriptor = descriptor
    self.port = port == 0 ? Self.port(of: descriptor) : port
  }

  private static func port(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard getsockname(descriptor, $0, &length) == 0 else { return 0 }
        // The port lies at the same place in both families' addresses.
        return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          UInt16(bigEndian: $0.pointee.sin_port)
        }
      }
    }
  }

  private static func failure(_ host: String, _ port: UInt16, _ error: Int32) -> Failure {
    let what = "port \(port) of \(host)"
    switch error {
    case EADDRINUSE:
      return Failure(
        description: "\(what): expected a free port, found one in use: another striate serve may "
          + "be running; try --port 0 for any free one")
    case EACCES:
      return Failure(
        description: "\(what): expected a port that you may use, found one that you may not: "
          + "take one above 1023")
    case EADDRNOTAVAIL:
      return Failure(
        description: "--host: expected an address of this machine such as 127.0.0.1, found "
          + "\"\(host.prefix(80))\"")
    default:
      return Failure(description: "\(what): cannot listen: \(String(cString: strerror(error)))")
    }
  }
}
