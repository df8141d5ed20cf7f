/// What a training was given, for TensorBoard's table of hyper-parameters beside the final figures.
///
/// Source: TensorBoard, plugins/hparams/plugin_data.proto and api.proto.
public struct EventHyperparameters: Sendable {
  /// A setting.
  public enum Value: Sendable, Equatable {
    /// A number.
    case number(Double)
    /// A word or a sentence.
    case text(String)
  }

  /// Each setting under its name.
  public var settings: [(name: String, value: Value)]

  /// Settings of a training.
  public init(_ settings: [(name: String, value: Value)]) { self.settings = settings }

  /// The message of a training that begins.
  var begin: ProtobufWriter {
    var info = ProtobufWriter()
    for (name, value) in settings {
      var message = ProtobufWriter()
      switch value {
      case .number(let number): message.add(2, number)
      case .text(let text): message.add(3, text)
      }
      var entry = ProtobufWriter()
      entry.add(1, name)
      entry.add(2, message)
      info.add(1, entry)
    }
    return info
  }
}

extension EventFile {
  /// Adds what a training was given; TensorBoard takes its figures from the curves of the same folder.
  ///
  /// Throws `Failure` where it cannot be written.
  public func append(_ hyperparameters: EventHyperparameters, time: Double) throws {
    var info = hyperparameters.begin
    info.add(5, time)
    try append(session: "_hparams_/session_start_info", field: 3, info, time: time)
  }

  /// Adds that the training came to its end.
  ///
  /// Throws `Failure` where it cannot be written.
  public func appendEnd(time: Double) throws {
    let success = 1
    var info = ProtobufWriter()
    info.add(1, success)
    info.add(2, time)
    try append(session: "_hparams_/session_end_info", field: 4, info, time: time)
  }

  private func append(
    session tag: String, field: Int, _ info: ProtobufWriter, time: Double
  ) throws {
    var content = ProtobufWriter()
    content.add(field, info)
    try append(Event(tag, .plugin("hparams", content: content.bytes), step: 0, time: time))
  }
}
