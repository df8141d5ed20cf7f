import Foundation
import Striate
import Testing

/// What is drawn, and how often.
@Suite struct AugmentationDrawTests {
  static let size = ImageSize(channels: 3, height: 32, width: 32)

  /// The changes of 10,000 images.
  static func changes(_ text: String, size: ImageSize = size) throws -> [ImageChange] {
    let augmentation = try Augmentation(text: text)
    var all: [ImageChange] = []
    for position in 0..<10_000 {
      augmentation.drawChanges(seed: 5, epoch: 2, position: position, size: size) { all.append($0) }
    }
    return all
  }

  /// Five standard deviations of a share of 10,000.
  static func isNear(_ count: Int, _ share: Double) -> Bool {
    abs(Double(count) - 10_000 * share) < 5 * (10_000 * share * (1 - share)).squareRoot()
  }

  @Test func everySecondImageIsFlipped() throws {
    let flips = try Self.changes("flip").count { $0 == .flip(.horizontal) }
    #expect(Self.isNear(flips, 0.5))
    #expect(Self.isNear(try Self.changes("cutout 3 chance 0.2").count { $0 != .none }, 0.2))
  }

  @Test func everyCropIsAsLikely() throws {
    var counts: [String: Int] = [:]
    for case .crop(let left, let top, _) in try Self.changes("crop 2") {
      counts["\(left) \(top)", default: 0] += 1
    }
    #expect(counts.count == 25)
    #expect(counts.values.allSatisfy { Self.isNear($0, 1 / 25) })
  }

  @Test func anglesFillTheirRange() throws {
    var tenths = [Int](repeating: 0, count: 10)
    for case .map(let map) in try Self.changes("rotate 30") {
      let degrees = atan2(map.yx, map.xx) * 180 / .pi
      #expect(abs(degrees) <= 30)
      tenths[min(9, Int((degrees + 30) / 6))] += 1
    }
    #expect(tenths.allSatisfy { Self.isNear($0, 0.1) })
  }

  /// The shares of the area and the aspect ratio, within what whole pixels allow.
  @Test func resizedPartsAreOfTheirAreasAndRatios() throws {
    var total = 0.0
    for change in try Self.changes("resized-crop 0.1-0.5 0.5-2") {
      guard case .window(let left, let top, let width, let height) = change else {
        Issue.record("expected a window, found \(change)")
        continue
      }
      #expect(left >= 0 && top >= 0 && left + width <= 32 && top + height <= 32)
      let share = Double(width * height) / 1024
      #expect(share > 0.08 && share < 0.54)
      let ratio = Double(width) / Double(height)
      #expect(ratio > 0.45 && ratio < 2.2)
      total += share
    }
    #expect(abs(total / 10_000 - 0.3) < 0.01)
  }

  @Test func aPartThatNeverFitsIsTheLargestInTheMiddle() throws {
    let tall = ImageSize(channels: 1, height: 40, width: 4)
    let changes = try Self.changes("resized-crop 1-1 2-2", size: tall)
    #expect(changes.allSatisfy { $0 == .window(left: 0, top: 19, width: 4, height: 2) })
  }

  @Test func coloursComeInEveryOrder() throws {
    let changes = try Self.changes("color 0.4 0.3 0.2 0.1")
    #expect(changes.count == 40_000)
    var orders: [String: Int] = [:]
    for start in stride(from: 0, to: changes.count, by: 4) {
      let names = changes[start..<start + 4].map { "\($0)".prefix(3) }
      orders[names.joined(separator: " "), default: 0] += 1
    }
    #expect(orders.count == 24)
    #expect(orders.values.allSatisfy { Self.isNear($0, 1 / 24) })
    for change in changes {
      switch change {
      case .brightness(let factor): #expect(abs(factor - 1) <= 0.4)
      case .contrast(let factor): #expect(abs(factor - 1) <= 0.3)
      case .saturation(let factor): #expect(abs(factor - 1) <= 0.2)
      case .hue(let share): #expect(abs(share) <= 0.1)
      default: Issue.record("unexpected \(change)")
      }
    }
  }

