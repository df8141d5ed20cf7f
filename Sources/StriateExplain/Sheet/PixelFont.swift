/// Letters of 5 × 8 pixels, for words on pictures.
package enum PixelFont {
  /// From one letter to the next, and from one line to the next, in pixels of the font.
  static let (advance, line) = (6, 10)

  /// The rows of a letter from the top, the highest of 5 bits being the left pixel; a box for what the font does not
  /// have.
  package static func rows(of letter: Character) -> [UInt8] { glyphs[letter] ?? box }

  /// The text in letters that the font has: signs as words or lookalikes, letters without their accents.
  package static func letters(_ text: String) -> [Character] {
    var plain = text
    for (sign, words) in lookalikes { plain = plain.replacing(sign, with: words) }
    return plain.map(bare)
  }

  /// A Latin letter without its marks, as its name says: "LATIN SMALL LETTER E WITH ACUTE".
  private static func bare(_ letter: Character) -> Character {
    guard let base = letter.unicodeScalars.first, !base.isASCII else {
      return letter.unicodeScalars.first.map { Character($0) } ?? letter
    }
    let words = (base.properties.name ?? "").split(separator: " ")
    guard words.count > 4, words[0] == "LATIN", words[2] == "LETTER", words[3].count == 1,
      words[4] == "WITH"
    else { return letter }
    return Character(words[1] == "SMALL" ? words[3].lowercased() : String(words[3]))
  }

  private static let lookalikes = [
    ("−", "-"), ("×", "x"), ("…", "..."), ("’", "'"), ("·", "."), ("–", "-"), ("→", "->"),
    ("ß", "ss"), ("“", "\""), ("”", "\""), ("‘", "'"),
  ]

  private static let box: [UInt8] = [0x1F, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1F, 0]

  private static let glyphs: [Character: [UInt8]] = {
    var result: [Character: [UInt8]] = [" ": [UInt8](repeating: 0, count: 8)]
    for line in drawn.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let letter = words.first?.first else { continue }
      result[letter] = words.dropFirst().compactMap { UInt8($0, radix: 16) }
    }
    return result
  }()

  /// A letter, and its rows.
  private static let drawn = """
    ! 04 04 04 04 04 00 04 00
    " 0A 0A 0A 00 00 00 00 00
    # 0A 0A 1F 0A 1F 0A 0A 00
    $ 04 0F 14 0E 05 1E 04 00
    % 18 19 02 04 08 13 03 00
    & 0C 12 14 08 15 12 0D 00
    ' 04 04 08 00 00 00 00 00
    ( 02 04 08 08 08 04 02 00
    ) 08 04 02 02 02 04 08 00
    * 00 04 15 0E 15 04 00 00
    + 00 04 04 1F 04 04 00 00
    , 00 00 00 00 00 0C 04 08
    - 00 00 00 1F 00 00 00 00
    . 00 00 00 00 00 0C 0C 00
    / 01 01 02 04 08 10 10 00
    0 0E 11 13 15 19 11 0E 00
    1 04 0C 04 04 04 04 0E 00
    2 0E 11 01 06 08 10 1F 00
    3 1F 02 04 02 01 11 0E 00
    4 02 06 0A 12 1F 02 02 00
    5 1F 10 1E 01 01 11 0E 00
    6 06 08 10 1E 11 11 0E 00
    7 1F 01 02 04 08 08 08 00
    8 0E 11 11 0E 11 11 0E 00
    9 0E 11 11 0F 01 02 0C 00
    : 00 0C 0C 00 0C 0C 00 00
    ; 00 0C 0C 00 0C 04 08 00
    < 02 04 08 10 08 04 02 00
    = 00 00 1F 00 1F 00 00 00
    > 08 04 02 01 02 04 08 00
    ? 0E 11 01 02 04 00 04 00
    @ 0E 11 17 15 17 10 0E 00
    A 0E 11 11 1F 11 11 11 00
    B 1E 11 11 1E 11 11 1E 00
    C 0E 11 10 10 10 11 0E 00
    D 1C 12 11 11 11 12 1C 00
    E 1F 10 10 1E 10 10 1F 00
    F 1F 10 10 1E 10 10 10 00
    G 0E 11 10 17 11 11 0F 00
    H 11 11 11 1F 11 11 11 00
    I 0E 04 04 04 04 04 0E 00
    J 07 02 02 02 02 12 0C 00
    K 11 12 14 18 14 12 11 00
    L 10 10 10 10 10 10 1F 00
    M 11 1B 15 15 11 11 11 00
    N 11 19 19 15 13 13 11 00
    O 0E 11 11 11 11 11 0E 00
    P 1E 11 11 1E 10 10 10 00
    Q 0E 11 11 11 15 12 0D 00
    R 1E 11 11 1E 14 12 11 00
    S 0F 10 10 0E 01 01 1E 00
    T 1F 04 04 04 04 04 04 00
    U 11 11 11 11 11 11 0E 00
    V 11 11 11 11 11 0A 04 00
    W 11 11 11 15 15 1B 11 00
    X 11 11 0A 04 0A 11 11 00
    Y 11 11 0A 04 04 04 04 00
    Z 1F 01 02 04 08 10 1F 00
    [ 0E 08 08 08 08 08 0E 00
    \\ 10 10 08 04 02 01 01 00
    ] 0E 02 02 02 02 02 0E 00
    ^ 04 0A 11 00 00 00 00 00
    _ 00 00 00 00 00 00 00 1F
    ` 08 04 00 00 00 00 00 00
    a 00 00 0E 01 0F 11 0F 00
    b 10 10 1E 11 11 11 1E 00
    c 00 00 0E 11 10 11 0E 00
    d 01 01 0F 11 11 11 0F 00
    e 00 00 0E 11 1F 10 0E 00
    f 06 08 1E 08 08 08 08 00
    g 00 00 0F 11 11 0F 01 0E
    h 10 10 1E 11 11 11 11 00
    i 04 00 0C 04 04 04 0E 00
    j 02 00 06 02 02 02 12 0C
    k 10 10 12 14 18 14 12 00
    l 0C 04 04 04 04 04 0E 00
    m 00 00 1A 15 15 15 15 00
    n 00 00 1E 11 11 11 11 00
    o 00 00 0E 11 11 11 0E 00
    p 00 00 1E 11 11 1E 10 10
    q 00 00 0F 11 11 0F 01 01
    r 00 00 16 19 10 10 10 00
    s 00 00 0F 10 0E 01 1E 00
    t 08 08 1E 08 08 09 06 00
    u 00 00 11 11 11 13 0D 00
    v 00 00 11 11 11 0A 04 00
    w 00 00 11 15 15 15 0A 00
    x 00 00 11 0A 04 0A 11 00
    y 00 00 11 11 11 0F 01 0E
    z 00 00 1F 02 04 08 1F 00
    { 02 04 04 08 04 04 02 00
    | 04 04 04 04 04 04 04 00
    } 08 04 04 02 04 04 08 00
    ~ 00 00 08 15 02 00 00 00
    ∂ 0C 02 01 0F 11 11 0E 00
    Σ 1F 10 08 04 08 10 1F 00
    ∫ 03 04 04 04 04 04 18 00
    α 00 00 0D 12 12 12 0D 00
    ′ 02 04 08 00 00 00 00 00
    ∞ 00 00 0A 15 15 0A 00 00
    """
}
