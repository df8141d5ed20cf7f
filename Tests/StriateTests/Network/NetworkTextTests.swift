import Striate
import Testing

@Suite struct NetworkTextTests {
  static let texts = [
    "conv 8 5x5", "conv 8 5x3 stride 2", "conv 8 5x5 stride 2x1 padding 1 dilation 3 groups 2",
    "conv 4 3x3 padding 1,2,3,4 bias untied", "conv 4 3x3 bias none", "conv1d 8 5",
    "conv1d 8 5 stride 2 padding 1 dilation 3 groups 2 bias none", "dense 10",
    "dense 10 bias none", "conv 8 3x3 init he-normal", "conv1d 8 3 groups 2 init orthogonal",
    "dense 10 bias none init normal:0.02", "flatten", "softmax", "add", "multiply", "maxpool 2",
    "maxpool 3x2", "maxpool 3x3 stride 2", "avgpool 3x3 stride 2x1", "l2pool 2", "maxout 2",
    "meanout 3", "identity", "step", "sigmoid", "tanh", "arctan", "relu", "leaky-relu 0.01",
    "leaky-relu -1e-07", "softplus", "gaussian 0 1", "multiquadratic 0.5 2",
    "inverse-multiquadratic -1 0.25", "radial 10 gaussian 1.5", "radial 3 multiquadratic 2",
    "radial 3 inverse-multiquadratic 2", "batchnorm", "batchnorm epsilon 0.001 momentum 0.01",
    "dropout 0.5", "dropout2d 0.2", "stochastic-depth 0.1", "concat",
    "conv 8 3x3 padding same", "conv 8 3x3 stride 2 padding same bias none padding-mode reflect",
    "conv 8 3x3 padding 1 padding-mode circular", "conv1d 8 5 padding same",
    "conv1d 8 5 padding 4,0 padding-mode replicate", "depthwise 3x3",
    "depthwise 5x3 stride 2 padding 1 dilation 2 multiplier 3 bias none padding-mode reflect",
    "conv3d 8 3x3x3", "conv3d 8 3x5x1 stride 2 padding 1x2x0 dilation 2x1x1 groups 2 bias untied",
    "conv-transpose 8 4x4 stride 2 padding 1",
    "conv-transpose 8 3x2 stride 2x1 padding 1,0,1,0 dilation 2 output-padding 1x0 groups 2 bias none",
    "groupnorm 8", "groupnorm 4 epsilon 0.001 affine none", "instancenorm",
    "instancenorm affine yes", "layernorm", "layernorm channels epsilon 1e-06",
    "layernorm last 2 affine none",
    "maxpool 3x3 stride 2 padding 1", "maxpool 2 padding 1,0,1,0 dilation 2x1 ceil",
    "avgpool 3x3 stride 2 padding same exclude-padding",
    "avgpool 3x3 stride 2 padding 1 ceil exclude-padding", "l2pool 3 padding 1 ceil",
    "lppool 1.5 2x3 stride 1", "maxunpool 2", "maxunpool 3x3 stride 2 padding 1 dilation 2 ceil",
    "adaptiveavgpool 7", "adaptivemaxpool 3x2", "globalavgpool", "globalmaxpool",
    "upsample 2", "upsample 2x3 bilinear", "upsample size 7x5",
    "upsample size 7 bilinear align-corners", "pixelshuffle 2", "pixelunshuffle 3", "pad 1",
    "pad 1,2,3,4 reflect", "pad 2 replicate", "pad 2 circular", "pad 1 constant -0.5",
    "lrn 5", "lrn 3 alpha 0.001 beta 0.5 k 2", "elu 1", "selu", "celu 0.5", "gelu", "gelu-tanh",
    "silu", "mish", "hard-swish", "hard-sigmoid", "hard-tanh -1 1", "relu6", "softsign",
    "log-sigmoid", "softshrink 0.5", "hardshrink 0.25", "tanhshrink", "threshold 0.1 20",
    "prelu", "prelu per-channel", "log-softmax", "exp", "log", "sqrt", "abs", "reciprocal", "erf",
    "round", "affine -2 0.5", "power -1.5", "reshape 3x4", "transpose 2x0x1", "slice 1 0 3",
    "slice 0 2 3 step 0", "slice 2 4 3 back 2", "learned 4x1x1", "argmax",
    "matmul",
  ]

  @Test(arguments: texts) func everyLayerReadsItsOwnText(_ text: String) throws {
    let layers = try Network.layers(text: text)
    #expect(layers.map(\.text) == [text])
  }

