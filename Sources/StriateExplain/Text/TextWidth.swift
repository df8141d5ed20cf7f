extension String {
  /// The columns that a terminal gives the text: two for wide characters (Chinese, Japanese, Korean,
  /// emoji), none for marks that sit on others.
  ///
  /// Source: Unicode Standard Annex #11, East Asian Width, its wide blocks.
  package var columns: Int { reduce(0) { $0 + $1.columns } }

  /// The text with spaces after it up to a width.
  package func padded(toColumns width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - columns))
  }

  /// The text with spaces before it up to a width.
  package func aligned(toColumns width: Int) -> String {
    String(repeating: " ", count: max(0, width - columns)) + self
  }

  /// The text, its middle replaced by … where it is wider.
  package func shortened(toColumns width: Int) -> String {
    guard columns > width else { return self }
    guard width > 1 else { return width == 1 ? "…" : "" }
    let tail = (width - 1) / 3
    return prefix(columns: width - 1 - tail) + "…"
      + String(reversed()).prefix(columns: tail).reversed()
  }

  private func prefix(columns width: Int) -> String {
    var (result, used) = ("", 0)
    for character in self {
      used += character.columns
      if used > width { break }
      result.append(character)
    }
    return result
  }

  /// The text with a mark in the place of everything that would do more than show a character: control
  /// characters, which move a terminal's cursor, and those that turn the direction of writing.
  package var printable: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.value {
          case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
            0xFFFE...0xFFFF:
            "\u{FFFD}"
          default: scalar
          }
        }))
  }
}

extension Character {
  /// The columns that a terminal gives the character.
  fileprivate var columns: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if unicodeScalars.contains(where: { $0.isWide }) { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: properties.isEmojiPresentation
    }
  }
}
