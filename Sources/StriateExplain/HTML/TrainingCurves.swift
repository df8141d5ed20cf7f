import Striate

/// The curves of a training: loss, accuracy and learning rate over the epochs.
struct TrainingCurves {
  let history: TrainingHistory

  /// The diagrams and their numbers; nil where no epoch has ended.
  var html: String? {
    let epochs = history.epochs
    guard !epochs.isEmpty else { return nil }
    func line(_ name: String, _ value: (TrainingHistory.Epoch) -> Double?) -> LineChart.Line? {
      LineChart.Line(name, epochs.map { (x: Double($0.number), y: value($0)) })
    }
    let charts = [
      LineChart(
        id: "loss-curve", title: "Loss",
        lines: [line("training") { $0.loss }, line("validation") { $0.validationLoss }]
          .compactMap(\.self)),
      LineChart(
        id: "accuracy-curve", title: "Accuracy",
        lines: [line("training") { $0.accuracy }, line("validation") { $0.validationAccuracy }]
          .compactMap(\.self), isPercentage: true),
      LineChart(
        id: "rate-curve", title: "Learning rate",
        lines: [line("learning rate") { $0.learningRate }].compactMap(\.self), isFromZero: true),
    ].compactMap(\.html)
    return """
      <div class="charts">
      \(charts.joined(separator: "\n"))
      </div>
      <p class="note">A point is an epoch. Training images are measured before their own steps, validation \
      images after the epoch.</p>
      \(HTML.details("The epochs in numbers", table))
      """
  }

  private var table: String {
    HTML.table(
      caption: "The training, epoch by epoch",
      heads: [
        "Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy", "Learning rate",
        "Images", "Seconds",
      ],
      rows: history.epochs.map { epoch in
        [
          "\(epoch.number)", epoch.loss.fixed(4), epoch.accuracy.percentage,
          epoch.validationLoss.fixed(4), epoch.validationAccuracy.percentage,
          epoch.learningRate.map { "\($0)" } ?? "·", epoch.images.grouped, epoch.seconds.fixed(1),
        ]
      })
  }
}
