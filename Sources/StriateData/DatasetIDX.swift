import Striate

extension Dataset {
  /// Labelled images from two IDX files, plain or compressed by gzip.
  ///
  /// Shapes: images [N, H, W] (one channel) or [N, C, H, W]; labels [N], unsigned bytes. Images of
  /// unsigned bytes stay bytes; elements of other types become `Float`s as they are.
  ///
  /// Throws where a file cannot be read or is no such IDX file, the files hold different numbers of
  /// images and labels or none at all, or a label names no class.
  public init(idxImages: String, labels labelPath: String, classNames: [String]) throws {
    let images = try IDX(contentsOf: idxImages)
    let labels = try IDX(contentsOf: labelPath)
    func refuse(_ path: String, _ what: String) -> IDX.InvalidFile {
      IDX.InvalidFile(description: "\(path): \(what)")
    }
    guard [3, 4].contains(images.dimensions.count) else {
      throw refuse(
        idxImages,
        """
        IDX images: expected dimensions [images, rows, columns] or [images, channels, rows, \
        columns], found \(images.dimensions): name the file of the images
        """)
    }
    guard images.dimensions.allSatisfy({ $0 > 0 }) else {
      throw refuse(
        idxImages,
        "IDX images: expected at least one image with pixels, found \(images.dimensions)")
    }
    guard labels.dimensions.count == 1, labels.element == .unsignedByte else {
      throw refuse(
        labelPath,
        """
        IDX labels: expected dimensions [labels] of unsigned bytes, \
        found \(labels.dimensions) of type \(labels.element): name the file of the labels
        """)
    }
    let count = images.dimensions[0]
    guard labels.dimensions[0] == count else {
      throw refuse(
        labelPath,
        """
        IDX labels: expected \(count) labels, one for each image in \(idxImages), \
        found \(labels.dimensions[0]): take both files from the same set
        """)
    }
    if let index = labels.bytes.firstIndex(where: { Int($0) >= classNames.count }) {
      throw refuse(
        labelPath,
        """
        IDX labels: expected labels from 0 to \(classNames.count - 1), \
        found \(labels.bytes[index]) at image \(index)
        """)
    }
    let shape = Array(images.dimensions.dropFirst())
    try self.init(
      imageShape: shape.count == 2 ? [1] + shape : shape,
      pixels: images.element == .unsignedByte ? .bytes(images.bytes) : .floats(images.floats),
      labels: labels.bytes.map { Int($0) },
      classNames: classNames)
  }
}