  @Test func erasedSquaresAreCutOffAtTheBorder() throws {
    var (whole, corners) = (0, 0)
    for case .erase(let columns, let rows) in try Self.changes("cutout 16") {
      #expect(columns.count >= 8 && rows.count >= 8 && columns.upperBound <= 32)
      if columns.count == 16, rows.count == 16 { whole += 1 }
      if columns.lowerBound == 0, rows.upperBound == 32 { corners += 1 }
    }
    // Centres from 8 to 24 of 32 pixels, both ways; 0 to 8 and 24 to 31.
    #expect(Self.isNear(whole, pow(17.0 / 32, 2)))
    #expect(Self.isNear(corners, 9.0 / 32 * 8 / 32))
  }

  /// Mean ½ and variance 1 / (4 (2α + 1)).
  @Test(arguments: [0.05, 0.2, 0.4, 1, 3, 50])
  func weightsAreDistributedAsBeta(_ alpha: Double) throws {
    let augmentation = Augmentation(.mixUp(alpha: alpha))
    let shares = (0..<20_000).map { position -> Double in
      augmentation.drawMixture(seed: 1, epoch: 1, position: position, size: Self.size).share
    }
    #expect(shares.allSatisfy { $0 >= 0 && $0 <= 1 })
    let mean = shares.reduce(0, +) / 20_000
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    let expected = 1 / (4 * (2 * alpha + 1))
    #expect(abs(mean - 0.5) < 5 * (expected / 20_000).squareRoot())
    #expect(abs(variance - expected) < 0.05 * expected)
  }

  @Test func pastedRectanglesHaveTheShareOfTheirArea() throws {
    let augmentation = Augmentation(.cutMix(alpha: 1))
    var sum = 0.0
    for position in 0..<5000 {
      let mixture = augmentation.drawMixture(
        seed: 1, epoch: 1, position: position, size: Self.size)
      guard case .paste(let columns, let rows, let share) = mixture else {
        Issue.record("expected a rectangle, found \(mixture)")
        continue
      }
      #expect(columns.lowerBound >= 0 && columns.upperBound <= 32)
      #expect(rows.lowerBound >= 0 && rows.upperBound <= 32)
      #expect(share == 1 - Double(columns.count * rows.count) / 1024)
      sum += share
    }
    // Half of the area before cutting off, and more than that of the image's own after it.
    #expect(sum / 5000 > 0.55 && sum / 5000 < 0.75)
  }

  @Test func stepsThatMixShareTheImages() throws {
    let augmentation = try Augmentation(text: "mixup 1 chance 0.5, cutmix 1")
    var (none, blended, pasted) = (0, 0, 0)
    for position in 0..<10_000 {
      switch augmentation.drawMixture(seed: 1, epoch: 1, position: position, size: Self.size) {
      case .none: none += 1
      case .blend: blended += 1
      case .paste: pasted += 1
      }
    }
    #expect(Self.isNear(none, 0.25) && Self.isNear(blended, 0.25) && Self.isNear(pasted, 0.5))
  }

  @Test func partnersAreOthersEachAsLikely() {
    let augmentation = Augmentation(.mixUp(alpha: 1))
    var counts = [Int](repeating: 0, count: 16)
    for block in 0..<10_000 {
      counts[
        augmentation.drawPartnerOffset(seed: 1, epoch: 1, position: 16 * block, count: 16)] += 1
    }
    #expect(counts[0] == 0)
    #expect(counts[1...].allSatisfy { Self.isNear($0, 1 / 15) })
    #expect(augmentation.drawPartnerOffset(seed: 1, epoch: 1, position: 3, count: 1) == 0)
  }

  /// The field's standard deviation: noise of variance ⅓, smoothed by weights whose squares add up to
  /// 1 / 4πσ².
  @Test func displacementsAreAsLargeAsTheyShouldBe() {
    let size = ImageSize(channels: 1, height: 48, width: 48)
    let reference = ReferenceChanges(fill: [0])
    var (sum, count) = (0.0, 0)
    for key in 0..<6 {
      let field = reference.displacement(
        size, key: UInt32(key) &* 0x1234_5679, strength: 34, smoothness: 2)
      for values in [field.x, field.y] {
        for y in 8..<40 {
          for x in 8..<40 {
            sum += values[y * 48 + x] * values[y * 48 + x]
            count += 1
          }
        }
      }
    }
    let expected = 34 / 3.0.squareRoot() / (2 * 2 * Double.pi.squareRoot())
    #expect(abs((sum / Double(count)).squareRoot() / expected - 1) < 0.08)
  }
}
