import Foundation
import Striate
import Synchronization
import Testing

/// Images that are made when they are asked for, some of them slowly.
final class MadeImages: ImageSource {
  let images: [[UInt8]]
  private let isSlow: Bool
  private let missing: Set<Int>
  private let known: Bool
  private let reads = Mutex<[Int]>([])

  init(_ images: [[UInt8]], isSlow: Bool = false, missing: Set<Int> = [], known: Bool = false) {
    (self.images, self.isSlow, self.missing, self.known) = (images, isSlow, missing, known)
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  var count: Int { images.count }

  /// The images that were read, in the order in which reading began.
  var log: [Int] { reads.withLock { $0 } }

  func read(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws {
    reads.withLock { $0.append(index) }
    // Later images overtake earlier ones.
    if isSlow, index % 7 == 0 { usleep(UInt32(index % 5) * 300) }
    guard !missing.contains(index) else { throw Missing(description: "image \(index) is gone") }
    for (place, byte) in images[index].enumerated() { pixels[place] = byte }
  }

  func channelSums(of index: Int) -> [ChannelSum]? {
    guard known else { return nil }
    let image = images[index]
    return ChannelSum.channels(1, of: image.span)
  }
}

@Suite(.timeLimit(.minutes(1))) struct StreamedDatasetTests {
  /// The same images in memory and streamed.
  private static func pair(
    _ count: Int, isSlow: Bool = false, missing: Set<Int> = [], known: Bool = false
  ) throws -> (memory: Dataset, streamed: Dataset, source: MadeImages) {
    let memory = try DeterminismTests.stripes(count)
    guard case .bytes(let bytes) = memory.pixels else { throw InvalidTraining("no bytes") }
    let images = (0..<count).map { Array(bytes[$0 * 64..<($0 + 1) * 64]) }
    let source = MadeImages(images, isSlow: isSlow, missing: missing, known: known)
    let streamed = try Dataset(
      imageShape: memory.imageShape, pixels: .streamed(source), labels: memory.labels,
      classNames: memory.classNames)
    return (memory, streamed, source)
  }

  private static func trainer(
    _ batchSize: Int, threads: Int, validation: Dataset? = nil
  ) -> Trainer {
    Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-2), batchSize: batchSize,
      seed: 7, threads: threads, validation: validation)
  }

  private struct InvalidTraining: Error {
    init(_ description: String) {}
  }

  @Test(arguments: [1, 10, 16, 40, 70, 200], [1, 2, 3])
  func trainingGivesTheBitsOfImagesInMemory(_ batchSize: Int, threads: Int) throws {
    let (memory, streamed, source) = try Self.pair(70, isSlow: true)
    var (expected, found) = (try DeterminismTests.network(), try DeterminismTests.network())
    let trainer = Self.trainer(batchSize, threads: threads, validation: memory.subset([3, 1, 4]))
    let reports = try trainer.train(&expected, on: memory, epochs: 2)
    var streaming = trainer
    streaming.validation = streamed.subset([3, 1, 4])
    let others = try streaming.train(&found, on: streamed, epochs: 2)
    #expect(found.parametersSHA256 == expected.parametersSHA256)
    #expect(found.preprocessing == expected.preprocessing)
    #expect(others.map(\.loss) == reports.map(\.loss))
    #expect(others.map(\.validation) == reports.map(\.validation))
    // The statistics, two epochs, and three images after each.
    #expect(source.log.count == 70 + 2 * 70 + 2 * 3)
  }

  @Test func evaluationIsThatOfImagesInMemory() throws {
    let (memory, streamed, _) = try Self.pair(150, isSlow: true)
    let network = try DeterminismTests.network()
    let expected = try network.evaluate(on: memory, loss: .softmaxCrossEntropy)
    for threads in [1, 2, 5] {
      let found = try network.evaluate(
        on: streamed, loss: .softmaxCrossEntropy, threads: threads)
      #expect(found == expected)
    }
  }

