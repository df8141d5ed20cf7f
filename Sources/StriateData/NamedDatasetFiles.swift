import Foundation
import Striate

extension NamedDataset {
  /// Why a folder is not the place.
  struct Missing: Error {
    let reason: String
  }

  /// The files of a data set, where they are.
  enum Found {
    /// The four IDX files.
    case idx([String])
    /// The folder with the files of CIFAR's archive.
    case binary(CIFAR, folder: String)
    /// The archive itself.
    case archive(CIFAR, String)
    /// The folder with `train` and `test`, which hold a folder of pictures for each class.
    case pictures(String)
  }

  /// The files in `folder`.
  func find(in folder: String) -> Result<Found, Missing> {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    guard exists(folder) else {
      return .failure(Missing(reason: "the folder \(folder) does not exist"))
    }
    guard let cifar else {
      var paths: [String] = []
      for file in files {
        let plain = folder + "/" + file.name
        guard let path = [plain, plain + ".gz"].first(where: exists) else {
          return .failure(Missing(reason: "\(plain) (or .gz) does not exist"))
        }
        paths.append(path)
      }
      return .success(.idx(paths))
    }
    for place in [folder, folder + "/" + cifar.folder]
    where cifar.files.allSatisfy({ exists(place + "/" + $0) }) {
      return .success(.binary(cifar, folder: place))
    }
    let archive = folder + "/" + files[0].name
    if exists(archive) { return .success(.archive(cifar, archive)) }
    let parts = ["train", "test"].map { folder + "/" + $0 }
    if parts.allSatisfy({ part in classNames.allSatisfy { exists(part + "/" + $0) } }) {
      return .success(.pictures(folder))
    }
    return .failure(
      Missing(
        reason: """
          \(archive) does not exist, nor do \(cifar.files[0]) … \(cifar.testFile) or train/\
          \(classNames[0]) … test/\(classNames[classNames.count - 1])
          """))
  }

  /// The data set of files that were found.
  func pair(_ found: Found) throws -> DatasetPair {
    switch found {
    case .idx(let paths):
      return try DatasetPair(
        name: name,
        training: Dataset(idxImages: paths[0], labels: paths[1], classNames: classNames),
        test: Dataset(idxImages: paths[2], labels: paths[3], classNames: classNames))
    case .binary(let cifar, let folder):
      return try cifar.pair(name: name, classNames: classNames, place: folder + "/") {
        try CIFAR.contents(of: folder + "/" + $0)
      }
    case .archive(let cifar, let path):
      var contents = try cifar.contents(ofArchive: path)
      return try cifar.pair(name: name, classNames: classNames, place: path + ": ") {
        contents.removeValue(forKey: $0) ?? []
      }
    case .pictures(let folder):
      let options = ImageFolder.Options(
        size: PictureSize(height: imageShape[1], width: imageShape[2]), channels: imageShape[0],
        classNames: classNames)
      return try DatasetPair(
        name: name, training: ImageFolder(path: folder + "/train").load(options).dataset,
        test: ImageFolder(path: folder + "/test").load(options).dataset)
    }
  }
}
