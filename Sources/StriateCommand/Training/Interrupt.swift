import Foundation
import Synchronization

/// Ctrl-C: the first asks the command to stop after the step under way, the second ends it at once.
enum Interrupt {
  private static let flag = Atomic<Bool>(false)

  /// From now on the first Ctrl-C only sets a mark.
  static func watch() {
    // Reading it once creates it, which a signal handler may not do.
    _ = isRequested
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupt.flag.store(true, ordering: .relaxed) }
    // The handler is gone after the first signal; system calls under way go on.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
    sigaction(SIGINT, &action, nil)
    // Whoever starts a process from a thread that blocks signals hands that on.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// From now on Ctrl-C ends the process again.
  static func watchNoMore() { signal(SIGINT, SIG_DFL) }

  /// Whether Ctrl-C was pressed.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }
}
