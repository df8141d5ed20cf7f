/// Channels weighted by what the whole image says about them.
///
///     y = x · σ(W₂ · relu(W₁ · mean(x)))
///
/// W₁ and W₂ are 1×1 convolutions with bias; the first has C / reduction filters, at least one.
///
/// Shapes: x [N, C, H, W] → y [N, C, H, W].
/// Source: Hu, Shen & Sun 2018, arXiv:1709.01507, eq 2–4.
public struct SqueezeExcitation: Block {
  /// What the number of channels is divided by.
  public var reduction: Int

  /// Squeeze and excitation.
  public init(reduction: Int = 16) { self.reduction = reduction }

  public func apply(to x: Symbol) -> Symbol {
    let (fc1, fc2) = layers(of: x)
    return gate(fc1, fc2).apply(to: x)
  }

  /// The convolutions are called "name.fc1" and "name.fc2", as torchvision calls them.
  public func apply(to x: Symbol, name: String) -> Symbol {
    let (fc1, fc2) = layers(of: x)
    return x.sketch.within(name) { gate(fc1.named("fc1"), fc2.named("fc2")).apply(to: x) }
  }

  private func layers(of x: Symbol) -> (Conv2D, Conv2D) {
    let channels = x.shape?.first ?? 1
    return (
      Conv2D(filters: max(1, channels / max(1, reduction)), kernel: 1),
      Conv2D(filters: channels, kernel: 1)
    )
  }

  private func gate(_ fc1: any Block, _ fc2: any Block) -> Gate {
    Gate {
      GlobalAveragePool2D()
      fc1
      ReLU()
      fc2
      Sigmoid()
    }
  }
}
