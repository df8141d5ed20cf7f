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
