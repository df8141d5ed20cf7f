extension ShapeMismatch: CustomStringConvertible {
  /// "expected …, found …: what to do".
  public var description: String { "expected \(expected), found \(found): \(advice)" }
}
