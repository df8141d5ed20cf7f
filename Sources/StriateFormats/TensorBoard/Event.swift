/// Something that TensorBoard shows: a number, a picture, a distribution or a text at a step of a training.
///
/// Source: the messages of TensorFlow, event.proto, summary.proto and tensor.proto.
public struct Event: Sendable {
  /// What is shown.
  public enum Value: Sendable {
    /// A point of a curve.
    case scalar(Float)
    /// A PNG file with its size and its channels: 1 for grey, 3 for colour.
    case image(png: [UInt8], width: Int, height: Int, channels: Int)
    /// How numbers are distributed.
    case histogram(EventHistogram)
    /// A text, in which Markdown is allowed.
    case text(String)
    /// A message of one of TensorBoard's plugins.
    case plugin(String, content: [UInt8])
  }

  /// Under which name it is shown; what stands before a slash is the name of its group.
  public var tag: String

  /// What is shown.
  public var value: Value

  /// The steps that the training had made.
  public var step: Int

  /// Seconds since 1970.
  public var time: Double

  /// An event of a training.
  public init(_ tag: String, _ value: Value, step: Int, time: Double) {
    (self.tag, self.value, self.step, self.time) = (tag, value, step, time)
  }

  /// The bytes of the message.
  package var bytes: [UInt8] {
    var summary = ProtobufWriter()
    summary.add(1, item)
    var event = ProtobufWriter()
    event.add(1, time)
    event.add(2, step)
    event.add(5, summary)
    return event.bytes
  }

  /// The first event of a file: which version of the format it is.
  package static func version(time: Double) -> [UInt8] {
    var event = ProtobufWriter()
    event.add(1, time)
    event.add(3, "brain.Event:2")
    return event.bytes
  }

  private var item: ProtobufWriter {
    var item = ProtobufWriter()
    item.add(1, tag)
    switch value {
    case .scalar(let number): item.add(2, number)
    case .image(let png, let width, let height, let channels):
      var image = ProtobufWriter()
      image.add(1, height)
      image.add(2, width)
      image.add(3, channels)
      image.add(4, png)
      item.add(4, image)
    case .histogram(let histogram): item.add(5, histogram.message)
    case .text(let text):
      item.add(9, Self.metadata(plugin: "text"))
      item.add(8, Self.tensor(of: text))
    case .plugin(let name, let content):
      item.add(9, Self.metadata(plugin: name, content: content))
      item.add(8, Self.noTensor)
    }
    return item
  }

  /// Which part of TensorBoard shows the value.
  private static func metadata(plugin: String, content: [UInt8] = []) -> ProtobufWriter {
    var data = ProtobufWriter()
    data.add(1, plugin)
    if !content.isEmpty { data.add(2, content) }
    var metadata = ProtobufWriter()
    metadata.add(1, data)
    return metadata
  }

  /// A tensor of no Floats.
  private static var noTensor: ProtobufWriter {
    let typeOfFloats = 1
    var extent = ProtobufWriter()
    extent.add(1, 0)
    var shape = ProtobufWriter()
    shape.add(2, extent)
    var tensor = ProtobufWriter()
    tensor.add(1, typeOfFloats)
    tensor.add(2, shape)
    return tensor
  }

  /// A text as a tensor of one text.
  private static func tensor(of text: String) -> ProtobufWriter {
    let typeOfTexts = 7
    var extent = ProtobufWriter()
    extent.add(1, 1)
    var shape = ProtobufWriter()
    shape.add(2, extent)
    var tensor = ProtobufWriter()
    tensor.add(1, typeOfTexts)
    tensor.add(2, shape)
    tensor.add(8, text)
    return tensor
  }
}
