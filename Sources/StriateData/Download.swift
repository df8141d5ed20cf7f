import Foundation
import Striate
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Downloading a file whose size and checksum are known.
///
/// The transport is Foundation's `URLSession`: linking FoundationNetworking makes a program start
/// about 6 ms later, which is less than asking for one more installed program is worth.
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
    /// Seconds without a byte after which a mirror is given up.
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
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme) else {
      throw MirrorFailure(reason: "expected an address that begins with http:// or https://")
    }
    let transfer = Transfer(url, limit: source.size, silence: patience.silence)
    defer { transfer.cancel() }
    let deadline = DispatchTime.now() + patience.total
    var hash = SHA256()
    var received = 0
    while true {
      switch transfer.next(before: deadline) {
      case .bytes(let bytes):
        hash.update(bytes)
        received += bytes.count
        try write(bytes)
        progress(.received(url: address, bytes: received, total: source.size))
      case .failed(let reason):
        throw MirrorFailure(reason: reason)
      case nil:
        throw MirrorFailure(reason: "no complete answer in \(patience.total) seconds")
      case .ended:
        guard received == source.size else {
          throw MirrorFailure(reason: "expected \(source.size) bytes, found \(received)")
        }
        let found = hash.hexadecimal()
        guard found == source.sha256 else {
          throw MirrorFailure(
            reason: "expected the SHA-256 \(source.sha256), found \(found)")
        }
        return
      }
    }
  }
}

/// One request and the events of its answer, in order.
private final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
  enum Event {
    case bytes([UInt8])
    case failed(String)
    case ended
  }

  /// What has arrived and was not taken yet; never more than the limit.
  private let events = Mutex<[Event]>([])
  private let received = Mutex(0)
  private let arrivals = DispatchSemaphore(value: 0)
  private let limit: Int
  private let silence: Double
  private let session = Mutex<URLSession?>(nil)

  init(_ url: URL, limit: Int, silence: Double) {
    self.limit = limit
    self.silence = silence
    super.init()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = silence
    var request = URLRequest(url: url, timeoutInterval: silence)
    // A .gz file is wanted as it is stored, not unpacked on the way.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    request.setValue("striate", forHTTPHeaderField: "User-Agent")
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    session.dataTask(with: request).resume()
    self.session.withLock { $0 = session }
  }

  /// The next event, or nil where none comes before `deadline`.
  func next(before deadline: DispatchTime) -> Event? {
    guard arrivals.wait(timeout: deadline) == .success else { return nil }
    return events.withLock { $0.removeFirst() }
  }

  /// Ends the request; the session lets go of this object.
  func cancel() {
    session.withLock {
      $0?.invalidateAndCancel()
      $0 = nil
    }
  }

  private func add(_ event: Event) {
    events.withLock { $0.append(event) }
    arrivals.signal()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    if status != 200 {
      add(.failed("HTTP status \(status)"))
      completionHandler(.cancel)
    } else if response.expectedContentLength > Int64(limit) {
      add(.failed("expected \(limit) bytes, the server offers \(response.expectedContentLength)"))
      completionHandler(.cancel)
    } else {
      completionHandler(.allow)
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let total = received.withLock {
      $0 += data.count
      return $0
    }
    guard total <= limit else {
      if total - data.count <= limit {
        add(.failed("expected \(limit) bytes, the server sends more"))
        dataTask.cancel()
      }
      return
    }
    add(.bytes([UInt8](data)))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    guard let error else { return add(.ended) }
    if (error as? URLError)?.code == .timedOut {
      return add(.failed("no answer in \(silence) seconds"))
    }
    let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    add(.failed(cause.localizedDescription))
  }
}
