import Foundation
import Striate

extension NamedDataset {
  /// A data set that is nowhere: every place that was looked at, and what to do.
  public struct NotFound: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// Loads the data set, from the first of these places that has all its files (IDX plain or `.gz`;
  /// CIFAR's `.bin` files, or their archive; or CIFAR's pictures in folders `train` and `test`):
  ///
  /// 1. `dataFolder` (the option `--data`): the folder of this data set's name inside it, or
  ///    `dataFolder` itself;
  /// 2. the folder of this data set's name in the folder that `$STRIATE_DATA` names;
  /// 3. the same in `striate` in the user's cache folder;
  /// 4. the network: downloaded into that cache folder, and checked.
  ///
  /// Throws `NotFound` where no place has the files, and what reading them throws where they are
  /// there but damaged.
  public func load(
    dataFolder: String? = nil, progress: (Download.Event) -> Void = { _ in }
  ) throws -> DatasetPair {
    try load(
      dataFolder: dataFolder, environment: ProcessInfo.processInfo.environment,
      progress: progress)
  }

  /// The same with another environment and patience.
  package func load(
    dataFolder: String?, environment: [String: String],
    patience: Download.Patience = Download.Patience(), progress: (Download.Event) -> Void = { _ in }
  ) throws -> DatasetPair {
    let places = places(dataFolder: dataFolder, environment: environment)
    let cache = Self.cacheFolder(environment).map { $0 + "/" + name }

    var report: [String] = []
    for place in places {
      guard let folder = place.folder else {
        report.append("  \(place.label): not set")
        continue
      }
      switch find(in: folder) {
      case .success(let found): return try pair(found)
      case .failure(let missing): report.append("  \(place.label): \(missing.reason)")
      }
    }
    guard let cache else {
      throw notFound(report + ["  cache: no folder, since neither XDG_CACHE_HOME nor HOME is set"])
    }
    do {
      return try pair(try download(to: cache, patience: patience, progress: progress))
    } catch let failure as Download.Failure {
      throw notFound(report + ["  \(failure.description.replacing("\n", with: "\n  "))"])
    }
  }

  /// The folder that has all files, where there is one on this machine.
  public func location(dataFolder: String? = nil) -> String? { firstPlace(dataFolder)?.folder }

  /// That folder, where it has pictures in place of files of numbers: see `ImageFolders`.
  public func pictureLocation(dataFolder: String? = nil) -> String? {
    guard let (folder, found) = firstPlace(dataFolder), case .pictures = found else { return nil }
    return folder
  }

  private func firstPlace(_ dataFolder: String?) -> (folder: String, found: Found)? {
    for place in places(dataFolder: dataFolder, environment: ProcessInfo.processInfo.environment) {
      if let folder = place.folder, case .success(let found) = find(in: folder) {
        return (folder, found)
      }
    }
    return nil
  }

  /// The user's folder for downloaded data sets; nil where the user has none.
  public static var cacheFolder: String? { cacheFolder(ProcessInfo.processInfo.environment) }

  private struct Place {
    let label: String
    let folder: String?
  }

  /// The folders to look in, first choice first.
  private func places(dataFolder: String?, environment: [String: String]) -> [Place] {
    var places: [Place] = []
    if let dataFolder {
      places.append(Place(label: "--data", folder: dataFolder + "/" + name))
      places.append(Place(label: "--data", folder: dataFolder))
    }
    if let folder = environment["STRIATE_DATA"], !folder.isEmpty {
      places.append(Place(label: "$STRIATE_DATA", folder: folder + "/" + name))
    } else {
      places.append(Place(label: "$STRIATE_DATA", folder: nil))
    }
    if let cache = Self.cacheFolder(environment) {
      places.append(Place(label: "cache", folder: cache + "/" + name))
    }
    return places
  }

  /// Downloads the files that the cache does not have; returns where all are.
  private func download(
    to folder: String, patience: Download.Patience, progress: (Download.Event) -> Void
  ) throws -> Found {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Download.Failure(
        description: """
          the folder \(folder) cannot be created, so nothing was downloaded: \
          set XDG_CACHE_HOME to a folder that can be written
          """)
    }
    let ending = cifar == nil ? ".gz" : ""
    let paths = try files.map { file in
      let path = folder + "/" + file.name
      let archive = path + ending
      if let found = [path, archive].first(where: FileManager.default.fileExists) { return found }
      let source = Download.Source(
        mirrors: mirrors.map { $0 + file.name + ending }, size: file.size, sha256: file.sha256)
      try Download.file(source, to: archive, patience: patience, progress: progress)
      return archive
    }
    return cifar.map { .archive($0, paths[0]) } ?? .idx(paths)
  }

  private func notFound(_ report: [String]) -> NotFound {
    NotFound(
      description: """
        data set \(name): not found; looked at
        \(report.joined(separator: "\n"))
        put \(files.map { $0.name + (cifar == nil ? ".gz" : "") }.joined(separator: ", ")) \
        into \(files.count > 1 ? "one" : "a") folder and name it with --data DIR
        """)
  }

  /// The folder for data that can be fetched again, or nil where the user has none.
  private static func cacheFolder(_ environment: [String: String]) -> String? {
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return folder + "/striate"
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    #if os(macOS)
      return home + "/Library/Caches/striate"
    #else
      return home + "/.cache/striate"
    #endif
  }
}
