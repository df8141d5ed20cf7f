// The activations under the names of the textbooks, for a network's list of layers.

/// y = x.
public func Identity() -> Activation { Activation(.identity) }

/// y = 1 where x > 0, otherwise 0.
public func Step() -> Activation { Activation(.step) }

/// y = 1 / (1 + e⁻ˣ).
public func Sigmoid() -> Activation { Activation(.sigmoid) }

/// The hyperbolic tangent.
public func Tanh() -> Activation { Activation(.tanh) }

/// The angle whose tangent is x.
public func Arctan() -> Activation { Activation(.arctan) }

/// y = max(0, x).
public func ReLU() -> Activation { Activation(.relu) }

/// y = x where x > 0, otherwise slope · x. Source: Maas, Hannun & Ng 2013.
public func LeakyReLU(_ slope: Double = 0.01) -> Activation {
  Activation(.leakyReLU(slope: slope))
}

/// y = log(1 + eˣ).
public func Softplus() -> Activation { Activation(.softplus) }

/// y = exp(−(x − centre)² / 2·width²).
public func Gaussian(centre: Double = 0, width: Double = 1) -> Activation {
  Activation(.gaussian(centre: centre, width: width))
}

/// y = √((x − centre)² + offset²).
public func Multiquadratic(centre: Double = 0, offset: Double = 1) -> Activation {
  Activation(.multiquadratic(centre: centre, offset: offset))
}

/// y = 1 / √((x − centre)² + offset²).
public func InverseMultiquadratic(centre: Double = 0, offset: Double = 1) -> Activation {
  Activation(.inverseMultiquadratic(centre: centre, offset: offset))
}

/// y = x where x > 0, otherwise alpha · (eˣ − 1). Source: Clevert et al. 2015, arXiv:1511.07289.
public func ELU(_ alpha: Double = 1) -> Activation { Activation(.elu(alpha: alpha)) }

/// The ELU that normalises itself. Source: Klambauer et al. 2017, arXiv:1706.02515.
public func SELU() -> Activation { Activation(.selu) }

/// y = x where x > 0, otherwise alpha · (e^(x/alpha) − 1). Source: Barron 2017, arXiv:1704.07483.
public func CELU(_ alpha: Double = 1) -> Activation { Activation(.celu(alpha: alpha)) }

/// y = x · Φ(x), Φ the normal distribution. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
public func GELU() -> Activation { Activation(.gelu) }

/// The approximation of `GELU` by a hyperbolic tangent. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
public func GELUTanh() -> Activation { Activation(.geluTanh) }

/// y = x / (1 + e⁻ˣ), also called swish. Source: Elfwing et al. 2017, arXiv:1702.03118.
public func SiLU() -> Activation { Activation(.silu) }

/// y = x · tanh(log(1 + eˣ)). Source: Misra 2019, arXiv:1908.08681.
public func Mish() -> Activation { Activation(.mish) }

/// y = x · min(max(x + 3, 0), 6) / 6. Source: Howard et al. 2019, arXiv:1905.02244.
public func HardSwish() -> Activation { Activation(.hardSwish) }

/// y = min(max(x + 3, 0), 6) / 6. Source: Howard et al. 2019, arXiv:1905.02244.
public func HardSigmoid() -> Activation { Activation(.hardSigmoid) }

/// y = min(max(x, lowest), highest).
public func HardTanh(lowest: Double = -1, highest: Double = 1) -> Activation {
  Activation(.hardTanh(lowest: lowest, highest: highest))
}

/// y = min(max(x, 0), 6). Source: Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.
public func ReLU6() -> Activation { Activation(.hardTanh(lowest: 0, highest: 6)) }

/// y = x / (1 + |x|).
public func Softsign() -> Activation { Activation(.softsign) }

/// y = −log(1 + e⁻ˣ).
public func LogSigmoid() -> Activation { Activation(.logSigmoid) }

/// x brought nearer to 0 by lambda; 0 where |x| ≤ lambda.
public func Softshrink(_ lambda: Double = 0.5) -> Activation {
  Activation(.softshrink(lambda: lambda))
}

/// x, but 0 where |x| ≤ lambda.
public func Hardshrink(_ lambda: Double = 0.5) -> Activation {
  Activation(.hardshrink(lambda: lambda))
}

/// y = x − tanh x.
public func Tanhshrink() -> Activation { Activation(.tanhshrink) }

/// y = x where x > threshold, otherwise the value.
public func Threshold(_ threshold: Double, value: Double) -> Activation {
  Activation(.threshold(threshold, value: value))
}

/// y = eˣ.
public func Exponential() -> Activation { Activation(.exponential) }

/// y = ln x.
public func Logarithm() -> Activation { Activation(.logarithm) }

/// y = √x.
public func SquareRoot() -> Activation { Activation(.squareRoot) }

/// y = |x|.
public func Absolute() -> Activation { Activation(.absolute) }

/// y = 1 / x.
public func Reciprocal() -> Activation { Activation(.reciprocal) }

/// The error function: y = 2/√π · ∫₀ˣ e^(−t²) dt.
public func ErrorFunction() -> Activation { Activation(.erf) }

/// The nearest whole number, the even one of two.
public func Round() -> Activation { Activation(.round) }

/// y = scale · x + shift, with numbers that are not learned.
public func Affine(scale: Double, shift: Double = 0) -> Activation {
  Activation(.affine(scale: scale, shift: shift))
}

/// y = x to the power of `exponent`; NaN for a negative x where the exponent is no whole number.
public func Power(_ exponent: Double) -> Activation { Activation(.power(exponent)) }