  @Test func theListOfTextsKnowsEveryLayer() {
    let names = Set(NetworkTextTests.texts.map { String($0.prefix { $0 != " " }) })
    #expect(names == Set(LayerGrammar.layers.keys))
  }

  @Test(arguments: [
    ("CONV 8 5", "conv 8 5x5"), ("conv 8 5 bias none stride 2", "conv 8 5x5 stride 2 bias none"),
    ("conv 8 3 dilation 2 padding same", "conv 8 3x3 padding same dilation 2"),
    ("Conv2D 8 5x5", "conv 8 5x5"), ("depthwise 3 multiplier 1", "depthwise 3x3"),
    ("conv3d 8 3 stride 1", "conv3d 8 3x3x3"),
    ("conv-transpose2d 8 2 stride 2 bias shared", "conv-transpose 8 2x2 stride 2"),
    ("groupnorm 2 affine yes epsilon 1e-5", "groupnorm 2"), ("layer-norm", "layernorm"),
    ("leaky-relu", "leaky-relu 0.01"), ("gaussian", "gaussian 0 1"), ("linear", "identity"),
    ("heaviside", "step"), ("maxpool 2 stride 2", "maxpool 2"), ("dense 5 bias shared", "dense 5"),
    ("MaxPool2D 3 ceil stride 2", "maxpool 3x3 stride 2 ceil"), ("gap", "globalavgpool"),
    ("maxpool 3 stride 1 padding same", "maxpool 3x3 stride 1 padding same"),
    ("adaptiveavgpool 1", "globalavgpool"), ("lppool 2 3", "l2pool 3"), ("swish", "silu"),
    ("hardswish", "hard-swish"), ("hard-tanh 0 6", "relu6"), ("elu", "elu 1"),
    ("upsample 2 nearest", "upsample 2"), ("pad 1 zeros", "pad 1"), ("lrn 5 k 1", "lrn 5"),
    ("localresponsenorm 5", "lrn 5"), ("softshrink", "softshrink 0.5"),
  ])
  func friendlyWaysOfWritingMeanTheSame(_ friendly: String, _ text: String) throws {
    #expect(try Network.layers(text: friendly).map(\.text) == [text])
  }

