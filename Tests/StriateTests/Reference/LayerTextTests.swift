import Striate
import Testing

/// How layers are written, and what they say when they refuse a shape.
@Suite struct LayerTextTests {
  @Test(
    arguments: [
      (Conv1D(filters: 8, kernel: 5), "conv1d 8 5", "conv"),
      (
        Conv1D(
          filters: 8, kernel: 5, stride: 2, padding: 1, dilation: 3, groups: 4, bias: .untied),
        "conv1d 8 5 stride 2 padding 1 dilation 3 groups 4 bias untied", "conv"
      ),
      (
        Conv2D(filters: 8, kernel: 3, padding: .same, paddingMode: .reflect),
        "conv 8 3x3 padding same padding-mode reflect", "conv"
      ),
      (
        Conv1D(filters: 8, kernel: 3, padding: Padding(left: 2, right: 0)),
        "conv1d 8 3 padding 2,0", "conv"
      ),
      (DepthwiseConv2D(kernel: 3, multiplier: 2), "depthwise 3x3 multiplier 2", "conv"),
      (Conv3D(filters: 8, kernel: 3, padding: 1), "conv3d 8 3x3x3 padding 1", "conv"),
      (
        ConvTranspose2D(filters: 8, kernel: 3, stride: 2, outputPadding: 1),
        "conv-transpose 8 3x3 stride 2 output-padding 1", "convtranspose"
      ),
      (GroupNorm(4), "groupnorm 4", "gn"),
      (InstanceNorm2D(affine: true), "instancenorm affine yes", "in"),
      (LayerNorm(), "layernorm", "ln"),
      (LayerNorm(.channels, epsilon: 1e-6), "layernorm channels epsilon 1e-06", "ln"),
      (LayerNorm(.last(2), affine: false), "layernorm last 2 affine none", "ln"),
      (MaxPool2D(2), "maxpool 2", "maxpool"),
      (MaxPool2D(3, stride: 2), "maxpool 3x3 stride 2", "maxpool"),
      (AveragePool2D(2, stride: 1), "avgpool 2x2 stride 1", "avgpool"),
      (L2Pool2D(Extent(2, 3)), "l2pool 2x3", "l2pool"),
      (Dense(10), "dense 10", "fc"),
      (Dense(10, bias: false), "dense 10 bias none", "fc"),
      (Flatten(), "flatten", "flatten"),
      (Identity(), "identity", "identity"),
      (Step(), "step", "step"),
      (ReLU(), "relu", "relu"),
      (LeakyReLU(0.01), "leaky-relu 0.01", "leakyrelu"),
      (Sigmoid(), "sigmoid", "sigmoid"),
      (Tanh(), "tanh", "tanh"),
      (Arctan(), "arctan", "arctan"),
      (Softplus(), "softplus", "softplus"),
      (Gaussian(), "gaussian 0 1", "gaussian"),
      (Multiquadratic(), "multiquadratic 0 1", "multiquadratic"),
      (
        InverseMultiquadratic(centre: -0.5), "inverse-multiquadratic -0.5 1",
        "inversemultiquadratic"
      ),
      (Softmax(), "softmax", "softmax"),
      (Maxout(2), "maxout 2", "maxout"),
      (Fold(.mean, pieces: 2), "meanout 2", "meanout"),
      (RadialBasis(units: 16, function: .gaussian(width: 1)), "radial 16 gaussian 1", "radial"),
      (MaxPool2D(3, stride: 2, padding: 1), "maxpool 3x3 stride 2 padding 1", "maxpool"),
      (
        MaxPool2D(2, padding: 1, dilation: 2, ceilMode: true),
        "maxpool 2 padding 1 dilation 2 ceil", "maxpool"
      ),
      (
        AveragePool2D(3, stride: 2, padding: 1, countsPadding: false),
        "avgpool 3x3 stride 2 padding 1 exclude-padding", "avgpool"
      ),
      (LpPool2D(power: 2, 2), "l2pool 2", "l2pool"),
      (LpPool2D(power: 3, 2, ceilMode: true), "lppool 3 2 ceil", "lppool"),
      (MaxUnpool2D(2), "maxunpool 2", "maxunpool"),
      (GlobalAveragePool2D(), "globalavgpool", "avgpool"),
      (AdaptiveMaxPool2D(Extent(2, 3)), "adaptivemaxpool 2x3", "maxpool"),
      (
        Upsample2D(size: 7, mode: .bilinear(alignsCorners: true)),
        "upsample size 7 bilinear align-corners", "upsample"
      ),
      (PixelShuffle(2), "pixelshuffle 2", "pixelshuffle"),
      (PixelUnshuffle(2), "pixelunshuffle 2", "pixelunshuffle"),
      (Pad2D(1, mode: .reflect), "pad 1 reflect", "pad"),
      (LocalResponseNorm(size: 5, k: 2), "lrn 5 k 2", "lrn"),
      (PReLU(perChannel: true), "prelu per-channel", "prelu"),
      (LogSoftmax(), "log-softmax", "logsoftmax"),
      (HardTanh(lowest: -2, highest: 2), "hard-tanh -2 2", "hardtanh"),
      (ReLU6(), "relu6", "relu6"),
      (Threshold(0.5, value: -1), "threshold 0.5 -1", "threshold"),
      (Exponential(), "exp", "exp"),
      (Affine(scale: 0.5, shift: -1), "affine 0.5 -1", "affine"),
      (Power(1.5), "power 1.5", "power"),
      (Reshape([3, 4]), "reshape 3x4", "reshape"),
      (Transpose([1, 0]), "transpose 1x0", "transpose"),
      (Slice(axis: 1, start: 2, count: 3, step: -1), "slice 1 2 3 back 1", "slice"),
      (LearnedTensor([4, 1]), "learned 4x1", "learned"),
      (ArgMax(), "argmax", "argmax"),
      (MatMul(), "matmul", "matmul"),
      (Add(), "add", "add"),
      (Multiply(), "multiply", "multiply"),
    ] as [(any Layer, String, String)])
  func aLayerIsWrittenAsInANetworkText(_ layer: any Layer, text: String, stem: String) {
    #expect(layer.text == text)
    #expect(layer.stem == stem)
  }

