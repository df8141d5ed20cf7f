import Foundation
import Striate
import StriateData
import StriateServer

extension Command {
  static let serve = Command(
    name: "serve",
    summary: "Show networks at work, and train them, on a page of this machine.",
    usage: ["[--model FILE]… [--data NAME]… [options]"],
    details: """
      The page draws, trains and looks into networks: feature maps of every layer, every number with where
      it came from, curves, filters and mistakes. Everything is part of the program; nothing is loaded
      from elsewhere, and no other machine can reach it unless --host says so.
      Its address is printed on standard output. Data are digits, which this program draws, mnist where it
      is found, and what --data names. Ctrl-C ends it after the step under way.
      """,
    options: [
      Option("model", "FILE", "a model file to look into; may be given several times"),
      Option(
        "data", "NAME", "a data set or a folder of pictures to train on; several times as well"),
      Option("port", "N", "where to listen, 0 for any free port (\(Serving.usualPort))"),
      Option("host", "ADDRESS", "the address to listen on (127.0.0.1: this machine alone)"),
      .json, .quiet,
    ],
    examples: [
      "striate serve",
      "striate serve --model digits.safetensors --port 0",
      "striate serve --model photos.safetensors --data my-photos",
    ],
    operands: ("no words", 0...0),
    run: { try Serving($0).run() })
}

/// One run of `striate serve`.
private struct Serving {
  static let usualPort = 8642

  let arguments: Arguments
  let host: String
  let server: PageServer

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    host = try arguments.text("host") ?? "127.0.0.1"
    let port = try arguments.integer("port", in: 0...65_535) ?? Self.usualPort
    let models = try arguments.all("model").map { path in
      ServedModel(
        name: URL(filePath: path).lastPathComponent,
        network: try ModelFile.network(contentsOf: path))
    }
    server = try PageServer(
      host: host, port: UInt16(port), models: models, data: try Self.data(arguments.all("data")))
  }

  /// The built-in digits, MNIST where it lies on this machine, and what was asked for.
  private static func data(_ asked: [String]) throws -> [ServedData] {
    var names = ["digits"]
    if NamedDataset.mnist.location() != nil { names.append("mnist") }
    for name in asked where !names.contains(name) { names.append(name) }
    return try names.map { name in
      guard let arguments = try Arguments([name], for: choosing) else {
        throw Usage.Mistake("option --data: expected a name, found \"\(name.prefix(40))\"")
      }
      let source = try DataSource(arguments)
      return ServedData(
        name: name, imageShape: source.imageShape, classNames: source.classNames
      ) {
        let loaded = try source.load(classes: nil, limit: nil, quiet: true)
        if let test = loaded.test ?? loaded.validation { return (loaded.training, test) }
        let parts = try loaded.training.split(validation: 0.1, seed: 0)
        return (parts.training, parts.validation)
      }
    }
  }

  /// How a data source reads its own words.
  private static let choosing = Command(
    name: "serve", summary: "", usage: [""], details: "",
    options: DataSource.options + [.threads], examples: [], operands: ("DATA", 1...1),
    run: { _ in .success })

  func run() throws -> ExitStatus {
    Interrupt.watch()
    let name =
      host.contains(":" as Character) ? "[\(host)]" : host == "0.0.0.0" ? "127.0.0.1" : host
    let address = "http://\(name):\(server.port)/"
    if arguments.has("json") {
      Console.output("{\"address\":\"\(address)\",\"port\":\(server.port)}")
    } else {
      Console.output(address)
    }
    if !arguments.has("quiet") { Console.error("open \(address) in a browser; Ctrl-C ends it") }
    while !Interrupt.isRequested { usleep(50_000) }
    server.stop()
    return Interrupt.status
  }
}
