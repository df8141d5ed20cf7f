/// Losses of outputs that are numbers to be met.
extension Loss {
  /// The squared distance ‖t − y‖², summed over the outputs and averaged over the images.
  ///
  /// Source: seeds/000 eq 1.
  public static let meanSquaredError = squaredError(scale: 1)

  /// Half the squared distance, ½‖t − y‖², whose derivative is y − t.
  ///
  /// Source: seeds/003 §2; seeds/004, backward pass.
  public static let halfSquaredError = squaredError(scale: 0.5)

  /// A multiple of the squared distance.
  ///
  ///     E = C · Σ(k) (t[k] − y[k])²,  ∂E/∂y[k] = 2C · (y[k] − t[k])
  ///
  /// Source: seeds/003 eq 2.
  public static func squaredError(scale: Double) -> Loss { Loss(.squaredError(scale: scale)) }

  /// The distance, averaged over the n outputs.
  ///
  ///     E = 1/n · Σ(k) |y[k] − t[k]|,  ∂E/∂y[k] = 1/n · sign(y[k] − t[k]), 0 where they are equal
  ///
  /// Source: the form of torch.nn.L1Loss.
  public static let meanAbsoluteError = Loss(.absoluteError)

  /// The squared distance up to δ and a multiple of the distance beyond, averaged over the n outputs.
  ///
  ///     E = 1/n · Σ(k) h(y[k] − t[k]), h(d) = ½d² where |d| ≤ δ, else δ·(|d| − ½δ)
  ///     ∂E/∂y[k] = 1/n · d, held between −δ and δ
  ///
  /// Source: Huber 1964, doi:10.1214/aoms/1177703732; the form of torch.nn.HuberLoss.
  public static func huber(delta: Double = 1) -> Loss { Loss(.huber(delta: delta)) }

  /// The distance, rounded off where it is below β, averaged over the n outputs: `huber` divided by its
  /// width.
  ///
  ///     E = 1/n · Σ(k) h(y[k] − t[k]), h(d) = d²/2β where |d| < β, else |d| − ½β
  ///     ∂E/∂y[k] = 1/n · d/β, held between −1 and 1
  ///
  /// Source: Girshick 2015, arXiv:1504.08083, eq 3; the form of torch.nn.SmoothL1Loss.
  public static func smoothL1(beta: Double = 1) -> Loss { Loss(.smoothL1(beta: beta)) }
}
