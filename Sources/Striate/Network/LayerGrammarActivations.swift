/// How activations beyond the textbooks read the words after their name.
extension LayerGrammar {
  static let moreActivations: [String: Reader] = {
    var table: [String: Reader] = [
      "elu": { ELU(try $0.number("alpha", otherwise: 1)) },
      "celu": { CELU(try $0.number("alpha", otherwise: 1)) },
      "hard-tanh": { words in
        let lowest = try words.number("the lowest output", otherwise: -1)
        return HardTanh(
          lowest: lowest, highest: try words.number("the highest output", otherwise: 1))
      },
      "softshrink": { Softshrink(try $0.number("lambda", otherwise: 0.5)) },
      "hardshrink": { Hardshrink(try $0.number("lambda", otherwise: 0.5)) },
      "threshold": { words in
        let threshold = try words.number("the threshold")
        return Threshold(threshold, value: try words.number("the value"))
      },
      "affine": { words in
        let scale = try words.number("the scale")
        return Affine(scale: scale, shift: try words.number("the shift"))
      },
      "power": { Power(try $0.number("the exponent")) },
      "prelu": { words in
        PReLU(perChannel: try words.options([], flags: ["per-channel"])["per-channel"] != nil)
      },
      "log-softmax": { _ in LogSoftmax() },
    ]
    let plain = [
      SELU(), GELU(), GELUTanh(), SiLU(), Mish(), HardSwish(), HardSigmoid(), ReLU6(), Softsign(),
      LogSigmoid(), Tanhshrink(), Exponential(), Logarithm(), SquareRoot(), Absolute(),
      Reciprocal(),
      ErrorFunction(), Round(),
    ]
    for layer in plain { table[layer.text] = { _ in layer } }
    return table
  }()
}
