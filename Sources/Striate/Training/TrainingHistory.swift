/// How a training went, epoch by epoch: what its curves are drawn from. A network carries it in its model
/// file.
public struct TrainingHistory: Sendable, Equatable, Codable {
  /// One pass over the data.
  public struct Epoch: Sendable, Equatable, Codable {
    /// 1 for the first.
    public var number: Int
    /// The mean loss of the images, each before its own step.
    public var loss: Double
    /// The share of images classified rightly, each before its own step.
    public var accuracy: Double
    /// The loss on the validation data afterwards, where there are any.
    public var validationLoss: Double?
    /// The share of the validation data classified rightly afterwards.
    public var validationAccuracy: Double?
    /// The learning rate of the last step, where it is known.
    public var learningRate: Double?
    /// The time spent in training steps, in seconds.
    public var seconds: Double
    /// The images trained on.
    public var images: Int

    /// One pass over the data.
    public init(
      number: Int, loss: Double, accuracy: Double, validationLoss: Double? = nil,
      validationAccuracy: Double? = nil, learningRate: Double? = nil, seconds: Double = 0,
      images: Int = 0
    ) {
      (self.number, self.loss, self.accuracy) = (number, loss, accuracy)
      (self.validationLoss, self.validationAccuracy) = (validationLoss, validationAccuracy)
      (self.learningRate, self.seconds, self.images) = (learningRate, seconds, images)
    }

    /// What a trainer reported.
    public init(_ report: Trainer.Epoch) {
      self.init(
        number: report.number, loss: report.loss, accuracy: report.accuracy,
        validationLoss: report.validationLoss, validationAccuracy: report.validationAccuracy,
        learningRate: Double("\(report.learningRate)"), seconds: report.seconds,
        images: report.images)
    }
  }

  /// The epochs, first to last.
  public var epochs: [Epoch]

  /// A history of given epochs.
  public init(epochs: [Epoch] = []) { self.epochs = epochs }

  /// What a trainer reported.
  public init(_ reports: [Trainer.Epoch]) { epochs = reports.map { Epoch($0) } }
}