  @Test func partsOfStreamedImagesAreThoseOfImagesInMemory() throws {
    let (memory, streamed, _) = try Self.pair(12)
    func expectSame(_ a: Dataset, _ b: Dataset) throws {
      #expect(a.labels == b.labels)
      #expect(a.classNames == b.classNames)
      #expect(
        try (0..<a.count).map { try a.image(at: $0) } == (0..<b.count).map { try b.image(at: $0) })
      #expect(try a.statistics().mean == b.statistics().mean)
      #expect(try a.statistics().standardDeviation == b.statistics().standardDeviation)
    }
    try expectSame(streamed, memory)
    try expectSame(streamed.subset([5, 0, 5]), memory.subset([5, 0, 5]))
    try expectSame(streamed.subset([7, 5, 0]).subset([2, 1]), memory.subset([0, 5]))
    try expectSame(streamed.keeping(classes: [1]), memory.keeping(classes: [1]))
    let (a, b) = (
      try streamed.split(validation: 0.25, seed: 3), try memory.split(validation: 0.25, seed: 3)
    )
    try expectSame(a.training, b.training)
    try expectSame(a.validation, b.validation)
    try expectSame(streamed.subset([]), memory.subset([]))
  }

  @Test func aPartKeepsHowPicturesWereFitted() throws {
    var (data, _, _) = try Self.pair(8)
    data.fitting = .centreCrop
    #expect(data.subset([1]).fitting == .centreCrop)
    #expect(try data.keeping(classes: [0]).fitting == .centreCrop)
    var network = try DeterminismTests.network()
    try Self.trainer(4, threads: 1).train(&network, on: data, epochs: 1)
    #expect(network.preprocessing.fitting == .centreCrop)
  }

  @Test func sumsThatAreKnownAreNotReadAgain() throws {
    let (memory, streamed, source) = try Self.pair(20, known: true)
    #expect(
      try streamed.subset([1, 2]).statistics().mean == memory.subset([1, 2]).statistics().mean)
    #expect(source.log.isEmpty)
  }

  @Test func imagesAreReadAheadButNotFarAhead() throws {
    let (_, streamed, source) = try Self.pair(400, known: true)
    var network = try DeterminismTests.network()
    var ahead = 0
    try Self.trainer(10, threads: 2).train(&network, on: streamed, epochs: 1) { progress in
      // Time enough to read everything, if it were allowed.
      if progress.images == 10 { usleep(50_000) }
      ahead = max(ahead, source.log.count - progress.images)
      return true
    }
    // Three batches, in whole units of 16 images, and the unit after them.
    #expect((20...80).contains(ahead))
  }

  @Test(arguments: [1, 2, 4])
  func anImageThatCannotBeReadEndsTheTraining(threads: Int) throws {
    let missing: Set = [11, 23, 42]
    let (_, streamed, _) = try Self.pair(70, isSlow: true, missing: missing, known: true)
    let before = try DeterminismTests.network()
    var network = before
    var generator = SeededGenerator(seed: 7, stream: 1)
    let order = generator.permutation(of: 70)
    let first = try #require(order.first(where: missing.contains))
    var steps = 0
    let error = #expect(throws: MadeImages.Missing.self) {
      try Self.trainer(10, threads: threads).train(&network, on: streamed, epochs: 1) { _ in
        steps += 1
        return true
      }
    }
    // Whoever read what and when: it is the first in the order, after the steps before it.
    #expect(error?.description == "image \(first) is gone")
    #expect(steps == (order.firstIndex(of: first) ?? 0) / 10)
    #expect(network.parametersSHA256 == before.parametersSHA256)
    #expect(throws: MadeImages.Missing.self) { try network.evaluate(on: streamed) }
    #expect(throws: MadeImages.Missing.self) { try streamed.image(at: 23) }
  }

  @Test func aSourceOfAnotherNumberOfImagesIsRefused() throws {
    let source = MadeImages([[1], [2]])
    let error = #expect(throws: Dataset.InvalidDataset.self) {
      try Dataset(imageShape: [1, 1, 1], pixels: .streamed(source), labels: [0], classNames: ["a"])
    }
    #expect(
      error?.description
        == "data set: expected a label for each of 2 images of the source, found 1")
  }

  @Test func trainingsThatShareASourceDoNotDisturbOneAnother() async throws {
    let (memory, streamed, _) = try Self.pair(70, isSlow: true)
    var network = try DeterminismTests.network()
    try Self.trainer(16, threads: 2).train(&network, on: memory, epochs: 2)
    let expected = network.parametersSHA256
    let found = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var network = try DeterminismTests.network()
          try Self.trainer(16, threads: 2).train(&network, on: streamed, epochs: 2)
          return network.parametersSHA256
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(found == Array(repeating: expected, count: 4))
  }

  @Test func classesAreCounted() throws {
    let set = try Dataset(
      imageShape: [1, 1, 1], pixels: .bytes([1, 2, 3]), labels: [2, 0, 2],
      classNames: ["a", "b", "c"])
    #expect(set.classCounts == [1, 0, 2])
  }
}
