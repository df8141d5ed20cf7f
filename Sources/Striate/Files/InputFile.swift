#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A regular file open for reading.
///
/// Folders, pipes and devices are refused before anything is read, so that no path can make a
/// reader wait for ever.
package struct InputFile: ~Copyable {
  /// What went wrong with a file that was to be read.
  package struct Failure: Error, CustomStringConvertible, Equatable {
    package let description: String
  }

  /// The path as it was given; errors name it.
  package let path: String

  /// The number of bytes in the file when it was opened.
  package let size: Int

  private let descriptor: Int32

  /// Opens the file at `path`.
  ///
  /// Throws `Failure` where there is no such file, it is not a regular file, or reading it is not
  /// allowed.
  package init(path: String) throws {
    guard !path.utf8.contains(0) else {
      throw Failure(description: "the path contains a zero byte: name a file")
    }
    // O_NONBLOCK: opening a pipe without a writer would wait for one.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(opening: path, error: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = errno
      close(descriptor)
      throw Self.failure(opening: path, error: error)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw Failure(
        description: isFolder
          ? "\(path): expected a file, found a folder: name a file inside it"
          : "\(path): expected a regular file, found a pipe or device: copy it to a file first")
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Reads at most `count` bytes and appends them to `bytes`; returns how many, 0 at the end.
  package func read(upTo count: Int, appendingTo bytes: inout [UInt8]) throws -> Int {
    guard count > 0 else { return 0 }
    let piece = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      var result = systemRead(descriptor, buffer.baseAddress, count)
      while result < 0 && errno == EINTR {
        result = systemRead(descriptor, buffer.baseAddress, count)
      }
      guard result >= 0 else {
        let reason = String(cString: strerror(errno))
        throw Failure(description: "\(path): reading failed (\(reason)): check the disk")
      }
      initialized = result
    }
    bytes.append(contentsOf: piece)
    return piece.count
  }

  /// All bytes of the file at `path`; of one with more than `limit` a few more than that.
  package static func bytes(of path: String, limit: Int = .max) throws -> [UInt8] {
    let file: InputFile = try InputFile(path: path)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(file.size, limit))
    while bytes.count <= limit, try file.read(upTo: 1 << 22, appendingTo: &bytes) > 0 {}
    return bytes
  }

  /// Goes on at that byte of the file.
  package func seek(to offset: Int) throws {
    guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
      let reason = String(cString: strerror(errno))
      throw Failure(description: "\(path): byte \(offset) cannot be read (\(reason))")
    }
  }

  private static func failure(opening path: String, error: Int32) -> Failure {
    switch error {
    case ENOENT, ENOTDIR:
      Failure(description: "\(path): the file does not exist: check the path")
    default:
      Failure(
        description: """
          \(path): cannot be opened (\(String(cString: strerror(error)))): check its permissions
          """)
    }
  }
}

/// read(2), under a name that the methods above do not hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int)
  -> Int
{
  read(descriptor, buffer, count)
}
