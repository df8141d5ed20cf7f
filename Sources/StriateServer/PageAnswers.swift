import Foundation
import Striate
import StriateExplain

/// What the page asks for besides pictures.
extension PageServer {
  /// What there is: models, data, optimizers and networks with a name.
  func start() -> JSON {
    .object([
      (
        "models",
        .array(
          models.enumerated().map { index, model in
            .object([
              ("id", .string("\(index)")), ("name", .string(model.name)),
              ("shape", .integers(model.seen.entrance.shape)),
              ("classes", .strings(model.seen.classNames)),
              ("finds_digit", .bool(model.seen.entrance.findsDigit)),
              ("parameters", .integer(model.seen.network.parameterCount)),
            ])
          })
      ),
      (
        "data",
        .array(
          data.map {
            .object([
              ("name", .string($0.name)), ("shape", .integers($0.imageShape)),
              ("classes", .strings($0.classNames)),
            ])
          })
      ),
      ("optimizers", .strings(optimizerNames)),
      ("presets", .array(Self.presets)),
    ])
  }

  /// The named models: as text where a text says all of it, else by name.
  private static let presets: [JSON] = NamedModel.all.map { model in
    let layers = (try? model.summary())?.rows.map(\.layer) ?? []
    let text = layers.joined(separator: ", ")
    let read = (try? Network.blocks(text: text)).flatMap {
      try? NetworkSummary(input: model.input, layers: $0)
    }
    let isWhole = read?.rows == (try? model.summary())?.rows
    return .object([
      ("name", .string(model.name)), ("summary", .string(model.summary)),
      ("input", .integers(model.input)), ("text", .string(isWhole ? text : model.name)),
      ("optimizer", .string(model.optimizer.name)),
      ("rate", .number(model.optimizer.learningRate)), ("batch", .integer(model.batchSize)),
    ])
  }

  /// An array that a model has learned.
  func parameters(_ request: Request) throws -> Response {
    let seen = try model(request)
    let name = request.query["name"] ?? ""
    guard let parameter = seen.network.parameters.first(where: { $0.name == name }) else {
      throw Refusal(404, "parameter \"\(name.prefix(80))\": expected one of the model")
    }
    guard parameter.tensor.count <= 2_000_000 else {
      throw Refusal(
        422, "parameter \(name): expected at most 2000000 numbers, found \(parameter.tensor.count)")
    }
    return Frame(
      header: [("name", .string(name)), ("shape", .integers(parameter.tensor.shape))],
      floats: parameter.tensor.scalars
    ).response
  }

  /// The arrays that a model has learned, by name.
  func describe(_ request: Request) throws -> Response {
    let network = try model(request).network
    return .json(
      .object([
        (
          "parameters",
          .array(
            network.parameters.map {
              .object([
                ("name", .string($0.name)), ("shape", .integers($0.tensor.shape)),
                ("count", .integer($0.tensor.count)), ("is_learned", .bool($0.isLearned)),
              ])
            })
        )
      ]))
  }

  /// A picture of a data set that no training sees; numbers beyond the last begin again.
  func picture(_ request: Request) throws -> Response {
    let data = try data(named: request.query["data"] ?? "")
    guard let number = request.query["index"].flatMap({ Int($0) }), number >= 0 else {
      throw Refusal(422, "index: expected a whole number of at least 0")
    }
    let test = try data.images().test
    let index = number % max(1, test.count)
    return Frame(
      header: [
        ("shape", .integers(data.imageShape)), ("index", .integer(index)),
        ("label", .integer(test.labels[index])),
        ("class", .string(test.classNames[test.labels[index]])),
      ], bytes: try test.bytes(at: index)
    ).response
  }

  private struct NetworkRequest: Decodable {
    var data: String
    var text: String
  }

  /// What a network in the editor is made of, or where its text is wrong.
  func check(_ request: Request) throws -> Response {
    let asked = try decode(NetworkRequest.self, request)
    let data = try data(named: asked.data)
    return .json(
      NetworkDescription(
        text: asked.text, input: data.imageShape, classes: data.classNames.count
      ).answer())
  }

  // MARK: Training

  private struct Pace: Decodable {
    var steps: Double?
  }

  /// How many steps a second there are at most.
  func setPace(_ request: Request) throws -> Response {
    let pace = try decode(Pace.self, request).steps
    try TrainingSetting.check(pace: pace)
    training.change { $0.pace = pace }
    return .json(training.news())
  }

  func startTraining(_ request: Request) throws -> Response {
    let setting = try decode(TrainingSetting.self, request)
    try training.start(setting, on: data(named: setting.data))
    return .json(training.news())
  }

  func command(_ command: TrainingSession.Command, _ request: Request) throws -> Response {
    try training.obey(command)
    return .json(training.news())
  }

  /// How many test images of each class were taken for each.
  func confusion() throws -> Response {
    let (evaluation, data) = try training.lastEvaluation()
    return .json(
      .object([
        ("classes", .strings(data.classNames)), ("step", .integer(evaluation.step)),
        ("images", .integer(evaluation.images.count)),
        ("accuracy", .number(evaluation.accuracy)),
        ("matrix", .array(evaluation.confusion.map { .integers($0) })),
      ]))
  }

  /// Pictures that one answer holds.
  private static let mostPictures = 60

  /// Test images of a class that were taken for another.
  func pictures(_ request: Request) throws -> Response {
    let (evaluation, data) = try training.lastEvaluation()
    let numbers = try ["truth", "prediction"].map { name in
      guard let number = request.query[name].flatMap({ Int($0) }),
        data.classNames.indices.contains(number)
      else {
        throw Refusal(
          422,
          "\(name): expected a class from 0 to \(data.classNames.count - 1), found "
            + "\"\((request.query[name] ?? "").prefix(40))\"")
      }
      return number
    }
    let found = evaluation.images.indices.filter {
      evaluation.labels[$0] == numbers[0] && evaluation.predictions[$0] == numbers[1]
    }
    let test = try data.images().test
    let shown = found.prefix(Self.mostPictures).map { evaluation.images[$0] }
    let bytes = try shown.flatMap { try test.bytes(at: $0) }
    return Frame(
      header: [
        ("shape", .integers(data.imageShape)), ("images", .integers(shown)),
        ("count", .integer(found.count)), ("truth", .string(data.classNames[numbers[0]])),
        ("prediction", .string(data.classNames[numbers[1]])),
      ], bytes: bytes
    ).response
  }

  /// What has been learned, as a model file.
  func modelFile() throws -> Response {
    let network = try training.network().network
    var response = Response(
      type: "application/octet-stream", bytes: try network.modelFileBytes())
    response.headers.append(
      ("Content-Disposition", "attachment; filename=\"trained.safetensors\""))
    return response
  }
}

extension Dataset {
  /// An image [C, H, W] as bytes.
  fileprivate func bytes(at index: Int) throws -> [UInt8] {
    try image(at: index).scalars.map { UInt8(min(max($0 * 255 + 0.5, 0), 255)) }
  }
}
