import Foundation
import Synchronization

/// Ctrl-C, and what else asks a process to end: the first time the command stops after the step under
/// way, the second time it ends at once.
enum Interrupt {
  private static let signalNumber = Atomic<Int32>(0)

  /// Ctrl-C, a closed terminal, and the end of a machine's time.
  private static let signals = [SIGINT, SIGHUP, SIGTERM]

  /// From now on the first signal only sets a mark, and so does a pipe whose reader has gone: what was
  /// learned is worth more than what was to be told.
  static func watch() {
    // Reading it once creates it, which a signal handler may not do.
    _ = isRequested
    signal(SIGPIPE, SIG_IGN)
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in signals where number == SIGINT || !isIgnored(number) {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = {
        Interrupt.signalNumber.store($0, ordering: .relaxed)
      }
      // The handler is gone after the first signal; system calls under way go on.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
      sigaction(number, &action, nil)
      sigaddset(&mask, number)
    }
    // Whoever starts a process from a thread that blocks signals hands that on.
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// Whether whoever started the process wants it to live on, as nohup does.
  private static func isIgnored(_ number: Int32) -> Bool {
    var old = sigaction()
    sigaction(number, nil, &old)
    return unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// From now on the signals end the process again; a closed pipe does not.
  static func watchNoMore() {
    for number in signals where number == SIGINT || !isIgnored(number) {
      signal(number, SIG_DFL)
    }
  }

  /// Whether the command was asked to stop.
  static var isRequested: Bool {
    signalNumber.load(ordering: .relaxed) != 0 || Console.pipeIsClosed
  }

  /// How a command ends that was asked to stop.
  static var status: ExitStatus {
    switch signalNumber.load(ordering: .relaxed) {
    case SIGHUP: .hungUp
    case SIGTERM: .terminated
    case 0: .brokenPipe
    default: .interrupted
    }
  }
}
