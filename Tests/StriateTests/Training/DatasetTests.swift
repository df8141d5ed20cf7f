import Striate
import Testing

@Suite struct DatasetTests {
  /// `count` images of two channels and two pixels; image i has the pixels 4i … 4i + 3.
  private func numbered(_ labels: [Int], classes: Int = 3) throws -> Dataset {
    try Dataset(
      imageShape: [2, 1, 2], pixels: .floats((0..<labels.count * 4).map { Float($0) }),
      labels: labels, classNames: (0..<classes).map { "class \($0)" })
  }

  /// Which images of `numbered` a data set holds.
  private func numbers(_ set: Dataset) throws -> [Int] {
    try (0..<set.count).map { Int(try set.image(at: $0).scalars[0] / 4) }
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func partsThatDoNotFitAreRefused() {
    func failure(_ shape: [Int], _ pixels: Int, _ labels: [Int]) -> String? {
      message {
        _ = try Dataset(
          imageShape: shape, pixels: .bytes(Array(repeating: 0, count: pixels)), labels: labels,
          classNames: ["a", "b"])
      }
    }
    #expect(
      failure([1, 0, 2], 0, []) == "data set: expected a positive image shape, found [1, 0, 2]")
    #expect(failure([], 1, [0]) == "data set: expected a positive image shape, found []")
    #expect(
      failure([1, 2, 2], 7, [0, 1])
        == "data set: expected 2 labels × [1, 2, 2] = 8 pixels, found 7")
    #expect(
      failure([.max, 2, 1], 7, [0]) == """
        data set: expected 1 labels × [\(Int.max), 2, 1] = far too many pixels, found 7
        """)
    #expect(
      failure([1, 1, 1], 2, [0, 2])
        == "data set: expected labels from 0 to 1, found 2 at image 1")
    #expect(
      failure([1, 1, 1], 2, [-1, 1])
        == "data set: expected labels from 0 to 1, found -1 at image 0")
  }

  @Test func aSubsetHoldsTheImagesInTheGivenOrder() throws {
    let subset = try numbered([0, 1, 2, 1]).subset([3, 0, 3])
    #expect(subset.labels == [1, 0, 1])
    #expect(try numbers(subset) == [3, 0, 3])
    #expect(subset.classNames == ["class 0", "class 1", "class 2"])
    #expect(subset.imageShape == [2, 1, 2])
    #expect(try numbered([0]).subset([]).count == 0)
  }

  @Test func bytesStayBytesInASubset() throws {
    let set = try Dataset(
      imageShape: [1, 1, 2], pixels: .bytes([1, 2, 3, 4]), labels: [0, 0], classNames: ["a"])
    #expect(set.subset([1]).pixels == .bytes([3, 4]))
  }

  @Test func keptClassesAreNumberedInTheGivenOrder() throws {
    let kept = try numbered([0, 1, 2, 1, 0]).keeping(classes: [2, 0])
    #expect(kept.labels == [1, 0, 1])
    #expect(kept.classNames == ["class 2", "class 0"])
    #expect(try numbers(kept) == [0, 2, 4])
  }

  @Test(arguments: [([], "none"), ([0, 3], "3"), ([-1], "-1"), ([1, 2, 1], "1 twice")])
  func classesThatCannotBeKeptAreRefused(classes: [Int], found: String) {
    #expect(
      message { _ = try numbered([0, 1, 2]).keeping(classes: classes) }
        == "data set: expected different classes from 0 to 2, found \(found)")
  }

  @Test func aSplitHasEveryImageOnceAndDividesEveryClass() throws {
    let labels = (0..<100).map { $0 < 50 ? 0 : $0 < 90 ? 1 : 2 }
    let whole = try numbered(labels)
    for seed in 0..<20 as Range<UInt64> {
      let (training, validation) = try whole.split(validation: 0.25, seed: seed)
      #expect(try (numbers(training) + numbers(validation)).sorted() == Array(0..<100))
      #expect(try numbers(training) == numbers(training).sorted())
      #expect(validation.count == 25)
      for (label, share) in [12.5, 10, 2.5].enumerated() {
        let count = validation.labels.count { $0 == label }
        #expect(abs(Double(count) - share) <= 1)
      }
    }
  }

  @Test func aSplitDependsOnTheSeedAlone() throws {
    let whole = try numbered((0..<60).map { $0 % 3 })
    func validation(_ seed: UInt64) throws -> [Int] {
      try numbers(whole.split(validation: 0.2, seed: seed).validation)
    }
    #expect(try validation(1) == validation(1))
    #expect(try validation(1) != validation(2))
  }

  @Test(arguments: [0, 1, -0.5, 2, .nan, .infinity])
  func aFractionThatIsNoneIsRefused(fraction: Double) {
    #expect(
      message { _ = try numbered([0, 1, 2]).split(validation: fraction, seed: 1) }
        == "data set: expected a validation fraction between 0 and 1, found \(fraction)")
  }

  @Test func bothPartsOfASplitGetAnImageAtLeast() throws {
    for fraction in [0.001, 0.1, 0.5, 0.9, 0.999] {
      let parts = try numbered([0, 1, 2]).split(validation: fraction, seed: 1)
      #expect(parts.validation.count == min(2, max(1, Int((3 * fraction).rounded()))))
      #expect(parts.training.count == 3 - parts.validation.count)
    }
  }

  @Test(arguments: [[], [0]]) func fewerThanTwoImagesCannotBeSplit(labels: [Int]) {
    #expect(
      message { _ = try numbered(labels).split(validation: 0.5, seed: 1) } == """
        data set: expected at least two images, one to train on and one to validate with, \
        found \(labels.count)
        """)
  }

  @Test func anImageOfBytesIsSeenAsZeroToOne() throws {
    let set = try Dataset(
      imageShape: [1, 1, 3], pixels: .bytes([9, 9, 9, 0, 51, 255]), labels: [0, 0],
      classNames: ["a"])
    #expect(try set.image(at: 1) == Tensor(shape: [1, 1, 3], scalars: [0, 0.2, 1]))
    #expect(try numbered([0, 0]).image(at: 1) == Tensor(shape: [2, 1, 2], scalars: [4, 5, 6, 7]))
  }

  /// By hand: channel 0 holds 0, 1, 4, 5 and channel 1 holds 2, 3, 6, 7.
  @Test func statisticsAreThoseOfEachChannel() throws {
    let floats = try numbered([0, 1]).statistics()
    #expect(floats.mean == [2.5, 4.5])
    #expect(floats.standardDeviation == [Float(4.25).squareRoot(), Float(4.25).squareRoot()])

    let bytes = try Dataset(
      imageShape: [2, 1, 2], pixels: .bytes([0, 255, 51, 51, 255, 0, 51, 51]), labels: [0, 0],
      classNames: ["a"]
    ).statistics()
    #expect(bytes.mean == [0.5, 0.2])
    #expect(bytes.standardDeviation == [0.5, 0])
  }

  @Test func statisticsDoNotLoseSmallDifferencesOfLargeNumbers() throws {
    let set = try Dataset(
      imageShape: [1, 1, 2], pixels: .floats([1e6, 1e6 + 1]), labels: [0], classNames: ["a"])
    #expect(try set.statistics().standardDeviation == [0.5])
  }

  @Test func statisticsOfNoImagesAreZero() throws {
    let empty = try numbered([]).statistics()
    #expect(empty.mean == [0, 0])
    #expect(empty.standardDeviation == [0, 0])
  }
}
