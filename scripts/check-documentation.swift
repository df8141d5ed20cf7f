// Fails where a public declaration has no doc comment of its own and inherits none.
//
//   swift scripts/check-documentation.swift MODULE.symbols.json…
//
// A symbol graph lists every public symbol with its doc comment; a witness of a protocol's requirement comes
// with the requirement's, and what the compiler synthesises with that of the standard library.
import Foundation

struct SymbolGraph: Decodable {
  struct Symbol: Decodable {
    struct Comment: Decodable {
      struct Line: Decodable { var text: String }
      var lines: [Line]
    }
    struct Kind: Decodable { var displayName: String }
    var kind: Kind
    var pathComponents: [String]
    var docComment: Comment?
  }
  struct Module: Decodable { var name: String }
  var module: Module
  var symbols: [Symbol]
}

var count = 0
var undocumented: [String] = []
for path in CommandLine.arguments.dropFirst() {
  let graph = try JSONDecoder().decode(
    SymbolGraph.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  count += graph.symbols.count
  for symbol in graph.symbols {
    let lines = symbol.docComment?.lines ?? []
    if lines.contains(where: { $0.text.contains { !$0.isWhitespace } }) { continue }
    let name = symbol.pathComponents.joined(separator: ".")
    undocumented.append("\(graph.module.name): \(symbol.kind.displayName) \(name)")
  }
}
guard count > 0 else {
  print("check-documentation: expected symbol graphs with symbols, found none")
  exit(1)
}
guard undocumented.isEmpty else {
  print("check-documentation: expected a doc comment on every public declaration, missing on:")
  for name in undocumented.sorted() { print("  \(name)") }
  exit(1)
}
print("check-documentation: \(count) public symbols, all documented")
