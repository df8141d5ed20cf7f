import Foundation
import Striate

/// The names in a folder, without those that begin with a dot and what a Mac's archiver adds, in the order
/// of their bytes.
struct FolderListing {
  var files: [String] = []
  var folders: [String] = []

  /// Symbolic links count as what they lead to. Throws what the system says where the folder cannot be
  /// listed.
  init(of path: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where !name.hasPrefix(".") && name != "__MACOSX" {
      if Self.identity(ofFolder: path + "/" + name) != nil {
        folders.append(name)
      } else {
        files.append(name)
      }
    }
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What tells a folder from every other; nil for what is none.
  static func identity(ofFolder path: String) -> FolderIdentity? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return FolderIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
  }

  /// A folder and all that hold it.
  static func identities(above path: String) -> Set<FolderIdentity> {
    var identities: Set<FolderIdentity> = []
    var place = path
    // The folder above the uppermost is itself.
    while let identity = identity(ofFolder: place), identities.insert(identity).inserted {
      place += "/.."
    }
    return identities
  }

  /// Whether the name is that of a picture: PNG or JPEG.
  static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { lower.hasSuffix($0) }
  }
}

/// A folder's device and number in it.
struct FolderIdentity: Hashable {
  let device: UInt64
  let node: UInt64
}

extension ImageFolder.Class {
  /// The files below a class's folder. A folder that is met again through symbolic links, and one that
  /// holds the root, is passed over, so that no circle of links goes on for ever.
  init(name: String, in root: String) {
    var pictures: [(folder: String, name: String)] = []
    var others = 0
    var unlisted: String?
    var seen = FolderListing.identities(above: root)
    var waiting = [name]
    while let folder = waiting.popLast() {
      let path = root + "/" + folder
      guard let identity = FolderListing.identity(ofFolder: path),
        seen.insert(identity).inserted
      else { continue }
      do {
        let listing = try FolderListing(of: path)
        for file in listing.files {
          if FolderListing.isPicture(file) {
            pictures.append((folder, file))
          } else {
            others += 1
          }
        }
        waiting += listing.folders.reversed().map { folder + "/" + $0 }
      } catch {
        unlisted = unlisted ?? "\(path): cannot be listed: check its permissions"
      }
    }
    self.name = name
    files = pictures.map { $0.folder + "/" + $0.name }
    otherFiles = others
    self.unlisted = unlisted
  }
}
