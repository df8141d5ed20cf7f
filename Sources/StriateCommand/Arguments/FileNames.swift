import Striate

/// The files that a command is given by name: none that it writes may be another one, by whatever path or
/// link.
struct FileNames {
  private var known: [(owner: String, path: String, place: String)] = []

  /// Takes up a file that is read; nil for none.
  mutating func reads(_ owner: String, _ path: String?) {
    if let path { known.append((owner, path, AtomicFile.destination(of: path))) }
  }

  /// Takes up a file that an option says is written; nil for none. Throws where it is known already.
  mutating func writes(_ option: String, _ path: String?) throws {
    guard let path else { return }
    let place = AtomicFile.destination(of: path)
    if let other = known.first(where: { $0.place == place }) {
      throw Usage.Mistake(
        "option --\(option): expected another file than \(other.owner)'s \(other.path), found \(path)"
      )
    }
    known.append(("--\(option)", path, place))
  }
}
