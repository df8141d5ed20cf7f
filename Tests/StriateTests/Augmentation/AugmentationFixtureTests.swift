import Striate
import Testing

/// The reference against PyTorch, Pillow, NumPy and Python's colorsys.
@Suite struct AugmentationFixtureTests {
  struct Case: Decodable {
    let name: String
    let shape: [Int]
    let numbers: [Double]
    let tolerance: Double
    let output: [Double]
  }

  /// The changes that a fixture's name stands for.
  static func changes(_ fixture: Case, _ size: ImageSize) -> [ImageChange]? {
    let n = fixture.numbers
    switch fixture.name {
    // Angle, translation, scale, and the tangents of the shears, as torchvision's affine has them.
    case "affine":
      return [
        .map(PlaneMap(xx: 1 / n[3], yy: 1 / n[3], aroundCentreOf: size)),
        .map(.shear(x: n[4], y: n[5], of: size)), .map(.rotation(degrees: -n[0], of: size)),
        .map(PlaneMap(x: -n[1], y: -n[2])),
      ]
    case "resized crop":
      return [.window(left: Int(n[0]), top: Int(n[1]), width: Int(n[2]), height: Int(n[3]))]
    case "crop": return [.crop(left: Int(n[0]), top: Int(n[1]), border: .fill)]
    case "crop reflect": return [.crop(left: Int(n[0]), top: Int(n[1]), border: .reflect)]
    case "flip": return [.flip(.horizontal)]
    case "flip vertical": return [.flip(.vertical)]
    case "elastic":
      return [.elastic(key: UInt32(n[0]), strength: n[1], smoothness: n[2])]
    case "brightness": return [.brightness(n[0])]
    case "contrast": return [.contrast(n[0])]
    case "saturation": return [.saturation(n[0])]
    case "sharpness": return [.sharpness(n[0])]
    case "hue": return [.hue(n[0])]
    case "posterize": return [.posterize(bits: Int(n[0]))]
    case "solarize": return [.solarize(n[0] / 255)]
    case "autocontrast": return [.autocontrast]
    case "equalize": return [.equalize]
    default: return nil
    }
  }

  @Test func theReferenceAgreesWithOtherPrograms() throws {
    let fixtures = try Fixture.load("augmentation", as: Fixture.Cases<Case>.self)
    #expect(fixtures.version.hasPrefix("PyTorch 2.13"))
    #expect(Set(fixtures.cases.map(\.name)).count == 16)
    let reference = ReferenceChanges(fill: [0, 0, 0])
    for fixture in fixtures.cases {
      let size = ImageSize(shape: fixture.shape)
      let changes = try #require(Self.changes(fixture, size), "\(fixture.name)")
      let count = fixture.shape.reduce(1, *)
      let image = ReferenceTensor(
        shape: fixture.shape,
        values: (0..<count).map { Double(($0 * 1237 + 389) % 2003 % 256) / 255 })
      let found =
        changes[0].isGeometric
        ? reference.moved(image, by: changes) : reference.changed(image, by: changes[0])
      #expect(found.count == fixture.output.count)
      let worst = zip(found.values, fixture.output).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= fixture.tolerance, "\(fixture.name) \(fixture.numbers)")
    }
  }
}
