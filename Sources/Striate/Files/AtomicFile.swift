#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Files that appear whole or not at all.
///
/// The bytes go to a temporary name in the same folder, are synced to the disk, and then take the
/// final name in one step; whoever opens the final name sees the old file or the new one. When
/// anything fails the temporary file is removed and the old file is left as it was.
public enum AtomicFile {
  /// What went wrong when a file was written: which file, why, and what to do.
  public struct Failure: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// Writes `bytes` to the file at `path`, replacing it.
  ///
  /// Throws `Failure` where the file cannot be written.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    let bytes = Array(bytes)
    try write(to: path) { try $0.append(bytes.span.bytes) }
  }

  /// Writes the file at `path` piece by piece, replacing it once `body` has returned.
  ///
  /// Throws `Failure` where the file cannot be written, and what `body` throws; then the file at
  /// `path` is what it was before.
  public static func write<Result>(
    to path: String, _ body: (inout Writer) throws -> Result
  ) throws -> Result {
    let destination = try Destination(path)
    var writer = try Writer(destination)
    let result = try body(&writer)
    try writer.commit()
    return result
  }

  /// Throws where a file at `path` could not be written now; changes nothing.
  ///
  /// For use before hours of work whose result goes to `path`. It creates and removes an empty
  /// file under a temporary name, so it also finds read-only file systems.
  public static func checkWritable(_ path: String) throws {
    _ = try Writer(try Destination(path))
  }

  /// Where a file is to go.
  fileprivate struct Destination {
    /// The path as it was given; errors name it.
    let path: String
    /// The path with symbolic links followed: the link stays, its target is replaced.
    let target: String
    let folder: String
    /// The permission bits of the file that is replaced, if there is one.
    let permissions: mode_t?

    init(_ path: String) throws {
      func refuse(_ reason: String, _ advice: String = "choose another path") -> Failure {
        Failure(description: "cannot write \(path): \(reason): \(advice)")
      }
      guard !path.isEmpty, !path.utf8.contains(0) else {
        throw Failure(description: "cannot write \"\": the path is empty: name a file")
      }
      var status = stat()
      var permissions: mode_t?
      var target = path
      if stat(path, &status) == 0 {
        switch status.st_mode & S_IFMT {
        case S_IFREG: permissions = status.st_mode & 0o777
        case S_IFDIR: throw refuse("it is a folder", "name a file inside it")
        default: throw refuse("it is a pipe or device, not a file")
        }
        if let resolved = realpath(path, nil) {
          target = String(cString: resolved)
          free(resolved)
        }
      }
      let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
      if let slash, target.utf8.index(after: slash) == target.utf8.endIndex {
        throw refuse("it names a folder", "name a file inside it")
      }
      let folder = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
      if stat(folder, &status) != 0 {
        throw switch errno {
        case ENOENT:
          refuse("the folder \(folder) does not exist", "create it or choose another path")
        case ENOTDIR: refuse("\(folder) is not a folder")
        default: refuse("the folder \(folder) cannot be reached (\(reason(errno)))")
        }
      }
      guard status.st_mode & S_IFMT == S_IFDIR else { throw refuse("\(folder) is not a folder") }
      self.path = path
      self.target = target
      self.folder = folder
      self.permissions = permissions
    }
  }

  /// The file while it is being written.
  public struct Writer: ~Copyable {
    private let destination: Destination
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isCommitted = false

    fileprivate init(_ destination: Destination) throws {
      let name = ".striate-\(String(UInt64.random(in: .min ... .max), radix: 16)).partial"
      let temporary = (destination.folder == "/" ? "" : destination.folder) + "/" + name
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        throw Failure(
          description: """
            cannot write \(destination.path): the folder \(destination.folder) refuses new files \
            (\(reason(errno))): change its permissions or choose another path
            """)
      }
      self.destination = destination
      self.temporary = temporary
      self.descriptor = descriptor
    }

    deinit {
      close(descriptor)
      if !isCommitted { unlink(temporary) }
    }

    /// Appends the bytes of memory to the file.
    public mutating func append(_ bytes: RawSpan) throws {
      if buffer.count + bytes.byteCount > 1 << 16 { try flush() }
      if bytes.byteCount > 1 << 16 {
        try bytes.withUnsafeBytes { try put($0) }
      } else {
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
      }
    }

    /// Appends bytes to the file.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws {
      let bytes = Array(bytes)
      try append(bytes.span.bytes)
    }

    private mutating func flush() throws {
      try buffer.withUnsafeBytes { try put($0) }
      buffer.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
      var rest = bytes
      while !rest.isEmpty {
        let written = systemWrite(descriptor, rest.baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure(errno) }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }

    fileprivate mutating func commit() throws {
      try flush()
      if let permissions = destination.permissions { fchmod(descriptor, permissions) }
      guard fsync(descriptor) == 0, rename(temporary, destination.target) == 0 else {
        throw failure(errno)
      }
      isCommitted = true
      // The new name itself reaches the disk with its folder; some file systems cannot do that.
      let folder = open(destination.folder, O_RDONLY | O_CLOEXEC)
      if folder >= 0 {
        fsync(folder)
        close(folder)
      }
    }

    private func failure(_ error: Int32) -> Failure {
      let advice = error == ENOSPC ? "free some space or " : ""
      return Failure(
        description: """
          cannot write \(destination.path): \(reason(error)): \(advice)choose another path
          """)
    }
  }
}

private func reason(_ error: Int32) -> String { String(cString: strerror(error)) }

/// write(2), under a name that the methods above do not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