  @Test func layersAreSeparatedByCommasSemicolonsAndLineEnds() throws {
    let layers = try Network.layers(
      text: " conv 8 5x5,relu;\nconv 2 3x3 padding 1,2,1,2, maxpool 2 ,\n\nflatten, dense 10,")
    #expect(
      layers.map(\.text) == [
        "conv 8 5x5", "relu", "conv 2 3x3 padding 1,2,1,2", "maxpool 2", "flatten", "dense 10",
      ])
  }

  private func message(_ text: String, input: [Int] = [1, 28, 28]) -> String {
    do {
      return "\(try Network(text: text, input: input, seed: 1).outputShape)"
    } catch {
      return "\(error)"
    }
  }

  @Test func anUnknownLayerIsNamedWithTheNearestKnownOne() {
    let found = message("conv 8 5x5, rellu, flatten")
    #expect(
      found.hasPrefix(
        "network text, layer 2 \"rellu\": unknown layer; did you mean \"relu\"? known layers: "
      ))
    #expect(message("convolution 3").contains("unknown layer; known layers: "))
  }

  @Test(arguments: [
    ("", "network text: expected layers such as \"flatten, dense 10\", found none"),
    (" , ;", "network text: expected layers such as \"flatten, dense 10\", found none"),
    (
      "conv 8 5x5 strid 2",
      "network text, layer 1 \"conv 8 5x5 strid 2\": unknown option \"strid\"; did you mean "
        + "\"stride\"? known options: stride, padding, dilation, groups, init, bias, padding-mode"
    ),
    (
      "conv 8",
      "network text, layer 1 \"conv 8\": expected the kernel's size, found the end: add it"
    ),
    (
      "conv 8 axb",
      "network text, layer 1 \"conv 8 axb\": expected the kernel's size such as 5 or 5x3, found "
        + "\"axb\": correct it"
    ),
    (
      "flatten, dense ten",
      "network text, layer 2 \"dense ten\": expected the number of outputs, a whole number, found "
        + "\"ten\": correct it"
    ),
    (
      "relu dense 10",
      "network text, layer 1 \"relu dense 10\": expected the end of the layer, found \"dense\": "
        + "separate layers with commas"
    ),
    (
      "conv 8 3x3 padding 1 padding-mode reflekt",
      "network text, layer 1 \"conv 8 3x3 padding 1 padding-mode reflek\": unknown word "
        + "\"reflekt\"; did you mean \"reflect\"? known words: circular, reflect, replicate, zeros"
    ),
    (
      "conv1d 8 3 padding 1,2,3",
      "network text, layer 1 \"conv1d 8 3 padding 1,2,3\": expected one padding, or before,after, "
        + "found 3 numbers: write padding 1 or padding 2,0"
    ),
    (
      "conv3d 8 3x3",
      "network text, layer 1 \"conv3d 8 3x3\": expected the kernel's size such as 3 or 3x5x5, found "
        + "\"3x3\": correct it"
    ),
    (
      "layernorm pixels",
      "network text, layer 1 \"layernorm pixels\": unknown option \"pixels\"; known options: "
        + "epsilon, affine"
    ),
    (
      "conv-transpose 8 3x3 padding same",
      "layer 1 \"convtranspose1\" conv-transpose 8 3x3 padding same: expected padding in pixels, "
        + "found padding same: give the width of the border (input [1, 28, 28]; shapes [C, H, W] "
        + "→ [8, H + 2, W + 2])"
    ),
    (
      "conv 8 3 padding 1,2",
      "network text, layer 1 \"conv 8 3 padding 1,2\": expected one padding, or "
        + "top,left,bottom,right, found 2 numbers: write padding 1 or padding 1,2,1,2"
    ),
    (
      "conv 8 3 bias noone",
      "network text, layer 1 \"conv 8 3 bias noone\": unknown word \"noone\"; did you mean "
        + "\"none\"? known words: none, shared, untied"
    ),
    (
      "conv 8 3 stride 2 stride 2",
      "network text, layer 1 \"conv 8 3 stride 2 stride 2\": expected stride once, found it "
        + "twice: remove one"
    ),
    (
      "maxpool 3 ceiling",
      "network text, layer 1 \"maxpool 3 ceiling\": unknown option \"ceiling\"; known options: "
        + "stride, padding, dilation, ceil"
    ),
    (
      "avgpool 3 ceil ceil",
      "network text, layer 1 \"avgpool 3 ceil ceil\": expected ceil once, found it twice: "
        + "remove one"
    ),
    (
      "avgpool 3 dilation 2",
      "network text, layer 1 \"avgpool 3 dilation 2\": unknown option \"dilation\"; known "
        + "options: stride, padding, ceil, exclude-padding"
    ),
    (
      "upsample 2 align-corners",
      "network text, layer 1 \"upsample 2 align-corners\": expected nearest, bilinear, or "
        + "bilinear align-corners, found align-corners: choose one"
    ),
    (
      "upsample 2 bilinear nearest",
      "network text, layer 1 \"upsample 2 bilinear nearest\": expected nearest, bilinear, or "
        + "bilinear align-corners, found bilinear nearest: choose one"
    ),
    (
      "pad 1 mirror",
      "network text, layer 1 \"pad 1 mirror\": unknown word \"mirror\"; known words: circular, "
        + "reflect, replicate, zeros"
    ),
    (
      "pad same",
      "network text, layer 1 \"pad same\": expected the padding in pixels, found \"same\": give "
        + "it as a number"
    ),
    (
      "lrn 5 gamma 1",
      "network text, layer 1 \"lrn 5 gamma 1\": unknown option \"gamma\"; known "
        + "options: alpha, beta, k"
    ),
    (
      "leaky-relu nan",
      "network text, layer 1 \"leaky-relu nan\": expected the slope, a number, found \"nan\": "
        + "correct it"
    ),
    (
      "dense 10",
      "layer 1 \"fc1\" dense 10: expected [features], found [1, 28, 28]: put Flatten() before it "
        + "(input [1, 28, 28]; shapes [N] → [10])"
    ),
    (
      "conv 8 29x29",
      "layer 1 \"conv1\" conv 8 29x29: expected an image of at least 29x29, found 28x28: "
        + "use a smaller kernel or more padding (input [1, 28, 28]; shapes [C, H, W] → "
        + "[8, H − 28, W − 28])"
    ),
    (
      "conv 0 3x3",
      "layer 1 \"conv1\" conv 0 3x3: expected 1 to 65536 filters, found 0: "
        + "choose a number in that range (input [1, 28, 28]; shapes [C, H, W] → "
        + "[0, H − 2, W − 2])"
    ),
    (
      "flatten, dense 10000000",
      "layer 2 \"fc1\" dense 10000000: weight: expected at most 2147483648 elements, found "
        + "[10000000, 784]"
    ),
    (
      "flatten, dense 1000000",
      "layer 2 \"fc1\" dense 1000000: expected at most 536870912 parameters in the network, found "
        + "785000000: make the layer smaller"
    ),
  ])
  func aWrongTextSaysWhereAndWhatWasExpected(_ text: String, _ expected: String) {
    #expect(message(text) == expected)
  }

  @Test func manyLayersTogetherMayNotHaveTooManyParametersEither() {
    let text = "flatten" + String(repeating: ", dense 20000", count: 3)
    #expect(message(text).contains("expected at most 536870912 parameters in the network"))
  }

  @Test func insaneNumbersAndEndlessTextsAreRefusedWithoutHarm() {
    for number in ["99999999999999999999", "9223372036854775807", "-1", "1e9", "", "0x10"] {
      for text in [
        "conv \(number) 5x5", "conv 8 \(number)x5", "conv 8 5x\(number)",
        "conv 8 5 stride \(number)", "conv 8 5 padding \(number)", "conv 8 5 dilation \(number)",
        "conv 8 3 padding same dilation \(number)", "conv 8 5 groups \(number)",
        "flatten, dense \(number)", "maxpool \(number)", "maxpool 2 stride \(number)",
        "flatten, maxout \(number)", "flatten, radial \(number) gaussian 1",
        "conv1d 8 \(number)", "conv3d 8 \(number)", "conv3d \(number) 3",
        "conv 8 \(number)x5 padding same", "conv 8 5 padding same stride \(number)",
        "depthwise 3x\(number)", "depthwise 3 multiplier \(number)",
        "depthwise 3 padding same dilation \(number)", "conv-transpose 8 \(number)x3",
        "conv-transpose \(number) 3", "conv-transpose 8 3 stride \(number)",
        "conv-transpose 8 3 output-padding \(number)", "conv-transpose 8 3 padding \(number)",
        "conv-transpose 8 3 dilation \(number)", "groupnorm \(number)",
        "layernorm last \(number)", "layernorm epsilon \(number)",
        "maxpool 3 stride 2 padding \(number)",
        "maxpool 3 dilation \(number) ceil", "maxpool 2 stride \(number) ceil",
        "lppool \(number) 40", "adaptiveavgpool \(number)", "upsample \(number)",
        "upsample size \(number) bilinear", "pixelshuffle \(number)",
        "pixelunshuffle \(number)", "pad \(number)", "pad \(number) circular", "lrn \(number)",
        "maxunpool \(number)",
      ] { #expect(message(text).contains("expected"), "\(text)") }
    }
    #expect(
      message(String(repeating: "relu,", count: 20_000))
        == "network text: expected at most 65536 bytes, found 100000: build the network in code")
    #expect(message(String(repeating: "x", count: 60_000)).count < 1200)
    #expect(message(String(repeating: "conv ", count: 10_000)).count < 300)
  }

  @Test(.timeLimit(.minutes(1)))
  func repetitionsOfRepetitionsAreRefusedBeforeTheyGrow() {
    for inner in ["residual()", "residual(|)", "relu", "gate()", "sum(|)"] {
      let text = "repeat 1000 (repeat 1000 (repeat 1000 (\(inner))))"
      #expect(message(text).contains("expected at most 100000 layers, found more"), "\(inner)")
    }
    for empty in ["", "()", ",,", "(repeat 1000 ())"] {
      #expect(message("repeat 1000 (repeat 1000 (\(empty)))").contains("expected"), "\(empty)")
    }
    #expect(message("repeat 3 ()").contains("expected layers to repeat, found none"))
    let branches = Array(repeating: "relu", count: 300).joined(separator: "|")
    #expect(message("sum(\(branches))").contains("expected 2 to 256 branches, found 300"))
  }

  @Test func aGraphOfTooManyLayersIsRefused() {
    #expect(throws: InvalidNetwork.self) {
      try Network(inputs: [("x", [1])], seed: 0) { x in
        var value = x[0]
        for _ in 0..<100_010 { value = ReLU()(value) }
        return value
      }
    }
  }

  @Test func aTextOfManyLayersIsRead() throws {
    let network = try Network(
      text: String(repeating: "relu,", count: 10_000), input: [3], seed: 1)
    #expect(network.nodes.count == 10_000)
  }
}

extension Network {
  /// The layers of a text without blocks.
  static func layers(text: String) throws -> [any Layer] {
    try blocks(text: text).compactMap { $0 as? any Layer }
  }
}
