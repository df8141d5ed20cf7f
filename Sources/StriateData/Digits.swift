/// Data sets of handwritten digits, 28×28, white ink on black, in the manner of MNIST.
public enum Digits {
  /// The names of the ten classes: "0" to "9".
  public static let classNames = (0..<10).map { String($0) }
}
