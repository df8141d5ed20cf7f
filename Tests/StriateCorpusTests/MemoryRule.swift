/// How much memory a reader may take for an input.
enum MemoryRule {
  /// Bytes: 4 times the input, and 64 MiB.
  static func limit(inputSize: Int) -> Int { 4 * inputSize + 64 << 20 }
}
