/// Collects the blocks of a chain, with `if` and `for` where a network needs them.
@resultBuilder
public enum LayerBuilder {
  /// One layer or block.
  public static func buildExpression(_ block: any Block) -> [any Block] { [block] }

  /// Several layers or blocks.
  public static func buildExpression(_ blocks: [any Block]) -> [any Block] { blocks }

  /// Several layers.
  public static func buildExpression(_ layers: [any Layer]) -> [any Block] { layers }

  /// The blocks of a list, in order.
  public static func buildBlock(_ parts: [any Block]...) -> [any Block] { parts.flatMap { $0 } }

  /// `if` without `else`.
  public static func buildOptional(_ part: [any Block]?) -> [any Block] { part ?? [] }

  /// `if`.
  public static func buildEither(first part: [any Block]) -> [any Block] { part }

  /// `else`.
  public static func buildEither(second part: [any Block]) -> [any Block] { part }

  /// `for`.
  public static func buildArray(_ parts: [[any Block]]) -> [any Block] { parts.flatMap { $0 } }
}
