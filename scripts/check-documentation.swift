// Fails where a public declaration has no doc comment of its own and inherits none, and where the landing page of
// a module's documentation does not list one of its symbols.
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
var unlisted: [String] = []
for path in CommandLine.arguments.dropFirst() {
  guard let data = FileManager.default.contents(atPath: path),
    let graph = try? JSONDecoder().decode(SymbolGraph.self, from: data)
  else {
    print("check-documentation: \(path): expected a symbol graph, found none")
    exit(1)
  }
  count += graph.symbols.count
  for symbol in graph.symbols {
    let lines = symbol.docComment?.lines ?? []
    if lines.contains(where: { $0.text.contains { !$0.isWhitespace } }) { continue }
    let name = symbol.pathComponents.joined(separator: ".")
    undocumented.append("\(graph.module.name): \(symbol.kind.displayName) \(name)")
  }
  let module = graph.module.name
  let page = "Sources/\(module)/\(module).docc/\(module).md"
  guard FileManager.default.fileExists(atPath: page) else { continue }
  let text = (try? String(contentsOfFile: page, encoding: .utf8)) ?? ""
  for symbol in graph.symbols where symbol.pathComponents.count == 1 {
    let name = symbol.pathComponents[0]
    if !text.contains("\n- ``\(name)``\n") { unlisted.append("\(name) in \(page)") }
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
guard unlisted.isEmpty else {
  print("check-documentation: expected every public symbol under a topic, missing:")
  for name in unlisted.sorted() { print("  \(name)") }
  exit(1)
}
print("check-documentation: \(count) public symbols, all documented")
