/// One page of the course: an idea of convolutional networks with its equation, figures whose numbers
/// are computed when they are drawn, and exercises that the program checks.
///
/// Source: the five documents that Documentation/Errata.md lists; each lesson names its passages.
public struct Lesson: Sendable {
  /// 1 for the first.
  public let number: Int

  /// What it is about.
  public let title: String

  /// The passages that it follows.
  public let source: String

  /// The equations, one a line.
  public let equation: [String]

  /// The explanation, one element a paragraph.
  public let text: [String]

  /// What the reader works out.
  public let exercises: [LessonExercise]

  private let draw: @Sendable (_ progress: @escaping Watcher) throws -> [LessonFigure]

  /// Called with what has been done, and of how much, and what there is to say about it.
  public typealias Watcher = (_ done: Int, _ total: Int, _ note: String) -> Void

  /// A lesson whose figures are drawn by `figures`.
  init(
    _ number: Int, _ title: String, source: String, equation: [String], text: [String],
    exercises: [LessonExercise],
    figures: @escaping @Sendable (_ progress: @escaping Watcher) throws -> [LessonFigure]
  ) {
    (self.number, self.title, self.source) = (number, title, source)
    (self.equation, self.text, self.exercises) = (equation, text, exercises)
    draw = figures
  }

  /// The figures, computed now: the last lesson trains a network for them and tells `progress` how far
  /// it is.
  ///
  /// Throws what the computations throw, such as `NotEnoughMemory`.
  public func figures(progress: @escaping Watcher = { _, _, _ in }) throws -> [LessonFigure] {
    try draw(progress)
  }
}

extension Lesson {
  /// The course, first lesson first.
  public static let all: [Lesson] = [
    .thresholdUnits, .activations, .layersOfNeurons, .losses, .descents, .chainRule,
    .convolutions, .strides, .patchMatrices, .poolings, .probabilities, .trainedNetwork,
  ]
}
