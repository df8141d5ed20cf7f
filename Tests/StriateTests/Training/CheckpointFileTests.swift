import Foundation
import Striate
import Testing

/// Checkpoints that cannot be used: each says why, none does harm.
@Suite struct CheckpointFileTests {
  private static let scenario = ResumeTests.Scenario("small", "conv 2 3x3, flatten, dense 2") {
    $0.optimizer = Adam(learningRate: 0.01)
    $0.averaging = 0.9
  }

  private let folder: TemporaryFolder
  private let path: String

  /// A folder with the checkpoint of a training that was stopped in its second epoch.
  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("last")
    _ = try ResumeTests.run(Self.scenario, in: folder, threads: 1) { $0.step < 7 }
  }

  /// What resuming says, after a change of the trainer.
  private func complaint(
    text: String? = nil, data: Dataset? = nil, epochs: Int = 3, freezing pattern: String? = nil,
    _ change: (inout Trainer) throws -> Void = { _ in }
  ) throws -> String {
    var trainer = try Self.scenario.trainer(threads: 1)
    trainer.checkpoints = Checkpoints(path: path, resumes: true)
    try change(&trainer)
    var network = try Network(text: text ?? Self.scenario.text, input: [1, 8, 8], seed: 3)
    if let pattern { try network.freeze(pattern) }
    do {
      try trainer.train(&network, on: data ?? DeterminismTests.stripes(37), epochs: epochs) { _ in
        false
      }
      return ""
    } catch {
      return "\(error)"
    }
  }

  private func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

  private func put(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }

  // MARK: Other trainings

  @Test func everyOtherSettingIsToldWithBothValues() throws {
    #expect(try complaint() == "")
    #expect(
      try complaint { $0.batchSize = 16 } == """
        \(path): expected the batch size it was made with, "8", found "16": resume with the same \
        settings, or start anew with another checkpoint file
        """)
    #expect(
      try complaint { $0.seed = 6 }.contains(
        "expected the seed it was made with, \"5\", found \"6\""))
    #expect(
      try complaint(epochs: 4).contains("expected the epochs it was made with, \"3\", found \"4\""))
    #expect(
      try complaint { $0.optimizer = Adam(learningRate: 0.02) }.contains(
        "expected the optimizer it was made with, \"adam 0.01\", found \"adam 0.02\""))
    #expect(
      try complaint { $0.schedule = .linear }.contains(
        "expected the schedule it was made with, \"constant\", found \"linear\""))
    #expect(
      try complaint { $0.loss = .meanSquaredError }.contains(
        "expected the loss it was made with, \"cross-entropy, mean\", found \"mse, mean\""))
    #expect(
      try complaint { $0.loss.reduction = .sum }.contains("found \"cross-entropy, sum\""))
    #expect(
      try complaint { $0.averaging = nil }.contains(
        "expected the averaging it was made with, \"rising to 0.9\", found \"none\""))
    #expect(
      try complaint { $0.clipping = .norm(2) }.contains(
        "expected the clipping it was made with, \"none\", found \"norm 2\""))
    #expect(try complaint { $0.accumulation = 2 }.contains("expected the accumulation"))
    #expect(try complaint { $0.groups = [.withoutDecay] }.contains("expected the parameter groups"))
    #expect(
      try complaint { $0.augmentation = try Augmentation(text: "flip") }.contains(
        "expected the augmentation it was made with, \"none\", found \"flip\""))
    #expect(
      try complaint {
        $0.validation = try DeterminismTests.stripes(20)
        $0.patience = 3
      }.contains("expected the patience it was made with, \"none\", found \"3\""))
    #expect(
      try complaint { $0.validation = try DeterminismTests.stripes(20) }
        .contains("expected the validation data it was made with"))
    #expect(try complaint { $0.normalizes = false }.contains("expected the normalisation"))
    #expect(
      try complaint { $0.checkpoints?.conditions = ["model": "a.safetensors"] }.contains(
        "expected the model it was made with, \"none\", found \"a.safetensors\""))
    #expect(
      try complaint(freezing: "conv1").contains(
        "expected the frozen parameters it was made with, \"\", found \"conv1.weight, conv1.bias\"")
    )
  }

  @Test func anotherNetworkIsToldWhereItDiffers() throws {
    #expect(
      try complaint(text: "conv 3 3x3, flatten, dense 2").contains(
        /expected the network it was made with, "…[^…]*"conv 2 3x3"[^…]*…", found "…[^…]*"conv 3 3x3"/
      ))
    let long = "conv 2 3x3, relu, relu, relu, relu, relu, relu, relu, relu, relu, flatten, dense 2"
    #expect(
      try complaint(text: long).contains(
        /"flatten"[^…]*…", found "…[^…]*"relu"/))
  }

  /// The same layers under the same names.
  @Test func anotherWiringIsAnotherNetwork() throws {
    let folder = try TemporaryFolder()
    var trainer = try Self.scenario.trainer(threads: 1)
    trainer.checkpoints = Checkpoints(path: folder.path("wired"), resumes: true)
    var first = try Network(
      text: "sum(conv 1 3x3 padding 1 | tanh), flatten, dense 2", input: [1, 8, 8], seed: 3)
    var second = try Network(
      architecture: Architecture(
        inputs: first.architecture.inputs,
        layers: first.architecture.layers.map { layer in
          var layer = layer
          if layer.name == "tanh1" { layer.inputs = ["conv1"] }
          return layer
        }), seed: 3)
    #expect(second.nodes.map(\.layer.text) == first.nodes.map(\.layer.text))
    let data = try DeterminismTests.stripes(37)
    try trainer.train(&first, on: data, epochs: 1) { _ in false }
    let error = try #require(throws: InvalidCheckpoint.self) {
      try trainer.train(&second, on: data, epochs: 1) { _ in false }
    }
    #expect(error.description.contains("expected the network it was made with"))
  }

  @Test func anotherInstructionSetIsToldUnlessAnyWillDo() throws {
    let whole = try bytes()
    let file = try SafeTensors(contentsOf: path)
    let name = Engine.instructionSet
    #expect(file.metadata["striate.setting"]?.contains("\"instruction set\":\"\(name)\"") == true)
    var metadata = file.metadata
    metadata["striate.setting"]?.replace("\"\(name)\"", with: "\"elsewhere\"")
    metadata["striate.checksum"] = try checksum(file, metadata)
    try SafeTensors.write(
      file.entries.map { ($0.name, try file.tensor(named: $0.name)) }, metadata: metadata, to: path)
    #expect(
      try complaint() == """
        \(path): expected the instruction set it was made with, elsewhere, found \(name), whose \
        kernels give other bits: set STRIATE_ISA=elsewhere where the processor has it; elsewhere \
        Checkpoints.anyInstructionSet goes on, to other bits
        """)
    #expect(try complaint { $0.checkpoints?.anyInstructionSet = true } == "")
    // What goes on so no longer says one instruction set, and can go on anywhere.
    #expect(try complaint() == "")
    try put(whole)
    #expect(try complaint() == "")
  }

  @Test func otherDataAreTold() throws {
    let other = try complaint(data: DeterminismTests.stripes(37, seed: 2)) { $0.normalizes = true }
    #expect(
      other.contains("expected the data it was made with, \"37 images [1, 8, 8] of upright, "))
    #expect(try complaint(data: DeterminismTests.stripes(36)).contains("found \"36 images"))
    // The same pixels under other labels.
    let data = try DeterminismTests.stripes(37)
    let swapped = try Dataset(
      imageShape: data.imageShape, pixels: data.pixels, labels: data.labels.map { 1 - $0 },
      classNames: data.classNames)
    #expect(try complaint(data: swapped).contains("expected the data it was made with"))
  }

  @Test func whatIsNoCheckpointIsRefused() throws {
    try Self.scenario.network().save(to: path)
    #expect(
      try complaint() == """
        \(path): expected a checkpoint with striate.training in its metadata, found none: \
        name the file that the training wrote while it ran
        """)
    try put([1, 2, 3])
    #expect(try complaint().hasPrefix("\(path): expected a safetensors file"))
    try put([])
    #expect(try complaint().hasPrefix("\(path): expected a safetensors file"))
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: folder.path("nowhere"))
    #expect(try complaint().contains("does not exist"))
    #expect(throws: (any Error).self) { try Checkpoints(path: path).saved() }
    try FileManager.default.removeItem(atPath: path)
    #expect(try Checkpoints(path: path).saved() == nil)
  }

  // MARK: Damage

  @Test func aFileCutAnywhereIsRefused() throws {
    let whole = try bytes()
    for length in stride(from: 0, to: whole.count, by: 23) {
      try put(Array(whole[..<length]))
      #expect(try complaint().hasPrefix(path), "cut at \(length)")
    }
    try put(whole + [0])
    #expect(try complaint().contains("something was appended"))
  }

  @Test func aChangedByteAnywhereIsFound() throws {
    let whole = try bytes()
    for position in stride(from: 0, to: whole.count, by: 11) {
      var changed = whole
      changed[position] ^= 1 << UInt8(position % 8)
      try put(changed)
      #expect(try complaint().hasPrefix(path), "changed at \(position)")
    }
    var changed = whole
    changed[whole.count - 1] ^= 1
    try put(changed)
    #expect(
      try complaint().contains(
        /expected the checksum [0-9a-f]{16}, found [0-9a-f]{16}: the file was damaged/))
  }

  /// FNV-1a over 32-bit words, as a checkpoint counts it.
  private func checksum(_ file: SafeTensors, _ metadata: [String: String]) throws -> String {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ words: [UInt32]) {
      for word in words + [UInt32(words.count)] { sum = (sum ^ UInt64(word)) &* 0x100_0000_01B3 }
    }
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) where key != "striate.checksum" {
      add(key.utf8.map { UInt32($0) })
      add(text.utf8.map { UInt32($0) })
    }
    for entry in file.entries {
      add(entry.name.utf8.map { UInt32($0) })
      add(try file.tensor(named: entry.name).scalars.map(\.bitPattern))
    }
    return String(format: "%016lx", sum)
  }

  /// What resuming says about a file that was changed by someone who knows how.
  private func forged(_ change: (inout String) -> Void) throws -> String {
    let whole = try bytes()
    defer { try? put(whole) }
    let file = try SafeTensors(contentsOf: path)
    var metadata = file.metadata
    #expect(try checksum(file, metadata) == metadata["striate.checksum"])
    change(&metadata["striate.training", default: ""])
    metadata["striate.checksum"] = try checksum(file, metadata)
    try SafeTensors.write(
      file.entries.map { ($0.name, try file.tensor(named: $0.name)) }, metadata: metadata, to: path)
    return try complaint()
  }

  @Test func aPlaceWhereNoTrainingCanStandIsRefused() throws {
    #expect(try forged { _ in } == "")
    let lies: [(from: String, to: String)] = [
      ("\"epoch\":2", "\"epoch\":0"), ("\"epoch\":2", "\"epoch\":9223372036854775807"),
      ("\"epoch\":2", "\"epoch\":-9223372036854775808"), ("\"batch\":2", "\"batch\":-1"),
      ("\"batch\":2", "\"batch\":6"), ("\"batch\":2", "\"batch\":9223372036854775807"),
      ("\"step\":7", "\"step\":8"), ("\"step\":7", "\"step\":9223372036854775807"),
      ("\"right\":", "\"right\":9"), ("\"right\":", "\"right\":-"), ("\"seen\":16", "\"seen\":15"),
      ("\"isFinished\":false", "\"isFinished\":true"), ("\"waited\":0", "\"waited\":-1"),
      ("\"waited\":0", "\"waited\":9223372036854775807"), ("\"number\":1", "\"number\":2"),
      ("\"images\":37", "\"images\":9223372036854775807"),
      ("\"learningRate\":0.01,\"loss\"", "\"learningRate\":\"inf\",\"loss\""),
      ("\"cooling\":0", "\"cooling\":-9223372036854775808"),
    ]
    for (from, to) in lies {
      let message = try forged { text in
        #expect(text.contains(from), "\(from) in \(text)")
        text.replace(from, with: to)
      }
      #expect(
        message.hasPrefix(
          "\(path): expected a place in a training of 3 epochs of 5 batches, found"),
        "\(to): \(message)")
    }
    #expect(
      try forged { $0 = "{}" } == """
        \(path): expected striate.training in the form that this version writes, found another: \
        start anew, or resume with the version that wrote it
        """)
  }

  // MARK: Writing

  @Test func aPathThatCannotBeWrittenIsFoundBeforeTraining() throws {
    let missing = folder.path("missing/last")
    #expect(
      try complaint { $0.checkpoints = Checkpoints(path: missing) }
        == "cannot write \(missing): the folder \(folder.path("missing")) does not exist: "
        + "create it or choose another path")
    #expect(
      try complaint {
        $0.checkpoints = Checkpoints(path: folder.path("a"), best: missing)
        $0.validation = try DeterminismTests.stripes(8)
      }.hasPrefix("cannot write \(missing)"))
    #expect(
      try complaint {
        $0.checkpoints = Checkpoints(path: path, best: path)
        $0.validation = try DeterminismTests.stripes(8)
      } == "checkpoints: expected two files, found \(path) for the last and the best")
    #expect(
      try complaint { $0.checkpoints?.everySteps = 0 }
        == "checkpoints: expected at least 1 step from one to the next, found 0")
    #expect(
      try complaint { $0.checkpoints?.best = folder.path("best") }
        == "checkpoints: expected validation data to find the best by, found 0")
  }

  @Test func aCheckpointThatCannotBeWrittenIsToldAndTriedAgain() throws {
    let place = folder.path("gone")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    var trainer = try Self.scenario.trainer(threads: 1)
    trainer.validation = try DeterminismTests.stripes(8)
    trainer.checkpoints = Checkpoints(
      path: place + "/last", everySteps: 1, best: place + "/best")
    var network = try Network(text: Self.scenario.text, input: [1, 8, 8], seed: 3)
    let fresh = network.parametersSHA256
    var failures: [String] = []
    var validated: [Int] = []
    try trainer.train(&network, on: DeterminismTests.stripes(37), epochs: 3) { progress in
      if progress.epoch == 1, progress.finished == nil, progress.step == 2 {
        try? FileManager.default.removeItem(atPath: place)
      }
      if progress.epoch == 3, progress.finished == nil {
        try? FileManager.default.createDirectory(
          atPath: place, withIntermediateDirectories: true)
      }
      if progress.finished != nil {
        failures.append(progress.checkpointFailure?.description ?? "none")
      }
      return true
    } validating: { done, total in
      validated.append(done)
      #expect(total == 8)
    }
    #expect(network.parametersSHA256 != fresh)
    #expect(failures.count == 3)
    #expect(failures[0].hasPrefix("cannot write \(place)/last: the folder "))
    #expect(failures[1].hasPrefix("cannot write \(place)/last: the folder "))
    #expect(failures[2] == "none")
    #expect(validated == [8, 8, 8])
    #expect(try Checkpoints(path: place + "/last").saved()?.isFinished == true)
    #expect(try Network(contentsOf: place + "/best").parameterCount == network.parameterCount)
  }

  @Test func aTrainingThatDivergesLeavesTheLastCheckpointThatWasSound() throws {
    var trainer = try Self.scenario.trainer(threads: 1)
    trainer.optimizer = SGD(learningRate: 1e30)
    trainer.loss = .meanSquaredError
    trainer.checkpoints = Checkpoints(path: folder.path("diverging"), everySteps: 1)
    var network = try Self.scenario.network()
    #expect(throws: TrainingDiverged.self) {
      try trainer.train(&network, on: DeterminismTests.stripes(37), epochs: 3)
    }
    let read = try Network(contentsOf: folder.path("diverging"))
    #expect(read.parameters.allSatisfy { $0.tensor.scalars.allSatisfy(\.isFinite) })
  }

  @Test func aValidationLossThatIsNotANumberIsSavedAndNeverTheBest() throws {
    let pixels = DeterminismTests.stripes
    let sound = try pixels(8, 1)
    var bytes: [Float] = (0..<8 * 64).map { Float($0 % 7) }
    bytes[5] = .nan
    var trainer = try Self.scenario.trainer(threads: 1)
    trainer.normalizes = false
    trainer.validation = try Dataset(
      imageShape: [1, 8, 8], pixels: .floats(bytes), labels: sound.labels,
      classNames: sound.classNames)
    trainer.checkpoints = Checkpoints(
      path: folder.path("nan"), best: folder.path("best"), resumes: true)
    var network = try Self.scenario.network()
    let data = try pixels(37, 1)
    try trainer.train(&network, on: data, epochs: 2) { $0.epoch < 2 }
    let epochs = try trainer.train(&network, on: data, epochs: 2)
    #expect(epochs.count == 2)
    #expect(epochs.allSatisfy { $0.validationLoss?.isNaN == true })
    #expect(folder.names == ["last", "nan"])
  }

  @Test func whatAKilledWriterLeftBehindIsRemovedAndWhatIsBeingWrittenStays() throws {
    let name = ".striate-123abc.partial"
    try Data([1]).write(to: URL(filePath: folder.path(name)))
    try Data([1]).write(to: URL(filePath: folder.path(".striate-other")))
    #expect(folder.names.contains(name))
    try AtomicFile.write(to: folder.path("new")) { file in
      try file.append([1, 2])
      AtomicFile.removeAbandoned(beside: folder.path("new"))
      #expect(!folder.names.contains(name))
      #expect(folder.names.count { $0.hasSuffix(".partial") } == 1)
    }
    #expect(folder.names == [".striate-other", "last", "new"])
    try Data([1]).write(to: URL(filePath: folder.path(name)))
    #expect(try complaint() == "")
    #expect(folder.names == [".striate-other", "last", "new"])
  }
}
