import Striate
import StriateExplain

extension Command {
  static let lesson = Command(
    name: "lesson",
    summary: "Learn how convolutional networks compute, in twelve lessons with exercises.",
    usage: ["", "N [options]", "--html FILE"],
    details: """
      Without N lists the lessons; with N shows one: its equations, figures whose numbers are computed
      as it is shown, and exercises. On a terminal it asks for the answers, judges them and goes on to
      the next lesson; an empty answer goes on without one, and Ctrl-D ends. How far you came is not
      stored.
      Answers are numbers; rows of a matrix end with ";". "1 0; 0 2" and "[[1,0],[0,2]]" mean the same.
      With --answer the exit status is 0 where the answer is right and 1 where it is not.
      """,
    options: [
      Option("answer", "TEXT", "check an answer and ask nothing"),
      Option("exercise", "K", "which exercise of the lesson --answer is for (1)"),
      Option("html", "FILE.html", "write the whole course as one page for a browser"),
      .json, .quiet,
    ],
    examples: [
      "striate lesson",
      "striate lesson 7",
      "striate lesson 7 --answer \"1 0 1 12; 0 0 0 6; 0 0 0 3\"",
      "striate lesson --html course.html",
    ],
    operands: ("at most one number of a lesson", 0...1),
    run: { try Course($0).run() })
}
