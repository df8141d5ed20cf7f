import Foundation
import Striate
import Testing

@Suite struct SummaryTests {
  @Test func theTableOfTheNumpyCNNNetwork() throws {
    let summary = try NamedModel(named: "numpy-cnn").network(seed: 1).summary()
    #expect(
      summary.description == """
        input 1 × 28 × 28
        layer     description  output       parameters  multiply-adds     sees
        ──────────────────────────────────────────────────────────────────────
        conv1     conv 8 5x5   8 × 24 × 24         208        115,200    5 × 5
        relu1     relu         8 × 24 × 24           0              0    5 × 5
        conv2     conv 8 5x5   8 × 20 × 20       1,608        640,000    9 × 9
        relu2     relu         8 × 20 × 20           0              0    9 × 9
        maxpool1  maxpool 2    8 × 10 × 10           0              0  10 × 10
        flatten1  flatten      800                   0              0  10 × 10
        fc1       dense 128    128             102,528        102,400  28 × 28
        relu3     relu         128                   0              0  28 × 28
        fc2       dense 10     10                1,290          1,280  28 × 28
        ──────────────────────────────────────────────────────────────────────
        total                                  105,634        858,880
        memory: parameters 0.40 MiB, outputs of all layers for one image 0.07 MiB
        """)
  }

  @Test func aSummaryWithoutParametersIsTheSame() throws {
    for model in NamedModel.all {
      let summary = try model.summary(classes: 7, batchSize: 3)
      #expect(try summary == model.network(classes: 7, seed: 1).summary(batchSize: 3))
    }
    #expect(throws: InvalidNetwork.self) { try NamedModel(named: "lenet").summary(classes: 0) }
    #expect(throws: InvalidNetwork.self) {
      try NetworkSummary(input: [0, 3], layers: Network.blocks(text: "flatten"))
    }
  }

  @Test func receptiveFieldsFollowStridesDilationsAndBranches() throws {
    // The first layers of VGG-16 and their fields: 3, 5, 6, 10, 14, 16 (Araujo et al. 2019, by hand).
    let vgg = try Network(
      text: "conv 1 3 padding same, conv 1 3 padding same, maxpool 2, conv 1 3 padding same, "
        + "conv 1 3 padding same, maxpool 2", input: [1, 32, 32], seed: 1
    ).summary()
    #expect(vgg.rows.map(\.receptiveField) == [3, 5, 6, 10, 14, 16].map { [$0, $0] })
    #expect(vgg.rows.map(\.jump) == [1, 1, 2, 2, 2, 4].map { [$0, $0] })
    let oblong = try Network(
      text: "conv 1 3x1 stride 2x1 dilation 2x1, conv 1 1x5", input: [1, 20, 20], seed: 1
    ).summary()
    #expect(oblong.rows.map(\.receptiveField) == [[5, 1], [5, 5]])
    #expect(oblong.rows.map(\.jump) == [[2, 1], [2, 1]])
    let sequence = try Network(text: "conv1d 2 3, conv1d 2 3 stride 2", input: [1, 9], seed: 1)
      .summary()
    #expect(sequence.rows.map(\.receptiveField) == [[1, 3], [1, 5]])
    let branches = try Network(inputs: [("x", [1, 8, 8])], seed: 1) { value in
      let wide = Conv2D(filters: 1, kernel: 5, padding: 2)(value[0])
      return Add()(Conv2D(filters: 1, kernel: 3, padding: 1)(value[0]), wide)
    }.summary()
    #expect(branches.rows.map(\.receptiveField).last == [5, 5])
  }

  @Test func receptiveFieldsFollowAdaptivePoolingAndResampling() throws {
    let network = try Network(
      text:
        "conv 4 3, maxpool 3 stride 2 padding 1, adaptiveavgpool 5, upsample 2, pixelshuffle 2, "
        + "upsample 2 bilinear, pixelunshuffle 4, globalavgpool", input: [1, 22, 22], seed: 1)
    let rows = network.summary().rows
    #expect(
      rows.map { $0.receptiveField[0] } == [3, 5, 7, 7, 7, 8, 11, 47])
    #expect(rows.map { $0.jump?[0] } == [1, 2, 4, 2, 1, 1, 4, 40])
  }

  /// Central to the idea: the field is what an output can see. A pixel inside changes the output; one
  /// outside does not.
  @Test func thePixelsOfTheReceptiveFieldAreThoseThatAnOutputDependsOn() throws {
    let network = try Network(
      text: "conv 1 3 stride 2, conv 1 2 dilation 2, avgpool 2 stride 1", input: [1, 24, 24],
      seed: 3)
    let x = Fixture.formula([1, 1, 24, 24], salt: Fixture.Salt.input)
    let values = network.referenceForward([x])
    var gradient = ReferenceTensor(zeros: values[2].shape)
    gradient[0, 0, 2, 3] = 1
    let slopes = network.referenceBackward(gradient, inputs: [x], values: values).inputs[0]
    let rows = (0..<24).filter { i in (0..<24).contains { slopes[0, 0, i, $0] != 0 } }
    let columns = (0..<24).filter { j in (0..<24).contains { slopes[0, 0, $0, j] != 0 } }
    let row = network.summary().rows[2]
    #expect(rows.count == rows[rows.count - 1] - rows[0] + 1)
    #expect([rows.count, columns.count] == row.receptiveField)
    #expect([rows[0], columns[0]] == row.jump.map { [2 * $0[0], 3 * $0[1]] })
  }

  @Test func memoryIsForTheBatchAndTheSummaryIsJSON() throws {
    let summary = try Network(text: "dense 3, relu", input: [2], seed: 1).summary(batchSize: 16)
    #expect(summary.rows.map(\.activationBytes) == [192, 192])
    #expect(summary.activationBytes == 384)
    #expect(summary.parameterBytes == 36)
    #expect(summary.multiplyAdds == 6)
    #expect(summary.rows.map(\.jump) == [nil, nil])
    let decoded = try JSONDecoder().decode(
      NetworkSummary.self, from: JSONEncoder().encode(summary))
    #expect(decoded == summary)
    #expect(summary.description.hasSuffix("outputs of all layers for 16 images 0.00 MiB"))
  }

  @Test func hugeStridesDoNotOverflow() throws {
    let text = Array(repeating: "conv 1 1 stride 65536", count: 9).joined(separator: ", ")
    let summary = try Network(text: text, input: [1, 1, 1], seed: 1).summary(batchSize: 1 << 20)
    #expect(summary.rows[8].jump == [Int.max, Int.max])
  }
}
