import Foundation
import Striate
import StriateData
import StriateExplain

/// A model file that the page shows.
package struct ServedModel: Sendable {
  /// The file's name without its folder.
  package let name: String
  package let network: Network

  package init(name: String, network: Network) { (self.name, self.network) = (name, network) }
}

/// The page and what stands behind it: models, data, one training.
package final class PageServer: Sendable {
  let models: [(name: String, seen: SeenNetwork)]
  let data: [ServedData]
  let training = TrainingSession()
  private let lessons = Lessons()
  private let slots = ComputeSlots(2, patience: 15)
  private let http: OnceWritten<HTTPServer>

  package var port: UInt16 { http.value?.port ?? 0 }

  /// Listens from now on. Throws where it cannot, or where a model is no classifier of pictures.
  package init(
    host: String, port: UInt16, models: [ServedModel], data: [ServedData],
    limits: HTTPServer.Limits = HTTPServer.Limits()
  ) throws {
    self.models = try models.map { ($0.name, try SeenNetwork($0.network, name: $0.name)) }
    self.data = data
    http = OnceWritten()
    http.value = try HTTPServer(host: host, port: port, limits: limits) { [weak self] request in
      guard let self else { throw Refusal(503, "server: expected to run, found it stopping") }
      return try answer(request)
    }
  }

  /// Ends the training after its step, all streams and all connections.
  package func stop() {
    training.close()
    http.value?.stop()
  }

  /// Something that is set once, before anybody else sees it.
  private final class OnceWritten<Value: Sendable>: @unchecked Sendable {
    var value: Value?
  }

  // MARK: Answers

  private typealias Route = @Sendable (PageServer, Request) throws -> Response

  private static let routes: [String: [String: Route]] = [
    "/api/start": ["GET": { server, _ in .json(server.start()) }],
    "/api/see": ["POST": { server, request in try server.see(request) }],
    "/api/trace": ["POST": { try $0.trace($1) }],
    "/api/why": ["POST": { try $0.why($1) }],
    "/api/parameters": ["GET": { server, request in try server.parameters(request) }],
    "/api/network": ["POST": { server, request in try server.check(request) }],
    "/api/lessons": ["GET": { _, _ in .json(Lesson.listJSON) }],
    "/api/lesson": ["GET": { server, request in try server.lesson(request) }],
    "/api/lesson/check": ["POST": { try $0.checkAnswer($1) }],
    "/api/training": [
      "GET": { server, _ in .json(server.training.news()) },
      "POST": { server, request in try server.startTraining(request) },
    ],
    "/api/training/events": [
      "GET": { server, _ in Response(events: TrainingNews(server.training)) }
    ],
    "/api/training/pace": ["POST": { try $0.setPace($1) }],
    "/api/model": ["GET": { try $0.describe($1) }],
    "/api/picture": ["GET": { try $0.picture($1) }],
    "/api/training/resume": ["POST": { try $0.command(.resume, $1) }],
    "/api/training/pause": ["POST": { try $0.command(.pause, $1) }],
    "/api/training/step": ["POST": { try $0.command(.step, $1) }],
    "/api/training/stop": ["POST": { try $0.command(.stop, $1) }],
    "/api/training/confusion": ["GET": { server, _ in try server.confusion() }],
    "/api/training/pictures": ["GET": { try $0.pictures($1) }],
    "/api/training/model": ["GET": { server, _ in try server.modelFile() }],
  ]

  private func answer(_ request: Request) throws -> Response {
    if let file = PageFiles.all[request.path] {
      try allow(["GET"], request)
      return Response(type: file.type, bytes: file.bytes)
    }
    guard let route = Self.routes[request.path] else {
      throw Refusal(
        404, "path: expected one of this page, found \"\(request.path.prefix(80))\"")
    }
    try allow(route.keys.sorted(), request)
    guard let answer = route[request.method] else { throw Refusal(405, "method") }
    return try answer(self, request)
  }

  private func allow(_ methods: [String], _ request: Request) throws {
    guard !methods.contains(request.method) else { return }
    var refusal = Refusal(
      405,
      "\(request.path): expected \(methods.joined(separator: " or ")), found "
        + "\(request.method.prefix(20))")
    refusal.allowed = methods
    throw refusal
  }

  /// The model that a request names: one given at start by its number, or `training`.
  func model(_ request: Request) throws -> SeenNetwork {
    let name = request.query["model"] ?? "0"
    if name == "training" { return try training.network() }
    guard let index = Int(name), models.indices.contains(index) else {
      throw Refusal(
        404, "model \"\(name.prefix(40))\": expected training or a number below \(models.count)")
    }
    return models[index].seen
  }

  func data(named name: String) throws -> ServedData {
    guard let found = data.first(where: { $0.name == name }) else {
      throw Refusal(
        404,
        "data \"\(name.prefix(40))\": expected one of \(data.map(\.name).joined(separator: ", "))")
    }
    return found
  }

  /// Reads a body of JSON. Throws `Refusal` where it is none of its form.
  func decode<Value: Decodable>(_ type: Value.Type, _ request: Request) throws -> Value {
    guard request.body.count <= 1 << 18 else {
      throw Refusal(413, "body: expected at most \(1 << 18) bytes of JSON")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(request.body))
    } catch {
      throw Refusal(400, "body: expected JSON of its form, found another: \(error.inOneLine)")
    }
  }

  private func lesson(_ request: Request) throws -> Response {
    try slots.run { try lessons.tell(request) }
  }

  private func checkAnswer(_ request: Request) throws -> Response {
    let answer = try decode(Lessons.Answer.self, request)
    return try slots.run { try lessons.check(answer) }
  }

  func trace(_ request: Request) throws -> Response {
    let model = try model(request)
    return try slots.run { try Looking(request, model).origin(request) }
  }

  func why(_ request: Request) throws -> Response {
    let model = try model(request)
    return try slots.run { try Looking(request, model).attributions(request) }
  }

  func see(_ request: Request) throws -> Response {
    let model = try model(request)
    return try slots.run { try Looking(request, model).answer(request) }
  }
}

extension Error {
  /// What a decoder says about its input, in one line.
  fileprivate var inOneLine: String {
    guard let error = self as? DecodingError else { return "\(self)" }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return (path.isEmpty ? "" : "at \(path): ") + context.debugDescription
    @unknown default: return "\(error)"
    }
  }
}
