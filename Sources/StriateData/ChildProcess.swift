#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Another program at work, whose output is read as it comes.
final class ChildProcess {
  /// How a program ended.
  enum End: Equatable {
    case status(Int32)
    case signal(Int32)
    /// The system does not say, as where somebody told it to forget children.
    case unknown
  }

  private let process: pid_t
  private let output: Int32
  private let errors: Int32
  private var end: End?

  /// Starts a program, whose standard input is empty. nil where the system refuses; `errno` says why.
  init?(_ program: String, arguments: [String]) {
    guard let output = Self.pipe() else { return nil }
    guard let errors = Self.pipe() else {
      close(output.read)
      close(output.write)
      return nil
    }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.write, STDERR_FILENO)
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let status = posix_spawn(&process, program, &actions, nil, &words, environ)
    close(output.write)
    close(errors.write)
    guard status == 0 else {
      close(output.read)
      close(errors.read)
      errno = status
      return nil
    }
    (self.process, self.output, self.errors) = (process, output.read, errors.read)
  }

  deinit {
    stop()
    close(output)
    close(errors)
  }

  /// Two ends that the program does not inherit but as its own output.
  private static func pipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [0, 0]
    guard systemPipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// The next bytes of standard output; waits for them. None at the end.
  func nextOutput() -> [UInt8] { bytes(of: output) }

  /// What standard error says, up to 64 KiB of it.
  func nextErrors() -> [UInt8] { bytes(of: errors) }

  private func bytes(of descriptor: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
      var count = read(descriptor, buffer.baseAddress, 1 << 16)
      while count < 0 && errno == EINTR { count = read(descriptor, buffer.baseAddress, 1 << 16) }
      initialized = max(0, count)
    }
  }

  /// Waits until the program has ended.
  func wait() -> End {
    if let end { return end }
    var status: Int32 = 0
    var found = waitpid(process, &status, 0)
    while found < 0 && errno == EINTR { found = waitpid(process, &status, 0) }
    // The lowest seven bits are the signal; above them stands the status.
    let ended: End =
      found != process
      ? .unknown : status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
    end = ended
    return ended
  }

  /// Ends the program if it still runs.
  ///
  /// By SIGKILL, because a child inherits the signals that its parent's thread blocks, and the
  /// threads of a concurrent program block SIGTERM.
  func stop() {
    guard end == nil else { return }
    kill(process, SIGKILL)
    _ = wait()
  }
}

/// pipe(2), under a name that no method has.
private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }
