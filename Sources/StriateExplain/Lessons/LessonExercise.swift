/// A question of a lesson, with what the program expects as its answer.
public struct LessonExercise: Sendable {
  /// What is asked.
  public let question: String

  /// How the answer is written: "2 rows of 2 numbers, such as 1 2; 3 4".
  public let form: String

  private let drawn: (@Sendable () throws -> LessonFigure)?
  private let solve: @Sendable () throws -> Solution
  private let why: String

  /// What is right.
  enum Solution: Sendable, Equatable {
    /// These numbers in this order, `columns` of them in a row; nil where they form no matrix.
    case numbers([Double], columns: Int?, tolerance: Double = 1e-9)
    /// These of the numbered choices.
    case choices(Set<Int>)
  }

  /// - Parameters:
  ///   - question: What is asked.
  ///   - form: How the answer is written.
  ///   - why: Said with every verdict: how one gets there.
  ///   - figure: What the question is about.
  ///   - solution: Computes what is right.
  init(
    _ question: String, form: String, why: String,
    figure: (@Sendable () throws -> LessonFigure)? = nil,
    solution: @escaping @Sendable () throws -> Solution
  ) {
    (self.question, self.form, self.why) = (question, form, why)
    (drawn, solve) = (figure, solution)
  }

  /// What the question is about, where it needs a figure.
  public func figure() throws -> LessonFigure? { try drawn?() }

  /// The right answer as one would write it.
  public func answer() throws -> String { try solve().text }

  /// How one gets to the right answer.
  public var explanation: String { why }

  /// Judges an answer. No text is an error: what cannot be read is wrong, and the verdict says why.
  public func check(_ answer: String) throws -> LessonVerdict {
    let solution = try solve()
    func verdict(_ mistake: String?, isReadable: Bool = true) -> LessonVerdict {
      LessonVerdict(
        isRight: mistake == nil, isReadable: isReadable, expected: solution.text, mistake: mistake,
        why: why, form: form)
    }
    do {
      return verdict(try solution.mistake(in: answer))
    } catch let unreadable as AnswerReader.Unreadable {
      return verdict("\(unreadable)", isReadable: false)
    }
  }
}

/// What the program says about an answer.
public struct LessonVerdict: Sendable, Equatable {
  /// Whether the answer is right.
  public let isRight: Bool

  /// Whether the answer could be read at all; where it could not, it is not right.
  public let isReadable: Bool

  /// The right answer as one would write it.
  public let expected: String

  /// What is wrong about the answer; nil where it is right.
  public let mistake: String?

  /// How one gets to the right answer.
  public let why: String

  /// How an answer is written.
  let form: String

  /// The verdict as sentences; the right answer is not among them where there was none to judge.
  public var text: String {
    guard let mistake else { return "Right: \(expected). \(why)" }
    guard isReadable else { return "Cannot be read: \(mistake). Write \(form)." }
    return "Not right: \(mistake). Expected \(expected). \(why)"
  }
}

extension LessonExercise.Solution {
  /// "[1 0 1 12; 0 0 0 6]", "−12, 5", "1 and 3".
  var text: String {
    switch self {
    case .numbers(let values, nil, _): return values.map { $0.plain }.joined(separator: ", ")
    case .numbers(let values, let columns?, _):
      let rows = stride(from: 0, to: values.count, by: columns).map { start in
        values[start..<min(start + columns, values.count)].map { $0.plain }.joined(separator: " ")
      }
      return "[" + rows.joined(separator: "; ") + "]"
    case .choices(let right):
      return right.sorted().map(String.init).joined(separator: " and ")
    }
  }

  /// What is wrong about an answer; nil where it is right.
  func mistake(in text: String) throws -> String? {
    switch self {
    case .choices(let right): return try mistake(of: text, amongChoices: right)
    case .numbers(let expected, let columns, let tolerance):
      let isSingle = expected.count == 1
      let answer = try AnswerReader(text, isSingle: isSingle)
      if let columns, answer.rows.count > 1 {
        let found = answer.rows.map(\.count)
        guard found == Array(repeating: columns, count: expected.count / columns) else {
          let rows = "\(expected.count / columns) rows of \(columns)"
          let sizes = Set(found)
          let size =
            sizes.count == 1 ? "\(found[0])" : found.map(String.init).joined(separator: ", ")
          return "expected \(rows) numbers, found \(found.count) rows of \(size)"
        }
      }
      let values = answer.rows.flatMap { $0 }
      guard values.count == expected.count else {
        return "expected \(expected.count.things("number")), found \(values.count)"
      }
      for (index, (value, right)) in zip(values, expected).enumerated()
      where !(abs(value - right) <= tolerance) {
        return "\(place(index, of: expected.count, columns)) should be \(right.plain), "
          + "found \(value.plain)"
      }
      return nil
    }
  }

  private func place(_ index: Int, of count: Int, _ columns: Int?) -> String {
    guard let columns else { return count == 1 ? "it" : "number \(index + 1)" }
    return "row \(index / columns + 1), column \(index % columns + 1)"
  }

  private func mistake(of text: String, amongChoices right: Set<Int>) throws -> String? {
    let answer = try AnswerReader(text, isSingle: false)
    let chosen = Set(answer.rows.flatMap { $0 })
    let wanted = Set(right.map(Double.init))
    if let extra = chosen.subtracting(wanted).min() {
      return "\(extra.plain) does not belong to it"
    }
    if let missing = wanted.subtracting(chosen).min() { return "\(missing.plain) is missing" }
    return nil
  }
}
