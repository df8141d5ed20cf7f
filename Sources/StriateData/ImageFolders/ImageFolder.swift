import Foundation
import Striate

/// Pictures in folders, one folder a class: `root/cat/1.jpg`, `root/cat/more/2.png`, `root/dog/3.jpeg`.
///
/// Classes are the folders in the order of their names' bytes, as torchvision's `ImageFolder` has them;
/// files are those below whose names end in .png, .jpg or .jpeg. Names that begin with a dot are
/// passed over.
public struct ImageFolder: Sendable {
  /// A folder of pictures of one class.
  public struct Class: Sendable, Equatable {
    /// The folder's name.
    public let name: String

    /// The pictures in it and in the folders inside, each as a path from the root.
    public let files: [String]

    /// The number of files with other names than pictures have.
    public let otherFiles: Int

    /// Why a folder was passed over, where one could not be listed.
    public let unlisted: String?
  }

  /// What is wrong with a folder of pictures: which, expected, found, what to do.
  public struct InvalidFolder: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// The folder that holds the classes' folders.
  public let path: String

  /// The classes in order.
  public let classes: [Class]

  /// Lists the pictures below the folder at `path`; reads none.
  ///
  /// Throws `InvalidFolder` where there is no such folder, or no folder with a picture in it.
  public init(path: String) throws {
    let listing = try Self.list(path)
    self.path = path
    classes = listing.folders.map { Class(name: $0, in: path) }
    guard !classes.isEmpty else {
      let pictures = listing.files.count(where: FolderListing.isPicture)
      throw InvalidFolder(
        description: """
          \(path): expected a folder for each class inside, found \
          \(pictures > 0 ? "\(pictures) pictures" : "none"): \
          put the pictures of each class into a folder of its own, such as \(path)/cat/1.jpg
          """)
    }
    guard classes.contains(where: { !$0.files.isEmpty }) else {
      let others = classes.reduce(0) { $0 + $1.otherFiles }
      throw InvalidFolder(
        description: """
          \(path): expected PNG or JPEG pictures in the folders of \(classes.count) classes, found \
          none\(others > 0 ? " among \(others) files" : ""): \
          \(classes.compactMap(\.unlisted).first ?? "put them there, or save them as PNG or JPEG")
          """)
    }
  }

  /// The folder with the named classes alone, in that order; names that are no class are passed over.
  public func keeping(classNames: [String]) -> ImageFolder {
    ImageFolder(
      path: path, classes: classNames.compactMap { name in classes.first { $0.name == name } })
  }

  private init(path: String, classes: [Class]) { (self.path, self.classes) = (path, classes) }

  /// What is directly inside a folder.
  static func list(_ path: String) throws -> FolderListing {
    guard FolderListing.identity(ofFolder: path) != nil else {
      let isFile = FileManager.default.fileExists(atPath: path)
      throw InvalidFolder(
        description: """
          \(path): expected a folder of pictures, found \(isFile ? "a file" : "nothing"): \
          \(isFile ? "unpack it, and name the folder" : "check the path")
          """)
    }
    do {
      return try FolderListing(of: path)
    } catch {
      throw InvalidFolder(description: "\(path): cannot be listed: check its permissions")
    }
  }

  /// What the pictures look like, from the beginnings of some of them.
  public struct Survey: Sendable, Equatable {
    /// The size of all pictures that were looked at; nil where they differ.
    public let commonSize: PictureSize?

    /// Whether one of them is in colour.
    public let hasColour: Bool

    /// The size that the pictures are usually brought to: their own, where they have one and it is not
    /// large.
    public var usualSize: PictureSize {
      guard let commonSize, max(commonSize.height, commonSize.width) <= Survey.largestSide else {
        return PictureSize(height: Survey.largestSide, width: Survey.largestSide)
      }
      return commonSize
    }

    /// The side in pixels of what pictures become, where nobody says: small enough to train on a
    /// processor.
    public static let largestSide = 64

    /// Pictures looked at, evenly spread.
    static let sampleCount = 100
  }

  /// Looks at some of the pictures, evenly spread over all; those that cannot be read do not count.
  public func survey() -> Survey {
    let files = classes.flatMap(\.files)
    let headers = files.evenlySpread(Survey.sampleCount).compactMap { file in
      try? Picture.header(contentsOf: path + "/" + file)
    }
    let sizes = Set(headers.map(\.size))
    return Survey(
      commonSize: sizes.count == 1 ? sizes.first : nil,
      hasColour: headers.contains(where: \.isColour))
  }
}

extension Array {
  /// At most `count` elements, evenly spread, in order.
  func evenlySpread(_ limit: Int) -> [Element] {
    guard count > limit else { return self }
    return (0..<limit).map { self[$0 * count / limit] }
  }
}
