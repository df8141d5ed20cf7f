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
  /// For use before hours of work whose result goes to `path`. It creates and removes a file under a
  /// temporary name, so it also finds read-only file systems; and disks that have no room for `size`
  /// bytes, where the file system can say so. Each file is looked at alone: several that are written to
  /// one disk need room for all of them.
  public static func checkWritable(_ path: String, size: Int = 0) throws {
    let writer = try Writer(try Destination(path))
    try writer.reserve(size)
  }

  /// The one name of the file that a write to `path` would replace: absolute, with the links followed.
  ///
  /// Two paths with the same result lead to the same file, whether it is there yet or not. Where the
  /// folder does not exist, or the links go round in a circle, the path comes back as it is.
  public static func destination(of path: String) -> String {
    let target = Destination.followingLinks(path)
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { target[target.utf8.index(after: $0)...] } ?? target[...]
    let folder = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
    guard let resolved = realpath(folder, nil) else { return path }
    defer { free(resolved) }
    let place = String(cString: resolved)
    return (place == "/" ? "" : place) + "/" + name
  }

  /// Removes temporary files in the folder of `path` whose writers were killed.
  ///
  /// A file that is being written is locked, by this process or another, and stays. Whatever cannot be
  /// looked at or removed stays as well.
  public static func removeAbandoned(beside path: String) {
    guard let destination = try? Destination(path), let folder = opendir(destination.folder) else {
      return
    }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: start.pointee))
        {
          String(cString: $0)
        }
      }
      guard name.hasPrefix(Destination.prefix), name.hasSuffix(Destination.suffix) else { continue }
      let file = destination.pathInFolder(name)
      let descriptor = open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(file) }
      close(descriptor)
    }
  }

  /// Where a file is to go.
  fileprivate struct Destination {
    /// How the names of temporary files begin and end.
    static let (prefix, suffix) = (".striate-", ".partial")

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
      if stat(path, &status) == 0 {
        switch status.st_mode & S_IFMT {
        case S_IFREG: permissions = status.st_mode & 0o777
        case S_IFDIR: throw refuse("it is a folder", "name a file inside it")
        default: throw refuse("it is a pipe or device, not a file")
        }
      }
      let target = Self.followingLinks(path)
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

    /// The path that a symbolic link leads to, and the links behind it, also where nothing is there yet;
    /// the path itself where it is no link.
    static func followingLinks(_ path: String) -> String {
      var target = path
      // As many as the system follows.
      for _ in 0..<40 {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(target, &buffer, buffer.count)
        guard count > 0 else { return target }
        let next = String(
          decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
        target = next.hasPrefix("/") ? next : (slash.map { String(target[...$0]) } ?? "") + next
      }
      return path
    }

    /// A name in the folder that no other file has.
    var temporaryPath: String {
      let number = String(UInt64.random(in: .min ... .max), radix: 16)
      return pathInFolder(Self.prefix + number + Self.suffix)
    }

    func pathInFolder(_ name: String) -> String { (folder == "/" ? "" : folder) + "/" + name }
  }

  /// The file while it is being written.
  public struct Writer: ~Copyable {
    private let destination: Destination
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isCommitted = false

    fileprivate init(_ destination: Destination) throws {
      var temporary = ""
      var descriptor: Int32 = -1
      repeat {
        if descriptor >= 0 { close(descriptor) }
        temporary = destination.temporaryPath
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
          throw Failure(
            description: """
              cannot write \(destination.path): the folder \(destination.folder) refuses new files \
              (\(reason(errno))): change its permissions or choose another path
              """)
        }
        // Whoever finds the file unlocked knows that its writer is gone; where one was quicker than
        // the lock, the file has no name any more.
      } while flock(descriptor, LOCK_EX) == 0 && hasNoName(descriptor)
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

    /// Throws where the disk, or the limit on the size of files, has no room for so many bytes; a file
    /// system that cannot tell is believed.
    fileprivate func reserve(_ size: Int) throws {
      #if os(Linux)
        guard size > 0 else { return }
        let error = posix_fallocate(descriptor, 0, off_t(size))
        guard ![ENOSPC, EFBIG, EDQUOT].contains(error) else { throw failure(error) }
      #endif
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

/// Whether a file has been removed since it was opened.
private func hasNoName(_ descriptor: Int32) -> Bool {
  var status = stat()
  return fstat(descriptor, &status) == 0 && status.st_nlink == 0
}

private func reason(_ error: Int32) -> String { String(cString: strerror(error)) }

/// write(2), under a name that the methods above do not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
