#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Double {
  /// The number with a fixed number of digits after the point: "0.25".
  package func fixed(_ digits: Int) -> String { text("%.\(digits)f") }

  /// The number with so many digits that count: "0.0032", "1.2e-05".
  package func significant(_ digits: Int) -> String { text("%.\(digits)g") }

  private func text(_ format: String) -> String {
    guard !isNaN else { return "nan" }
    // The largest number has 309 digits before the point.
    return withVaList([self]) { arguments in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        vsnprintf(start, buffer.count, format, arguments)
        return String(cString: start)
      }
    }
  }
}
