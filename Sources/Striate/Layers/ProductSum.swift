/// A layer whose every output is a sum of products of an input and a weight, and of a bias where it has one.
package protocol ProductSum: Layer {
  /// Calls `body` for every product of one image with the places of output, weight and input, those of one
  /// output in the order in which the reference adds them.
  func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void)
}
