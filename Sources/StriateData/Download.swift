import Foundation
import Striate

/// Downloading a file whose size and checksum are known.
///
/// The transport is the program `curl`, read through a pipe. The alternative was `URLSession`:
/// linking FoundationNetworking makes every start of a program 6 ms slower, and on Linux a server
/// that sends fast and without an end keeps it busy, so that cancelling waits for 10 seconds and
/// more.
public enum Download {
  /// Why a file could not be downloaded: what each address answered, and what to do.
  public struct Failure: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// What is downloaded: where from, and how to tell that it arrived whole.
  public struct Source: Sendable, Equatable {
    /// The addresses, tried in this order.
    public var mirrors: [String]
    /// The number of bytes; nothing longer is taken.
    public var size: Int
    /// The SHA-256 of the bytes as lower-case hexadecimal digits.
    public var sha256: String

    /// A file of `size` bytes that each of `mirrors` serves.
    public init(mirrors: [String], size: Int, sha256: String) {
      self.mirrors = mirrors
      self.size = size
      self.sha256 = sha256
    }
  }

  /// How long to wait.
  public struct Patience: Sendable, Equatable {
    /// Seconds without a byte after which a mirror is given up, in whole seconds and a few more.
    public var silence: Double
    /// Seconds for the whole file after which a mirror is given up.
    public var total: Double

    /// The given times, in seconds.
    public init(silence: Double = 20, total: Double = 1800) {
      self.silence = silence
      self.total = total
    }
  }

  /// What happens during a download, for showing progress.
  public enum Event: Sendable, Equatable {
    /// `received` of `total` bytes have come from `url`.
    case received(url: String, bytes: Int, total: Int)
    /// `url` is given up for this reason; the next mirror, if any, is tried.
    case mirrorFailed(url: String, reason: String)
  }

  /// Downloads `source` to the file at `path`; waits until it is there.
  ///
  /// The bytes go to a temporary name and take the final one when size and checksum agree, so the
  /// file at `path` is always whole.
  ///
  /// Throws `Failure` where every mirror failed, and `AtomicFile.Failure` where the file cannot be
  /// written; other mirrors are not tried then.
  public static func file(
    _ source: Source, to path: String, patience: Patience = Patience(),
    progress: (Event) -> Void = { _ in }
  ) throws {
    var reasons: [String] = []
    for url in source.mirrors {
      do {
        return try AtomicFile.write(to: path) { file in
          try fetch(url, of: source, patience: patience, progress: progress) {
            try file.append($0.span.bytes)
          }
        }
      } catch let failure as MirrorFailure {
        reasons.append("  \(url): \(failure.reason)")
        progress(.mirrorFailed(url: url, reason: failure.reason))
      }
    }
    throw Failure(
      description: """
        download of \(path): no mirror gave the file:
        \(reasons.joined(separator: "\n"))
        check the network, or put the file there yourself
        """)
  }

  /// Why one mirror is given up.
  private struct MirrorFailure: Error {
    let reason: String
  }

  /// Hands the bytes of one mirror to `write`; throws where they are not the file.
  private static func fetch(
    _ address: String, of source: Source, patience: Patience, progress: (Event) -> Void,
    write: ([UInt8]) throws -> Void
  ) throws {
    guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
      throw MirrorFailure(reason: "expected an address that begins with http:// or https://")
    }
    let transfer = try Transfer(address, patience: patience)
    defer { transfer.stop() }
    var hash = SHA256()
    var received = 0
    while true {
      let bytes = transfer.next()
      if bytes.isEmpty { break }
      received += bytes.count
      guard received <= source.size else {
        throw MirrorFailure(reason: "expected \(source.size) bytes, the server sends more")
      }
      hash.update(bytes)
      try write(bytes)
      progress(.received(url: address, bytes: received, total: source.size))
    }
    if let reason = transfer.failure() { throw MirrorFailure(reason: reason) }
    guard received == source.size else {
      throw MirrorFailure(reason: "expected \(source.size) bytes, found \(received)")
    }
    let found = hash.hexadecimal()
    guard found == source.sha256 else {
      throw MirrorFailure(reason: "expected the SHA-256 \(source.sha256), found \(found)")
    }
  }

  /// The program `curl` at work on one address.
  private struct Transfer {
    private let process: ChildProcess

    init(_ address: String, patience: Patience) throws {
      let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      let program = path.split(separator: ":").map { "\($0)/curl" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
      }
      guard let program else {
        throw Failure(
          description: """
            download of \(address): the program curl is not installed: \
            install it, or download the file yourself
            """)
      }
      let silence = String(max(1, Int(patience.silence.rounded(.up))))
      let process = ChildProcess(
        program,
        arguments: [
          "--disable",  // no ~/.curlrc, which could change what comes out
          "--silent", "--show-error", "--fail", "--user-agent", "striate",
          "--location", "--max-redirs", "5", "--proto", "=http,https",
          "--connect-timeout", silence, "--speed-limit", "1", "--speed-time", silence,
          "--max-time", String(patience.total), "--url", address,
        ])
      guard let process else {
        throw Failure(
          description: "download of \(address): \(program) does not start: "
            + String(cString: strerror(errno)))
      }
      self.process = process
    }

    /// The next bytes; waits for them. None at the end, whether it is a good one or not.
    func next() -> [UInt8] { process.nextOutput() }

    /// Why the transfer failed, known after its end; nil where it did not.
    func failure() -> String? {
      let text = String(decoding: process.nextErrors(), as: UTF8.self)
      let end = process.wait()
      if end == .status(0) { return nil }
      guard let line = text.split(separator: "\n").first else {
        return switch end {
        case .status(let status): "curl ended with status \(status)"
        case .signal(let signal): "curl was ended by signal \(signal)"
        // Whether it was the whole file its size and checksum tell.
        case .unknown: nil
        }
      }
      // The line reads "curl: (22) The requested URL returned error: 404".
      let reason = line.split(separator: ") ", maxSplits: 1).last ?? line
      return end == .status(28) ? "too slow: \(reason)" : String(reason)
    }

    /// Ends the program if it still runs.
    func stop() { process.stop() }
  }
}
