import Striate
import Synchronization

/// Images to train on that the page may choose, read when they are first wanted.
package final class ServedData: Sendable {
  package let name: String
  package let imageShape: [Int]
  package let classNames: [String]
  private let load: @Sendable () throws -> (training: Dataset, test: Dataset)
  private let loaded = Mutex<(training: Dataset, test: Dataset)?>(nil)

  package init(
    name: String, imageShape: [Int], classNames: [String],
    load: @escaping @Sendable () throws -> (training: Dataset, test: Dataset)
  ) {
    (self.name, self.imageShape, self.classNames) = (name, imageShape, classNames)
    self.load = load
  }

  /// The images; the first call reads or draws them.
  func images() throws -> (training: Dataset, test: Dataset) {
    try loaded.withLock { loaded in
      if let loaded { return loaded }
      let pair = try load()
      loaded = pair
      return pair
    }
  }
}
