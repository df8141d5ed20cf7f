import Striate
import Testing

/// Networks that cannot be: each error names the layer, the shape it takes and the one it was given, the
/// rule of its shapes, and what to do.
@Suite struct BrokenNetworkTests {
  struct Broken: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var text: String
    var message: String

    var testDescription: String { text }
  }

  @Test(arguments: broken)
  func anErrorNamesTheLayerBothShapesTheRuleAndAWayOut(_ broken: Broken) {
    let error = #expect(throws: InvalidNetwork.self) {
      try Network(text: broken.text, input: broken.input, seed: 0)
    }
    #expect(error?.description == broken.message)
  }

  /// Weights whose number of elements no Int holds.
  @Test(arguments: [
    ("upsample 2, pixelunshuffle 2, conv 1 65536x65536 padding 65536", [1 << 29, 1, 1]),
    ("upsample 2, pixelunshuffle 2, conv 1 65536x65536 padding 65536 bias none", [1 << 29, 1, 1]),
    ("depthwise 65536x65536 padding 65536", [1 << 16, 1, 1]),
    ("conv1d 65536 65536 padding 65536", [1 << 29, 1]),
    ("upsample 2, pixelunshuffle 2, conv-transpose 65536 65536x65536", [1 << 29, 1, 1]),
    ("conv3d 1 65536x1x1 padding 65536x0x0", [1 << 20, 1, 1, 1]),
    ("conv3d 65536 65536x65536x65536 padding 65536x65536x65536", [1 << 29, 1, 1, 1]),
  ])
  func aWeightWithoutBoundsIsRefused(_ text: String, _ input: [Int]) {
    let error = #expect(throws: InvalidNetwork.self) {
      try Network(text: text, input: input, seed: 0)
    }
    let message = error?.description ?? ""
    #expect(message.contains("elements, found ["), "\(message)")
  }

  static let broken = [
    Broken(
      input: [1, 28, 28], text: "dense 10",
      message:
        "layer 1 \"fc1\" dense 10: expected [features], found [1, 28, 28]: put "
        + "Flatten() before it (input [1, 28, 28]; shapes [N] → [10])"),
    Broken(
      input: [1, 28, 28], text: "conv 8 5x5, relu, conv 8 30x30",
      message:
        "layer 3 \"conv2\" conv 8 30x30: expected an image of at least 30x30, found "
        + "24x24: use a smaller kernel or more padding (input [8, 24, 24]; shapes [C, H, "
        + "W] → [8, H − 29, W − 29])"),
    Broken(
      input: [1, 28, 28], text: "conv 0 3x3",
      message:
        "layer 1 \"conv1\" conv 0 3x3: expected 1 to 65536 filters, found 0: choose a "
        + "number in that range (input [1, 28, 28]; shapes [C, H, W] → [0, H − 2, W − 2])"),
    Broken(
      input: [1, 28, 28], text: "flatten, conv 8 3x3",
      message:
        "layer 2 \"conv1\" conv 8 3x3: expected [C, H, W], found [784]: give it an "
        + "image (input [784]; shapes [C, H, W] → [8, H − 2, W − 2])"),
    Broken(
      input: [1, 28, 28], text: "conv 8 3x3 stride 0",
      message:
        "layer 1 \"conv1\" conv 8 3x3 stride 0: expected kernel, stride and dilation "
        + "from 1 to 65536, found kernel 3, stride 0, dilation 1: choose numbers in that "
        + "range (input [1, 28, 28]; shapes [C, H, W] → [8, ⌊(H − 3) / 0⌋ + 1, ⌊(W − 3) / "
        + "0⌋ + 1])"),
    Broken(
      input: [1, 28, 28], text: "conv 8 3x3 groups 3",
      message:
        "layer 1 \"conv1\" conv 8 3x3 groups 3: expected groups that divide 1 input "
        + "channels and 8 filters, found groups 3: choose a common divisor (input [1, 28, "
        + "28]; shapes [C, H, W] → [8, H − 2, W − 2])"),
    Broken(
      input: [1, 28, 28], text: "conv 8 3x3 padding 30 padding-mode reflect",
      message:
        "layer 1 \"conv1\" conv 8 3x3 padding 30 padding-mode reflect: expected at most "
        + "[27, 27] pixels of padding on the axes of [28, 28] for padding-mode reflect, "
        + "found [[30, 30], [30, 30]]: use less padding or padding-mode replicate (input "
        + "[1, 28, 28]; shapes [C, H, W] → [8, H + 58, W + 58])"),
    Broken(
      input: [1, 28, 28], text: "conv 8 3x3 dilation 20",
      message:
        "layer 1 \"conv1\" conv 8 3x3 dilation 20: expected an image of at least 41x41, "
        + "found 28x28: use a smaller kernel or more padding (input [1, 28, 28]; shapes "
        + "[C, H, W] → [8, H − 40, W − 40])"),
    Broken(
      input: [3, 32, 32], text: "depthwise 3x3 multiplier 0",
      message:
        "layer 1 \"conv1\" depthwise 3x3 multiplier 0: expected a multiplier from 1 to "
        + "21845 for 3 channels, found 0: choose a number in that range (input [3, 32, "
        + "32]; shapes [C, H, W] → [0 · C, H − 2, W − 2])"),
    Broken(
      input: [3, 32, 32], text: "depthwise 40x40",
      message:
        "layer 1 \"conv1\" depthwise 40x40: expected an image of at least 40x40, found "
        + "32x32: use a smaller kernel or more padding (input [3, 32, 32]; shapes [C, H, "
        + "W] → [C, H − 39, W − 39])"),
    Broken(
      input: [3, 4, 4], text: "conv-transpose 8 3x3 stride 2 output-padding 2",
      message:
        "layer 1 \"convtranspose1\" conv-transpose 8 3x3 stride 2 output-padding 2: "
        + "expected output padding smaller than the stride or the dilation, found output "
        + "padding 2, stride 2, dilation 1: choose at most 1 (input [3, 4, 4]; shapes [C, "
        + "H, W] → [8, (H − 1) · 2 + 5, (W − 1) · 2 + 5])"),
    Broken(
      input: [3, 4, 4], text: "conv-transpose 8 1x1 padding 2",
      message:
        "layer 1 \"convtranspose1\" conv-transpose 8 1x1 padding 2: expected padding "
        + "that leaves an output, found an output of 0: use less padding (input [3, 4, "
        + "4]; shapes [C, H, W] → [8, H − 4, W − 4])"),
    Broken(
      input: [3, 4, 4], text: "conv-transpose 8 3x3 groups 2",
      message:
        "layer 1 \"convtranspose1\" conv-transpose 8 3x3 groups 2: expected groups that "
        + "divide 3 input channels and 8 filters, found groups 2: choose a common divisor "
        + "(input [3, 4, 4]; shapes [C, H, W] → [8, H + 2, W + 2])"),
    Broken(
      input: [3, 32, 32], text: "maxpool 40",
      message:
        "layer 1 \"maxpool1\" maxpool 40: expected an image of at least 40x40, found "
        + "32x32: use a smaller kernel or more padding (input [3, 32, 32]; shapes [C, H, "
        + "W] → [C, ⌊(H − 40) / 40⌋ + 1, ⌊(W − 40) / 40⌋ + 1])"),
    Broken(
      input: [3, 32, 32], text: "avgpool 2 padding 5",
      message:
        "layer 1 \"avgpool1\" avgpool 2 padding 5: expected windows that each hold a "
        + "pixel of the image, found an image of 32x32 and windows 2 padding 5: use less "
        + "padding or less dilation (input [3, 32, 32]; shapes [C, H, W] → [C, ⌊(H + 8) / "
        + "2⌋ + 1, ⌊(W + 8) / 2⌋ + 1])"),
    Broken(
      input: [3, 32, 32], text: "lppool 99 2",
      message:
        "layer 1 \"lppool1\" lppool 99 2: expected a power from 1 to 64, found 99: "
        + "choose a number in that range, or maxpool for the largest pixel (input [3, 32, "
        + "32]; shapes [C, H, W] → [C, ⌊(H − 2) / 2⌋ + 1, ⌊(W − 2) / 2⌋ + 1])"),
    Broken(
      input: [3, 32, 32], text: "pixelshuffle 2",
      message:
        "layer 1 \"pixelshuffle1\" pixelshuffle 2: expected a factor whose square "
        + "divides 3 channels, found 2: choose another factor or number of channels "
        + "(input [3, 32, 32]; shapes [C, H, W] → [C / 2², 2 · H, 2 · W])"),
    Broken(
      input: [3, 31, 31], text: "pixelunshuffle 2",
      message:
        "layer 1 \"pixelunshuffle1\" pixelunshuffle 2: expected a factor that divides "
        + "31 rows and 31 columns, found 2: choose another factor, or put Pad2D before it "
        + "(input [3, 31, 31]; shapes [C, H, W] → [2² · C, H / 2, W / 2])"),
    Broken(
      input: [3, 32, 32], text: "upsample 0",
      message:
        "layer 1 \"upsample1\" upsample 0: expected a factor or a size from 1 to 65536, "
        + "found 0: choose numbers in that range (input [3, 32, 32]; shapes [C, H, W] → "
        + "[C, 0 · H, 0 · W])"),
    Broken(
      input: [3, 4, 4], text: "pad 5 reflect",
      message:
        "layer 1 \"pad1\" pad 5 reflect: expected at most [3, 3] pixels of padding on "
        + "the axes of [4, 4] for padding-mode reflect, found [[5, 5], [5, 5]]: use less "
        + "padding or padding-mode replicate (input [3, 4, 4]; shapes [C, H, W] → [C, H + "
        + "10, W + 10])"),
    Broken(
      input: [6, 8, 8], text: "groupnorm 4",
      message:
        "layer 1 \"gn1\" groupnorm 4: expected a number of groups that divides 6 "
        + "channels, found 4: choose a divisor (input [6, 8, 8]; shapes [C, …] → [C, …], "
        + "C a multiple of 4)"),
    Broken(
      input: [6, 8, 8], text: "flatten, instancenorm",
      message:
        "layer 2 \"in1\" instancenorm: expected [C, H, W], found [384]: give it an "
        + "image (input [384]; shapes [C, H, W] → [C, H, W])"),
    Broken(
      input: [6, 8, 8], text: "flatten, dense 0",
      message:
        "layer 2 \"fc1\" dense 0: expected 1 to 2147483648 outputs, found 0: choose a "
        + "number in that range (input [384]; shapes [N] → [0])"),
    Broken(
      input: [6, 8, 8], text: "maxout 4",
      message:
        "layer 1 \"maxout1\" maxout 4: expected a number of pieces that divides 6 "
        + "channels, found 4: choose a divisor (input [6, 8, 8]; shapes [C, …] → [C / 4, "
        + "…])"),
    Broken(
      input: [6, 8, 8], text: "flatten, globalavgpool",
      message:
        "layer 2 \"avgpool1\" globalavgpool: expected [C, H, W], found [384]: give it "
        + "an image (input [384]; shapes [C, H, W] → [C, 1, 1])"),
    Broken(
      input: [6, 8, 8], text: "adaptivemaxpool 0",
      message:
        "layer 1 \"maxpool1\" adaptivemaxpool 0: expected an output size from 1 to "
        + "65536, found 0: choose numbers in that range (input [6, 8, 8]; shapes [C, H, "
        + "W] → [C, 0, 0])"),
    Broken(
      input: [6, 8, 8], text: "residual(conv 8 3x3 padding 1)",
      message:
        "layer 2 \"add1\" add: expected inputs of one shape, [6, 8, 8], found [8, 8, "
        + "8]: bring them to one shape first (input [6, 8, 8] and [8, 8, 8]; shapes […] "
        + "and the same […] → […])"),
    Broken(
      input: [6, 8, 8], text: "residual(conv 6 3x3 | conv 6 5x5)",
      message:
        "layer 3 \"add1\" add: expected inputs of one shape, [6, 4, 4], found [6, 6, "
        + "6]: bring them to one shape first (input [6, 4, 4] and [6, 6, 6]; shapes […] "
        + "and the same […] → […])"),
    Broken(
      input: [6, 8, 8], text: "concat(conv 8 3x3 | conv 8 5x5)",
      message:
        "layer 3 \"concat1\" concat: expected inputs of one size after their channels, "
        + "[8, 6, 6], found [8, 4, 4]: bring them to one size with stride, padding or "
        + "pooling (input [8, 6, 6] and [8, 4, 4]; shapes [A, …] and [B, …] → [A + B, …])"),
    Broken(
      input: [6, 8, 8], text: "sum(conv 8 3x3 | conv 9 3x3)",
      message:
        "layer 3 \"add1\" add: expected inputs of one shape, [8, 6, 6], found [9, 6, "
        + "6]: bring them to one shape first (input [8, 6, 6] and [9, 6, 6]; shapes […] "
        + "and the same […] → […])"),
    Broken(
      input: [6, 8, 8], text: "product(conv 8 3x3 | conv 8 5x5)",
      message:
        "layer 3 \"multiply1\" multiply: expected inputs of one shape, [8, 6, 6], or gates "
        + "[8, 1, 1], found [8, 4, 4]: bring them to one shape first (input [8, 6, 6] and "
        + "[8, 4, 4]; shapes [C, …] and the same [C, …] or a gate [C, 1, …] → [C, …])"),
    Broken(
      input: [6, 8, 8], text: "gate(conv 4 1x1, sigmoid)",
      message:
        "layer 3 \"multiply1\" multiply: expected inputs of one shape, [6, 8, 8], or gates "
        + "[6, 1, 1], found [4, 8, 8]: bring them to one shape first (input [6, 8, 8] and "
        + "[4, 8, 8]; shapes [C, …] and the same [C, …] or a gate [C, 1, …] → [C, …])"),
    Broken(
      input: [6, 8, 8], text: "layernorm last 9",
      message:
        "layer 1 \"ln1\" layernorm last 9: expected 1 to 3 axes of [6, 8, 8], found 9: "
        + "choose a number in that range (input [6, 8, 8]; shapes […] → […])"),
    Broken(
      input: [6, 8, 8], text: "conv3d 8 3x3x3",
      message:
        "layer 1 \"conv1\" conv3d 8 3x3x3: expected [C, D, H, W], found [6, 8, 8]: give "
        + "it a volume (input [6, 8, 8]; shapes [C, D, H, W] → [8, D − 2, H − 2, W − 2])"),
    Broken(
      input: [1 << 20, 1, 1, 1],
      text: "conv3d 1 65536x65536x65536 stride 65536x65536x65536 padding 65536x65536x65536",
      message:
        "layer 1 \"conv1\" conv3d 1 65536x65536x65536 stride 65536 padding 65536: expected a weight "
        + "of at most 2147483648 elements, found [1, 1048576, 65536, 65536]: use a "
        + "smaller kernel, fewer channels or more groups (input [1048576, 1, 1, 1]; shapes [C, "
        + "D, H, W] → [1, ⌊(D + 65536) / 65536⌋ + 1, ⌊(H + 65536) / 65536⌋ + 1, ⌊(W + 65536) / "
        + "65536⌋ + 1])"),
    Broken(
      input: [6, 8, 8], text: "conv1d 8 3",
      message:
        "layer 1 \"conv1\" conv1d 8 3: expected [C, L], found [6, 8, 8]: give it a "
        + "sequence (input [6, 8, 8]; shapes [C, L] → [8, L − 2])"),
    Broken(
      input: [6, 8, 8], text: "radial 3 gaussian 1",
      message:
        "layer 1 \"radial1\" radial 3 gaussian 1: expected [features], found [6, 8, 8]: "
        + "put Flatten() before it (input [6, 8, 8]; shapes [N] → [3])"),
  ]
}
