import StriateData
import Testing

@Suite struct TerminalPictureTests {
  @Test func withoutColourTwoRowsBecomeOneOfCharacters() {
    let text = TerminalPicture.render(
      pixels: [0, 255, 128, 0, 255, 128, 255, 0, 9], width: 3, height: 3, colour: false)
    #expect(text == " @+\n@  \n")
  }

  @Test func withColourEachHalfBlockShowsTwoPixels() {
    let text = TerminalPicture.render(
      pixels: [0, 0, 255, 10, 10, 20, 1, 2, 3], width: 3, height: 3, colour: true)
    let escape = "\u{1B}["
    #expect(
      text == """
        \(escape)38;2;0;0;0;48;2;10;10;10m▀▀\(escape)38;2;255;255;255;48;2;20;20;20m▀\(escape)0m
        \(escape)38;2;1;1;1;49m▀\(escape)38;2;2;2;2;49m▀\(escape)38;2;3;3;3;49m▀\(escape)0m

        """)
  }

  @Test(arguments: [true, false]) func anMNISTImageTakes14LinesOf28Columns(colour: Bool) {
    let text = TerminalPicture.render(
      pixels: [UInt8](repeating: 0, count: 784), width: 28, height: 28, colour: colour)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 14)
    #expect(lines.allSatisfy { $0.count { $0 == "▀" || $0 == " " } == 28 })
  }
}
