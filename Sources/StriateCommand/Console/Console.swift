import Foundation
import StriateExplain
import Synchronization

/// The terminal, or the files and pipes in its place.
enum Console {
  private static let failure = Atomic<Int32>(0)
  private static let closedPipe = Atomic<Bool>(false)

  /// Takes the places of standard streams that the caller has closed, so that no file that is opened
  /// later becomes one of them. They still cannot be read or written.
  static func holdClosedStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes a line of results to standard output.
  static func output(_ text: String) {
    let error = write(text + "\n", to: STDOUT_FILENO)
    if error != 0 { failure.store(error, ordering: .relaxed) }
  }

  /// Writes a line of errors or progress to standard error, or several; names from outside cannot move the
  /// cursor in it.
  static func error(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    _ = write(
      lines.map { String($0).printable }.joined(separator: "\n") + "\n", to: STDERR_FILENO)
  }

  /// Writes to standard error without ending the line.
  static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Whether results could not be written.
  static var outputFailed: Bool { failure.load(ordering: .relaxed) != 0 }

  /// Whether nobody reads results any more.
  static var outputPipeIsClosed: Bool { failure.load(ordering: .relaxed) == EPIPE }

  /// Whether nobody reads results or progress any more; while the system's signal is ignored.
  static var pipeIsClosed: Bool { closedPipe.load(ordering: .relaxed) }

  /// Why results could not be written.
  static var failureReason: String {
    String(cString: strerror(failure.load(ordering: .relaxed)))
  }

  /// Writes a question to standard output without ending the line.
  static func prompt(_ text: String) {
    let error = write(text, to: STDOUT_FILENO)
    if error != 0 { failure.store(error, ordering: .relaxed) }
  }

  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether standard output shows 24-bit colours; NO_COLOR (no-color.org) says it should not.
  static var outputHasColour: Bool {
    let environment = ProcessInfo.processInfo.environment
    return environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// The width of the terminal in characters; 80 where there is none.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// The columns that a line of results may have.
  static var outputWidth: Int { outputIsTerminal ? max(40, width) : 80 }

  /// Writes all bytes; returns the system's error, or 0.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else {
          let error = errno
          if error == EPIPE { closedPipe.store(true, ordering: .relaxed) }
          return error
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
      return 0
    }
  }
}