  @Test(
    arguments: [
      (
        Dense(128), [[2, 20, 20]], "expected [features], found [2, 20, 20]: put Flatten() before it"
      ),
      (Dense(0), [[4]], "expected 1 to 2147483648 outputs, found 0: choose a number in that range"),
      (Dense(4), [[3], [3]], "expected one input, found 2: combine them with Add() first"),
      (
        Conv1D(filters: 2, kernel: 3), [[1, 8, 8]],
        "expected [C, L], found [1, 8, 8]: give it a sequence"
      ),
      (
        Conv1D(filters: 2, kernel: 9), [[1, 8]],
        "expected an image of at least 1x9, found 1x8: use a smaller kernel or more padding"
      ),
      (
        Conv1D(filters: 0, kernel: 3), [[1, 8]],
        "expected 1 to 65536 filters, found 0: choose a number in that range"
      ),
      (
        Conv2D(filters: 2, kernel: 3, padding: 4, paddingMode: .reflect), [[1, 4, 9]],
        "expected at most [3, 8] pixels of padding on the axes of [4, 9] for padding-mode reflect, "
          + "found [[4, 4], [4, 4]]: use less padding or padding-mode replicate"
      ),
      (
        Conv2D(filters: 2, kernel: 3, padding: 5, paddingMode: .circular), [[1, 4, 9]],
        "expected at most [4, 9] pixels of padding on the axes of [4, 9] for padding-mode "
          + "circular, found [[5, 5], [5, 5]]: use less padding or padding-mode replicate"
      ),
      (
        DepthwiseConv2D(kernel: 3, multiplier: 0), [[4, 8, 8]],
        "expected a multiplier from 1 to 16384 for 4 channels, found 0: "
          + "choose a number in that range"
      ),
      (
        DepthwiseConv2D(kernel: 3), [[70000, 8, 8]],
        "expected at most 65536 channels, found 70000: use fewer channels"
      ),
      (
        Conv3D(filters: 2, kernel: 3), [[1, 8, 8]],
        "expected [C, D, H, W], found [1, 8, 8]: give it a volume"
      ),
      (
        Conv3D(filters: 2, kernel: Extent3D(5, 3, 3)), [[1, 4, 8, 8]],
        "expected a volume at least 5 deep, found 4: use a smaller kernel or more padding"
      ),
      (
        ConvTranspose2D(filters: 2, kernel: 3, stride: 2, outputPadding: 2), [[1, 4, 4]],
        "expected output padding smaller than the stride or the dilation, found output padding 2, "
          + "stride 2, dilation 1: choose at most 1"
      ),
      (
        ConvTranspose2D(filters: 2, kernel: 1, padding: 2), [[1, 4, 4]],
        "expected padding that leaves an output, found an output of 0: use less padding"
      ),
      (
        ConvTranspose2D(filters: 3, kernel: 3, groups: 2), [[4, 4, 4]],
        "expected groups that divide 4 input channels and 3 filters, found groups 2: "
          + "choose a common divisor"
      ),
      (
        GroupNorm(4), [[6, 2, 2]],
        "expected a number of groups that divides 6 channels, found 4: choose a divisor"
      ),
      (
        GroupNorm(6), [[6]],
        "expected at least two numbers that are normalised together, found one: "
          + "normalise more together, or leave the layer out"
      ),
      (
        InstanceNorm2D(epsilon: 0), [[6, 2, 2]],
        "expected an epsilon from 1e-12 to 1, found 0: choose a number in that range"
      ),
      (InstanceNorm2D(), [[6]], "expected [C, H, W], found [6]: give it an image"),
      (
        LayerNorm(.last(4)), [[6, 2, 2]],
        "expected 1 to 3 axes of [6, 2, 2], found 4: choose a number in that range"
      ),
      (MaxPool2D(2), [[8, 8]], "expected [C, H, W], found [8, 8]: give it an image"),
      (
        AveragePool2D(5), [[1, 4, 9]],
        "expected an image of at least 5x5, found 4x9: use a smaller kernel or more padding"
      ),
      (
        L2Pool2D(2, stride: 0), [[1, 4, 4]],
        "expected kernel, stride and dilation from 1 to 65536, "
          + "found kernel 2, stride 0, dilation 1: choose numbers in that range"
      ),
      (
        Maxout(4), [[6, 2, 2]],
        "expected a number of pieces that divides 6 channels, found 4: choose a divisor"
      ),
      (
        Maxout(0), [[6]],
        "expected a number of pieces that divides 6 channels, found 0: choose a divisor"
      ),
      (LeakyReLU(.nan), [[3]], "expected finite constants, found [nan]: choose numbers"),
      (
        Gaussian(width: 0), [[3]],
        "expected a positive width or offset, from 1e-12 to 1e12, found 0: "
          + "choose a number in that range"
      ),
      (
        RadialBasis(units: 2, function: .multiquadratic(offset: -1)), [[3]],
        "expected a positive width or offset, from 1e-12 to 1e12, found -1: "
          + "choose a number in that range"
      ),
      (
        RadialBasis(units: 2, function: .gaussian(width: 1)), [[1, 3, 3]],
        "expected [features], found [1, 3, 3]: put Flatten() before it"
      ),
      (Add(), [[3]], "expected at least two inputs, found 1: give it two values or more"),
      (
        Multiply(), [[3], [4]],
        "expected inputs of one shape, [3], found [4]: bring them to one shape first"
      ),
      (
        MatMul(), [[3, 4], [3, 4]],
        "expected matrices […, I, K] and […, K, J], found [3, 4] and [3, 4]: "
          + "bring them to such shapes with Reshape() and Transpose() first"
      ),
      (MatMul(), [[3, 4]], "expected two inputs, found 1: give it two matrices"),
      (Softmax(), [[3], [3]], "expected one input, found 2: combine them with Add() first"),
      (
        MaxPool2D(5, stride: 2, padding: 1, ceilMode: true), [[1, 1, 4]],
        "expected an image of at least 4x4, found 3x6: use a smaller kernel or more padding"
      ),
      (
        MaxPool2D(2, stride: 1, padding: 2), [[1, 3, 3]],
        "expected windows that each hold a pixel of the image, found an image of 3x3 and windows "
          + "2x2 stride 1 padding 2: use less padding or less dilation"
      ),
      (
        MaxPool2D(2, stride: 1, padding: 2, dilation: 4), [[1, 2, 2]],
        "expected windows that each hold a pixel of the image, found an image of 2x2 and windows "
          + "2x2 stride 1 padding 2 dilation 4: use less padding or less dilation"
      ),
      (
        AveragePool2D(2, padding: Padding(top: 0, left: 0, bottom: 2, right: 0)), [[1, 4, 4]],
        "expected windows that each hold a pixel of the image, found an image of 4x4 and windows "
          + "2 padding 0,0,2,0: use less padding or less dilation"
      ),
      (
        MaxPool2D(2, padding: -1), [[1, 4, 4]],
        "expected padding from 0 to 65536, found padding [-1, -1, -1, -1]: "
          + "choose numbers in that range"
      ),
      (
        MaxPool2D(2, stride: Extent(.max, .max), ceilMode: true), [[1, 4, 4]],
        "expected kernel, stride and dilation from 1 to 65536, found kernel 2, stride "
          + "9223372036854775807, dilation 1: choose numbers in that range"
      ),
      (
        LpPool2D(power: 0.5, 2), [[1, 4, 4]],
        "expected a power from 1 to 64, found 0.5: choose a number in that range, or maxpool for "
          + "the largest pixel"
      ),
      (
        AdaptiveAveragePool2D(0), [[1, 4, 4]],
        "expected an output size from 1 to 65536, found 0: choose numbers in that range"
      ),
      (
        GlobalAveragePool2D(), [[4]],
        "expected [C, H, W], found [4]: give it an image"
      ),
      (
        MaxUnpool2D(2), [[1, 2, 2]],
        "expected two inputs, found 1: give it the pooled value and what the pooling was given"
      ),
      (
        MaxUnpool2D(2), [[1, 3, 2], [1, 4, 4]],
        "expected [1, 2, 2], what maxpool 2 gives for [1, 4, 4], found [1, 3, 2]: "
          + "use the window of the pooling"
      ),
      (
        Upsample2D(0), [[1, 4, 4]],
        "expected a factor or a size from 1 to 65536, found 0: choose numbers in that range"
      ),
      (
        PixelShuffle(2), [[6, 4, 4]],
        "expected a factor whose square divides 6 channels, found 2: choose another factor or "
          + "number of channels"
      ),
      (
        PixelUnshuffle(2), [[6, 4, 5]],
        "expected a factor that divides 4 rows and 5 columns, found 2: choose another factor, or "
          + "put Pad2D before it"
      ),
      (
        Pad2D(3, mode: .reflect), [[1, 3, 8]],
        "expected at most [2, 7] pixels of padding on the axes of [3, 8] for padding-mode reflect, "
          + "found [[3, 3], [3, 3]]: use less padding or padding-mode replicate"
      ),
      (
        Pad2D(-1), [[1, 3, 8]],
        "expected padding from 0 to 65536, found padding [-1, -1, -1, -1]: "
          + "choose numbers in that range"
      ),
      (
        Pad2D(1, constant: 1e300), [[1, 3, 8]],
        "expected a finite constant, found 1e+300: choose a number"
      ),
      (
        LocalResponseNorm(size: 0), [[3]],
        "expected 1 to 65536 channels in a window, found 0: choose a number in that range"
      ),
      (
        LocalResponseNorm(size: 5, k: 0), [[3]],
        "expected k from 1e-12 to 1e12, alpha from 0 to 1e12, beta from 0 to 16, "
          + "found k 0, alpha 0.0001, beta 0.75: choose numbers in that range"
      ),
      (
        CELU(0), [[3]],
        "expected a positive alpha, from 1e-12 to 1e12, found 0: choose a number in that range"
      ),
      (
        HardTanh(lowest: 1, highest: 1), [[3]],
        "expected a lowest number below the highest, found 1 and 1: exchange them"
      ),
      (
        Softshrink(-1), [[3]],
        "expected a number that is not negative, found -1: choose 0 or more"
      ),
    ] as [(any Layer, [[Int]], String)])
  func aLayerSaysWhatItExpectedAndWhatToDo(
    _ layer: any Layer, shapes: [[Int]], message: String
  ) throws {
    let error = try #require(throws: ShapeMismatch.self) {
      try layer.outputShape(of: shapes)
    }
    #expect("expected \(error.expected), found \(error.found): \(error.advice)" == message)
  }

  @Test func aNetworkNamesTheLayerThatRefused() throws {
    let error = try #require(throws: InvalidNetwork.self) {
      try Network(input: [1, 24, 24], seed: 0) {
        Conv2D(filters: 2, kernel: 5)
        ReLU()
        Dense(128)
      }
    }
    #expect(
      error.description == """
        layer 3 "fc1" dense 128: expected [features], found [2, 20, 20]: put Flatten() before it \
        (input [2, 20, 20]; shapes [N] → [128])
        """)
  }
}
